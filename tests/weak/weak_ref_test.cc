// SPDX-License-Identifier: Apache-2.0

// WeakRef: what it gives, compares and prints (contract C31).
#include "finalize/weak_ref.h"

#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "finalize/shared.h"
#include "gtest/gtest.h"

namespace {

using finalize::Adopt;
using finalize::EqualReferents;
using finalize::IsAttachable;
using finalize::MakeShared;
using finalize::WeakRef;

struct Animal {
  virtual ~Animal() = default;
  int legs = 4;
};
struct Named {
  virtual ~Named() = default;
  std::string name = "Tom";
};
struct Cat : Animal, Named {};

// C31: null, or the object held alive.
TEST(WeakRefTest, LockPinsTheReferent) {
  auto shared = MakeShared<int>(7);
  const WeakRef<int> ref(shared);
  EXPECT_EQ(shared.use_count(), 1);  // not by the reference
  std::shared_ptr<int> pin = ref.Lock();
  EXPECT_EQ(pin, shared);
  shared.reset();
  EXPECT_FALSE(ref.expired());
  EXPECT_EQ(*pin, 7);
  pin.reset();
  EXPECT_TRUE(ref.expired());
  EXPECT_EQ(ref.Lock(), nullptr);
}

// C31: any shared_ptr is accepted.
TEST(WeakRefTest, TakesPointersOfEveryMaker) {
  auto foreign = std::make_shared<int>(1);
  auto adopted = Adopt(std::make_unique<int>(2));
  WeakRef<int> to_foreign = foreign;
  WeakRef<int> to_adopted = adopted;
  EXPECT_EQ(to_foreign.Lock(), foreign);
  EXPECT_EQ(to_adopted.Lock(), adopted);
  foreign.reset();
  adopted.reset();
  EXPECT_TRUE(to_foreign.expired());
  EXPECT_TRUE(to_adopted.expired());
}

// Which of them tell of their death can be asked.
TEST(WeakRefTest, AttachableIsWhatTheLibraryMade) {
  auto made = MakeShared<Cat>();
  EXPECT_TRUE(IsAttachable(made));
  EXPECT_TRUE(IsAttachable(std::shared_ptr<int>(made, &made->legs)));
  EXPECT_TRUE(IsAttachable(Adopt(std::make_unique<int>(2))));
  EXPECT_FALSE(IsAttachable(std::make_shared<int>(1)));
  EXPECT_FALSE(IsAttachable(std::shared_ptr<int>()));
}

TEST(WeakRefTest, WithoutReferentIsDead) {
  const WeakRef<int> nothing;
  const WeakRef<int> null = std::shared_ptr<int>();
  EXPECT_TRUE(nothing.expired());
  EXPECT_EQ(null.Lock(), nullptr);
  EXPECT_EQ(nothing, null);
  EXPECT_FALSE(nothing.has_callback());
}

// C31: from an alias; it lives as long as the owner.
TEST(WeakRefTest, AliasLivesWithItsOwner) {
  auto cat = MakeShared<Cat>();
  WeakRef<int> legs = std::shared_ptr<int>(cat, &cat->legs);
  EXPECT_EQ(legs.Lock().get(), &cat->legs);
  cat.reset();
  EXPECT_TRUE(legs.expired());
}

struct Selfish : std::enable_shared_from_this<Selfish> {
  explicit Selfish(bool* dead_in) : dead(dead_in) {}
  ~Selfish() { *dead = WeakRef<Selfish>(weak_from_this()).expired(); }
  bool* dead;
};

// C31: from enable_shared_from_this; in the destructor it is a dead one.
TEST(WeakRefTest, ComesFromSharedFromThis) {
  bool dead = false;
  auto selfish = MakeShared<Selfish>(&dead);
  const WeakRef<Selfish> from_strong(selfish->shared_from_this());
  const WeakRef<Selfish> from_weak(selfish->weak_from_this());
  EXPECT_EQ(from_strong, from_weak);
  EXPECT_EQ(from_weak.Lock(), selfish);
  selfish.reset();
  EXPECT_TRUE(dead);
}

// C31: to const, to a base, to void; each is the same referent.
TEST(WeakRefTest, ConvertsToBaseAndConst) {
  auto cat = MakeShared<Cat>();
  WeakRef<Cat> ref = cat;
  WeakRef<const Cat> constant = ref;
  WeakRef<Named> base = ref;  // not at the address of the whole
  WeakRef<const void> nothing = ref;
  EXPECT_EQ(base.Lock()->name, "Tom");
  EXPECT_EQ(constant, ref);
  EXPECT_EQ(base, ref);
  EXPECT_EQ(nothing, ref);
  // A reference that was made through the base is none other.
  EXPECT_EQ(WeakRef<Named>(std::shared_ptr<Named>(cat)), ref);
  EXPECT_EQ(WeakRef<Named>(std::shared_ptr<Named>(cat)).hash(), ref.hash());
  static_assert(!std::is_convertible_v<WeakRef<Animal>, WeakRef<Cat>>);
  static_assert(!std::is_convertible_v<WeakRef<const Cat>, WeakRef<Cat>>);
}

// C31: equality and hash are by identity.
TEST(WeakRefTest, EqualMeansTheSameReferent) {
  auto one = MakeShared<std::string>("x");
  auto other = MakeShared<std::string>("x");
  const WeakRef<std::string> a = one;
  const WeakRef<std::string> b = one;
  const WeakRef<std::string> c = other;
  EXPECT_TRUE(a == b);
  EXPECT_FALSE(a != b);
  EXPECT_TRUE(a != c);
  EXPECT_EQ(a.hash(), b.hash());
}

// C31: they do not change when it dies.
TEST(WeakRefTest, DeathChangesNeitherEqualityNorHash) {
  auto one = MakeShared<int>(1);
  auto other = MakeShared<int>(1);
  const WeakRef<int> a = one;
  const WeakRef<int> b = one;
  const WeakRef<int> c = other;
  const size_t hash = a.hash();
  std::unordered_set<WeakRef<int>> set = {a, c};
  one.reset();
  other.reset();
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  EXPECT_EQ(a.hash(), hash);
  EXPECT_EQ(set.count(b), 1u);
  EXPECT_NE(a, WeakRef<int>());
}

// C31: a new object at the address of a dead one is another referent.
TEST(WeakRefTest, AddressOfTheDeadIsNotItsIdentity) {
  alignas(int) char memory[sizeof(int)];
  const auto make = [&] {
    return std::shared_ptr<int>(new (memory) int(1), [](int*) {});
  };
  auto first = make();
  const WeakRef<int> ref = first;
  first.reset();
  auto second = make();
  EXPECT_NE(ref, WeakRef<int>(second));
}

// C31: what is moved from has no referent, and equals one that never had any.
TEST(WeakRefTest, MovedFromEqualsTheEmptyOne) {
  const auto one = MakeShared<int>(1);
  WeakRef<int> ref(one, [] {});
  WeakRef<int> moved(std::move(ref));
  EXPECT_EQ(ref, WeakRef<int>());
  EXPECT_EQ(ref.hash(), WeakRef<int>().hash());
  EXPECT_FALSE(ref.has_callback());
  EXPECT_EQ(moved, WeakRef<int>(one));
  EXPECT_TRUE(moved.has_callback());
  ref = std::move(moved);
  EXPECT_EQ(moved, WeakRef<int>());
  EXPECT_EQ(ref, WeakRef<int>(one));
  WeakRef<int>& itself = ref;
  ref = std::move(itself);
  EXPECT_EQ(ref, WeakRef<int>(one));
  EXPECT_TRUE(ref.has_callback());
  static_assert(std::is_nothrow_move_constructible_v<WeakRef<int>>);
}

// C31: absl's hash, too.
TEST(WeakRefTest, HashesAsAbslWants) {
  auto one = MakeShared<int>(1);
  auto other = MakeShared<int>(1);
  const WeakRef<int> ref = one;
  const size_t hash = absl::HashOf(ref);
  EXPECT_EQ(absl::HashOf(WeakRef<int>(one)), hash);
  EXPECT_NE(absl::HashOf(WeakRef<int>(other)), hash);
  one.reset();
  EXPECT_EQ(absl::HashOf(ref), hash);
}

// C31: equality by value is a functor.
TEST(WeakRefTest, EqualReferentsComparesValues) {
  auto one = MakeShared<std::string>("x");
  auto equal = MakeShared<std::string>("x");
  auto other = MakeShared<std::string>("y");
  const WeakRef<std::string> a = one;
  const WeakRef<std::string> b = equal;
  const WeakRef<std::string> c = other;
  const EqualReferents by_value;
  EXPECT_TRUE(by_value(a, b));
  EXPECT_FALSE(by_value(a, c));
  // With a dead one it is by identity.
  equal.reset();
  EXPECT_FALSE(by_value(a, b));
  EXPECT_TRUE(by_value(b, b));
}

template <class T, class = void>
inline constexpr bool kIsOrdered = false;
template <class T>
inline constexpr bool kIsOrdered<
    T, std::void_t<decltype(std::declval<T>() < std::declval<T>())>> = true;
template <class T, class = void>
inline constexpr bool kIsOrderedTheOtherWay = false;
template <class T>
inline constexpr bool kIsOrderedTheOtherWay<
    T, std::void_t<decltype(std::declval<T>() >= std::declval<T>())>> = true;

// There is no order, dead or alive.
TEST(WeakRefTest, OrderDoesNotCompile) {
  EXPECT_TRUE(kIsOrdered<std::shared_ptr<int>>);
  EXPECT_FALSE(kIsOrdered<WeakRef<int>>);
  EXPECT_FALSE(kIsOrderedTheOtherWay<WeakRef<int>>);
}

TEST(WeakRefTest, PrintsItsReferent) {
  auto text = MakeShared<int>(1);
  const WeakRef<int> ref = text;
  std::ostringstream out;
  std::ostringstream address;
  address << static_cast<void*>(text.get());
  out << ref;
  EXPECT_EQ(out.str(), "<WeakRef to int at " + address.str() + ">");
  text.reset();
  EXPECT_EQ(ref.ToString(), "<WeakRef; dead>");
}

// A deduced type, as ref(obj) has in Python.
TEST(WeakRefTest, DeducesItsType) {
  auto number = MakeShared<int>(1);
  const WeakRef plain(number);
  const WeakRef calls(number, [] {});
  static_assert(std::is_same_v<decltype(plain), const WeakRef<int>>);
  static_assert(std::is_same_v<decltype(calls), const WeakRef<int>>);
  EXPECT_EQ(plain, calls);
}

// Subclasses may carry more, as in Python.
TEST(WeakRefTest, MayBeDerivedFrom) {
  struct KeyedRef : WeakRef<int> {
    KeyedRef(const std::shared_ptr<int>& referent, std::string key_in)
        : WeakRef<int>(referent), key(std::move(key_in)) {}
    std::string key;
  };
  auto number = MakeShared<int>(3);
  const KeyedRef keyed(number, "k");
  EXPECT_EQ(*keyed.Lock(), 3);
  EXPECT_TRUE(keyed == WeakRef<int>(number));
  EXPECT_EQ(keyed.key, "k");
}

TEST(WeakRefTest, RefersToArraysAndVoid) {
  std::shared_ptr<int[]> array(new int[2]{1, 2});
  WeakRef<int[]> ref = array;
  EXPECT_EQ(ref.Lock()[1], 2);
  std::shared_ptr<void> nothing = MakeShared<int>(1);
  WeakRef<void> to_void = nothing;
  EXPECT_EQ(to_void.Lock(), nothing);
  EXPECT_EQ(to_void.ToString().rfind("<WeakRef to void at 0x", 0), 0u);
}

}  // namespace
