// SPDX-License-Identifier: Apache-2.0

// WeakKeyMap: its calls (contract C33). What it shares with the other weak
// containers is in weak_container_test.
#include "finalize/weak_key_map.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "finalize/shared.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"

namespace {

using finalize::MakeShared;
using finalize::WeakKeyMap;
using finalize_test::EventLog;
using testing::Pair;
using testing::UnorderedElementsAre;

struct Cat {
  std::string name;
  friend bool operator==(const Cat& a, const Cat& b) {
    return a.name == b.name;
  }
};

using Notes = WeakKeyMap<Cat, std::string>;

// By name, and by a name alone.
struct NameHash {
  using is_transparent = void;
  size_t operator()(const Cat& cat) const { return (*this)(cat.name); }
  size_t operator()(std::string_view name) const {
    return std::hash<std::string_view>()(name);
  }
};
struct NameEqual {
  using is_transparent = void;
  bool operator()(const Cat& a, const Cat& b) const { return a == b; }
  bool operator()(const Cat& a, std::string_view name) const {
    return a.name == name;
  }
};
using NotesByName = WeakKeyMap<Cat, std::string, NameHash, NameEqual>;

class WeakKeyMapTest : public testing::Test {
 protected:
  std::shared_ptr<Cat> tom_ = MakeShared<Cat>(Cat{"Tom"});
  std::shared_ptr<Cat> twin_ = MakeShared<Cat>(Cat{"Tom"});
  std::shared_ptr<Cat> foreign_ = std::make_shared<Cat>(Cat{"Foreign"});
};

// C33: keys are objects, by identity.
TEST_F(WeakKeyMapTest, KeysAreComparedByIdentity) {
  Notes notes;
  EXPECT_TRUE(notes.insert_or_assign(tom_, "fish").second);
  EXPECT_TRUE(notes.insert_or_assign(twin_, "milk").second);
  EXPECT_EQ(*notes.Get(tom_), "fish");
  EXPECT_EQ(*notes.Get(*twin_), "milk");
  EXPECT_FALSE(notes.Get(Cat{"Tom"}));  // of no shared_ptr: absent
  tom_->name = "Other";                 // a key may change
  EXPECT_EQ(*notes.Get(tom_), "fish");
}

// C33: absent at once, for every call; the one of make_shared too.
TEST_F(WeakKeyMapTest, DeadKeyIsAbsent) {
  for (std::shared_ptr<Cat>* key : {&tom_, &foreign_}) {
    Notes notes;
    notes.try_emplace(*key, "note");
    EXPECT_EQ(key->use_count(), 1);
    EXPECT_EQ(notes.size(), 1u);
    const Cat* const address = key->get();
    key->reset();
    EXPECT_TRUE(notes.empty());
    EXPECT_FALSE(notes.contains(*address));
    EXPECT_EQ(notes.count(*address), 0u);
    EXPECT_EQ(notes.begin(), notes.end());
    EXPECT_TRUE(notes.Keys().empty());
    EXPECT_EQ(notes.ExtractNewest().first, nullptr);
    EXPECT_EQ(notes, Notes());
    EXPECT_EQ(notes.size(), 0u);
  }
}

// C33: a new object at the address of a dead one is another key.
TEST_F(WeakKeyMapTest, AddressOfTheDeadFindsNothing) {
  alignas(Cat) char memory[sizeof(Cat)];
  const auto make = [&] {
    return std::shared_ptr<Cat>(new (memory) Cat{"Tom"},
                                [](Cat* cat) { cat->~Cat(); });
  };
  Notes notes;
  auto cat = make();
  notes.insert_or_assign(cat, "fish");
  cat.reset();
  cat = make();
  EXPECT_FALSE(notes.Get(cat));
  EXPECT_TRUE(notes.insert_or_assign(cat, "milk").second);
  EXPECT_EQ(notes.size(), 1u);
}

// C33, C13: the value goes with its key, after the destructor of that.
TEST_F(WeakKeyMapTest, ValueIsDestroyedWithItsKey) {
  struct Logs {
    ~Logs() { log->Add(word); }
    EventLog* log;
    std::string word;
  };
  EventLog log;
  auto key = finalize::Adopt(std::unique_ptr<Logs>(new Logs{&log, "key"}));
  WeakKeyMap<Logs, std::unique_ptr<Logs>> map;
  map.try_emplace(key, new Logs{&log, "value"});
  finalize::OnDestroy(key, log.Adds("finalizer"));
  key.reset();
  EXPECT_EQ(log.Text(), "key value finalizer");
}

// Pinned, a value stays when its key dies.
TEST_F(WeakKeyMapTest, PinnedValueOutlivesItsEntry) {
  Notes notes;
  notes.insert_or_assign(tom_, "fish");
  const auto pin = notes.Get(tom_);
  notes.insert_or_assign(tom_, "milk");
  EXPECT_EQ(*pin, "fish");
  const auto other = notes.Get(tom_);
  tom_.reset();
  EXPECT_TRUE(notes.empty());
  EXPECT_EQ(*other, "milk");
}

TEST_F(WeakKeyMapTest, ValueCanBeChangedInPlace) {
  Notes notes = {{tom_, "fish"}};
  notes.Get(tom_)->append(" and milk");
  for (auto&& item : notes) item.value().append("!");
  const Notes& constant = notes;
  EXPECT_EQ(*constant.Get(tom_), "fish and milk!");
  static_assert(
      std::is_same_v<decltype(*constant.Get(Cat())), const std::string&>);
}

TEST_F(WeakKeyMapTest, TryEmplaceKeepsTheLiving) {
  Notes notes;
  EXPECT_TRUE(notes.try_emplace(tom_, 3, 'x').second);
  const auto [there, inserted] = notes.try_emplace(tom_, "milk");
  EXPECT_FALSE(inserted);
  EXPECT_EQ((*there).value(), "xxx");
  EXPECT_EQ((*notes.insert({twin_, "fish"}).first).value(), "fish");
  EXPECT_FALSE(notes.insert_or_assign(twin_, "milk").second);
  EXPECT_EQ(notes.size(), 2u);
}

// A null key is absent, and not inserted.
TEST_F(WeakKeyMapTest, NullIsAbsent) {
  Notes notes;
  EXPECT_FALSE(notes.try_emplace(nullptr, "note").second);
  EXPECT_FALSE(notes.insert_or_assign(nullptr, "note").second);
  EXPECT_FALSE(notes.contains(std::shared_ptr<Cat>()));
  EXPECT_EQ(notes.erase(std::shared_ptr<Cat>()), 0u);
  EXPECT_TRUE(notes.empty());
}

TEST_F(WeakKeyMapTest, EraseAndExtractTakeOut) {
  Notes notes = {{tom_, "fish"}, {twin_, "milk"}, {foreign_, "mice"}};
  EXPECT_EQ(*notes.Extract(tom_), "fish");
  EXPECT_FALSE(notes.Extract(tom_));
  EXPECT_EQ(notes.erase(*twin_), 1u);
  EXPECT_EQ(notes.erase(*twin_), 0u);
  const auto [key, value] = notes.ExtractNewest();
  EXPECT_EQ(key, foreign_);
  EXPECT_EQ(*value, "mice");
  EXPECT_TRUE(notes.empty());
}

TEST_F(WeakKeyMapTest, CopiesMovesAndSwaps) {
  Notes notes = {{tom_, "fish"}, {foreign_, "mice"}};
  foreign_.reset();
  Notes copy = notes;
  EXPECT_EQ(copy, notes);
  EXPECT_EQ(copy.size(), 1u);
  *copy.Get(tom_) = "milk";
  EXPECT_NE(copy, notes);
  Notes moved = std::move(copy);
  swap(moved, notes);
  EXPECT_EQ(*notes.Get(tom_), "milk");
  EXPECT_EQ(*moved.Get(tom_), "fish");
  notes = moved;
  EXPECT_EQ(notes, moved);
}

TEST_F(WeakKeyMapTest, UpdateOverridesAndMergeMoves) {
  Notes notes = {{tom_, "fish"}};
  notes.Update(Notes{{tom_, "milk"}, {twin_, "mice"}});
  EXPECT_THAT(notes,
              UnorderedElementsAre(Pair(tom_, "milk"), Pair(twin_, "mice")));
  Notes source = {{tom_, "x"}, {foreign_, "y"}};
  notes.merge(source);
  EXPECT_EQ(*notes.Get(foreign_), "y");
  EXPECT_EQ(*notes.Get(tom_), "milk");
  EXPECT_THAT(source.Keys(), UnorderedElementsAre(tom_));
}

TEST_F(WeakKeyMapTest, GivesRefsToItsKeys) {
  Notes notes = {{tom_, "fish"}, {twin_, "milk"}};
  const auto refs = notes.KeyRefs();
  twin_.reset();
  ASSERT_EQ(refs.size(), 2u);
  EXPECT_EQ(refs[0].Lock(), tom_);
  EXPECT_TRUE(refs[1].expired());
}

// By value where that is asked for; by another type where it is transparent.
TEST_F(WeakKeyMapTest, ComparesByValueIfAsked) {
  NotesByName notes = {{tom_, "fish"}};
  EXPECT_EQ(*notes.Get(*twin_), "fish");
  EXPECT_EQ(*notes.Get(Cat{"Tom"}), "fish");
  EXPECT_EQ(*notes.Get(std::string_view("Tom")), "fish");
  EXPECT_FALSE(notes.Get(std::string_view("Zoe")));
}

// C33: the equal-key trap: an equal key replaces the entry with its key, and
// the death of the old key leaves it.
TEST_F(WeakKeyMapTest, EqualKeyReplacesTheKey) {
  NotesByName notes = {{tom_, "fish"}};
  EXPECT_FALSE(notes.insert_or_assign(twin_, "milk").second);
  EXPECT_THAT(notes.Keys(), UnorderedElementsAre(twin_));
  tom_.reset();
  EXPECT_EQ(*notes.Get(*twin_), "milk");
  twin_.reset();
  EXPECT_TRUE(notes.empty());
}

// C33: a dead key equals nothing, not even an equal one.
TEST_F(WeakKeyMapTest, DeadKeyEqualsNothing) {
  auto dead = std::make_shared<Cat>(Cat{"Tom"});
  NotesByName notes = {{dead, "fish"}};
  dead.reset();
  EXPECT_FALSE(notes.contains(*tom_));
  EXPECT_TRUE(notes.insert_or_assign(tom_, "milk").second);
  EXPECT_EQ(notes.size(), 1u);
}

// A value that owns its key keeps both: a leak, not an error.
TEST_F(WeakKeyMapTest, ValueThatOwnsItsKeyKeepsTheEntry) {
  WeakKeyMap<Cat, std::shared_ptr<Cat>> map;
  map.try_emplace(tom_, tom_);
  const finalize::WeakRef<Cat> ref = tom_;
  tom_.reset();
  EXPECT_EQ(map.size(), 1u);
  map.clear();
  EXPECT_TRUE(ref.expired());
}

struct Left {
  virtual ~Left() = default;
  int left = 1;
};
struct Right {
  virtual ~Right() = default;
  int right = 2;
};
struct Both : Left, Right {};

// A derived object is its base, wherever that lies in it.
TEST_F(WeakKeyMapTest, DerivedObjectIsItsBase) {
  auto both = MakeShared<Both>();
  WeakKeyMap<const Right, int> map;
  map.insert_or_assign(both, 1);
  EXPECT_TRUE(map.contains(*both));
  EXPECT_TRUE(map.contains(both));
  EXPECT_TRUE(map.contains(static_cast<const Right&>(*both)));
}

}  // namespace
