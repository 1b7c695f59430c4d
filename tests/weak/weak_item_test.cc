// SPDX-License-Identifier: Apache-2.0

// What the iterators of weak containers return: a value that holds the entry
// and what it refers to (contract C33). What must not compile is in
// weak_item_errors.cc.
#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/compile_errors.h"

namespace {

using finalize::MakeShared;
using finalize_test::CompilationOf;
using Pointer = std::shared_ptr<int>;
using Values = finalize::WeakValueMap<std::string, int>;
using Notes = finalize::WeakKeyMap<int, std::string>;
using Set = finalize::WeakSet<int>;

class WeakItemTest : public testing::Test {
 protected:
  WeakItemTest() {
    values_ = {{"one", one_}, {"two", two_}};
    notes_ = {{one_, "note 1"}, {two_, "note 2"}};
    set_ = {one_, two_};
  }
  Pointer one_ = MakeShared<int>(1);
  Pointer two_ = MakeShared<int>(2);
  Values values_;
  Notes notes_;
  Set set_;
};

TEST_F(WeakItemTest, ItemIsIndependentOfItsIterator) {
  auto it = values_.begin();
  auto item = *it;
  ++it;
  EXPECT_EQ(item.key(), "one");
  EXPECT_EQ(item.value(), one_);

  auto at = notes_.begin();
  auto note = *at;
  ++at;
  EXPECT_EQ(note.key(), one_);
  EXPECT_EQ(note.value(), "note 1");

  auto in = set_.begin();
  auto member = *in;
  ++in;
  EXPECT_EQ(member, one_);
}

TEST_F(WeakItemTest, BindingsToATemporaryHold) {
  auto [key, value] = *values_.begin();
  EXPECT_EQ(key, "one");
  EXPECT_EQ(value, one_);
  auto&& [same_key, same_value] = *values_.begin();
  EXPECT_EQ(same_key, "one");
  EXPECT_EQ(same_value, one_);
  const auto& [cat, note] = *notes_.begin();
  EXPECT_EQ(cat, one_);
  EXPECT_EQ(note, "note 1");
  const auto [held, text] = *notes_.begin();
  notes_.clear();
  EXPECT_EQ(held, one_);
  EXPECT_EQ(text, "note 1");
}

TEST_F(WeakItemTest, PostIncrementReturnsTheItemBefore) {
  auto it = values_.begin();
  auto&& item = *it++;
  EXPECT_EQ(item.key(), "one");
  EXPECT_EQ((*it).key(), "two");
  auto in = set_.begin();
  EXPECT_EQ(*in++, one_);
  EXPECT_EQ(*in, two_);
}

TEST_F(WeakItemTest, PartsOfATemporaryAreValues) {
  const auto& key = (*values_.begin()).key();
  const auto& value = (*notes_.begin()).value();
  values_.clear();
  notes_.clear();
  EXPECT_EQ(key, "one");
  EXPECT_EQ(value, "note 1");

  using std::get;
  using Item = Values::Item;
  using Note = Notes::Item;
  static_assert(
      std::is_same_v<decltype(std::declval<Item>().key()), std::string>);
  static_assert(
      std::is_same_v<decltype(std::declval<Item>().value()), Pointer>);
  static_assert(std::is_same_v<decltype(std::declval<Item&>().key()),
                               const std::string&>);
  static_assert(
      std::is_same_v<decltype(std::declval<Item&>().value()), const Pointer&>);
  static_assert(
      std::is_same_v<decltype(std::declval<Note&>().value()), std::string&>);
  static_assert(std::is_same_v<decltype(std::declval<Note>().key()), Pointer>);
  static_assert(
      std::is_same_v<decltype(get<1>(std::declval<Note>())), std::string>);
  static_assert(std::is_same_v<decltype(get<1>(std::declval<Note&>())),
                               const std::string&>);
  static_assert(std::tuple_size_v<Note> == 2);
}

TEST_F(WeakItemTest, ContainersOfItemsCanBeMade) {
  std::vector items(values_.begin(), values_.end());
  values_.clear();
  one_.reset();
  two_.reset();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].key(), "one");
  EXPECT_EQ(*items[1].value(), 2);

  std::vector notes(notes_.begin(), notes_.end());
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[1].value(), "note 2");
  std::vector members(set_.begin(), set_.end());
  static_assert(std::is_same_v<decltype(members), std::vector<Pointer>>);
  EXPECT_EQ(members.size(), 2u);
}

TEST_F(WeakItemTest, ItemBecomesAPairOfValues) {
  const std::map<std::string, Pointer> copy(values_.begin(), values_.end());
  EXPECT_EQ(copy,
            (std::map<std::string, Pointer>{{"one", one_}, {"two", two_}}));
  const std::vector<Notes::value_type> pairs(notes_.begin(), notes_.end());
  EXPECT_EQ(pairs[1], Notes::value_type(two_, "note 2"));
  Values other;
  other.insert(*values_.begin());
  EXPECT_EQ(other.size(), 1u);
}

TEST_F(WeakItemTest, RangesOfItemsCanBeInserted) {
  const std::vector items(values_.begin(), values_.end());
  EXPECT_EQ(Values(items.begin(), items.end()), values_);
  EXPECT_EQ(Values(values_.begin(), values_.end()), values_);
  EXPECT_EQ(Notes(notes_.begin(), notes_.end()), notes_);
  Values updated;
  updated.Update(items);
  EXPECT_EQ(updated, values_);
}

// C33: an entry stays while an item of it lives.
TEST_F(WeakItemTest, EntryStaysWhileAnItemLives) {
  std::optional item = *values_.begin();
  std::optional note = *notes_.begin();
  one_.reset();
  EXPECT_TRUE(values_.contains("one"));
  EXPECT_EQ(notes_.size(), 2u);
  item.reset();
  EXPECT_TRUE(values_.contains("one"));
  note.reset();
  EXPECT_FALSE(values_.contains("one"));
  EXPECT_EQ(notes_.size(), 1u);
}

TEST_F(WeakItemTest, ItemOutlivesItsMap) {
  std::optional<Notes> notes(notes_);
  const auto item = *notes->begin();
  notes.reset();
  EXPECT_EQ(item.key(), one_);
  EXPECT_EQ(item.value(), "note 1");
}

TEST_F(WeakItemTest, ValueIsChangedThroughTheItem) {
  for (auto&& item : notes_) item.value() += "!";
  (*notes_.begin()).value() += " (a copy)";
  EXPECT_EQ(*notes_.Get(one_), "note 1!");
  const Notes& constant = notes_;
  const auto item = *constant.begin();
  static_assert(std::is_same_v<decltype(item.value()), const std::string&>);
  EXPECT_EQ(item.value(), "note 1!");
}

template <class It, class Item>
constexpr bool kTellsTheTruth = std::is_same_v<
    typename std::iterator_traits<It>::iterator_category,
    std::input_iterator_tag>&&
    std::is_same_v<typename std::iterator_traits<It>::reference, Item>&&
        std::is_same_v<typename std::iterator_traits<It>::value_type, Item>&&
            std::is_same_v<typename std::iterator_traits<It>::pointer, void>&&
                std::is_same_v<
                    typename std::iterator_traits<It>::difference_type,
                    std::ptrdiff_t>&&
                    std::is_same_v<decltype(*std::declval<const It&>()), Item>;

TEST_F(WeakItemTest, IteratorTraitsTellTheTruth) {
  static_assert(kTellsTheTruth<Values::iterator, Values::Item>);
  static_assert(kTellsTheTruth<Notes::iterator, Notes::Item>);
  static_assert(kTellsTheTruth<Notes::const_iterator, Notes::ConstItem>);
  static_assert(kTellsTheTruth<Set::iterator, Pointer>);
  const auto is_two = [](const auto& item) { return item.key() == "two"; };
  const auto found = std::find_if(values_.begin(), values_.end(), is_two);
  ASSERT_NE(found, values_.end());
  EXPECT_EQ((*found).value(), two_);
}

// What would refer to a temporary does not compile; `why` is in the message of
// both compilers.
struct Error {
  const char* spelling;
  const char* why;
};
class WeakItemErrorTest : public testing::TestWithParam<Error> {};

TEST_P(WeakItemErrorTest, DoesNotCompile) {
  const auto file = std::string("weak_item_errors/") + GetParam().spelling;
  const auto compilation = CompilationOf(file + ".txt");
  EXPECT_FALSE(compilation.compiled);
  EXPECT_THAT(compilation.messages, testing::HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, WeakItemErrorTest,
    testing::Values(
        Error{"loop_by_reference", "bind"},
        Error{"loop_over_key_map_by_reference", "bind"},
        Error{"loop_over_set_by_reference", "bind"},
        Error{"item_by_reference", "bind"}, Error{"arrow", "pointer"},
        Error{"arrow_of_key_map", "pointer"}, Error{"arrow_of_set", "pointer"},
        Error{"member", "no member named 'second'"},
        Error{"key_by_reference", "bind"}, Error{"value_by_reference", "bind"},
        Error{"tuple_by_reference", "bind"},
        Error{"change_of_a_copy", "no matching"},
        Error{"change_of_a_copy_through_a_reference", "no matching"},
        Error{"pair_of_references", "conversion"},
        Error{"copy_of_what_cannot_be_copied", "keep the item"}),
    [](const auto& info) { return std::string(info.param.spelling); });

TEST(WeakItemControlTest, WithoutSuchASpellingItCompiles) {
  const auto compilation = CompilationOf("weak_item_errors/none.txt");
  EXPECT_TRUE(compilation.compiled) << compilation.messages;
}

}  // namespace
