// SPDX-License-Identifier: Apache-2.0

// The death of a referent takes no memory, so that nothing is lost where there
// is none (contract C31, C33).

#include <stdlib.h>

#include <cstdint>
#include <memory>
#include <new>
#include <string>

#include "absl/base/attributes.h"
#include "finalize/lifetime.h"
#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_method.h"
#include "finalize/weak_proxy.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"
#include "gtest/gtest.h"

namespace {
int64_t allocations = 0;
bool out_of_memory = false;
}  // namespace

// Not inlined: a compiler that sees free() takes it for a mistake.
ABSL_ATTRIBUTE_NOINLINE void* operator new(size_t size) {
  ++allocations;
  void* const memory = out_of_memory ? nullptr : malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
ABSL_ATTRIBUTE_NOINLINE void operator delete(void* memory) noexcept {
  free(memory);
}
ABSL_ATTRIBUTE_NOINLINE void operator delete(void* memory, size_t) noexcept {
  free(memory);
}

namespace {

struct Object {
  int Method() { return 1; }
};

// Tells of what happens while there is no memory.
class NoMemory {
 public:
  NoMemory() : before_(allocations) { out_of_memory = true; }
  ~NoMemory() { out_of_memory = false; }
  int64_t asked() const { return allocations - before_; }

 private:
  const int64_t before_;
};

TEST(WeakCostTest, AnAllocationIsSeen) {
  const NoMemory none;
  EXPECT_THROW(operator delete(operator new(1)), std::bad_alloc);
  EXPECT_EQ(none.asked(), 1);
}

// C31, C33: all that hangs on the object is told, and goes.
TEST(WeakCostTest, DeathTakesNoMemory) {
  finalize::WeakValueMap<std::string, Object> values;
  finalize::WeakKeyMap<Object, std::string> keys;
  finalize::WeakSet<Object> set;
  auto object = finalize::MakeShared<Object>();
  values.insert_or_assign("a key that is too long to lie in its string",
                          object);
  keys.insert_or_assign(object,
                        "a value that is too long to lie in its string");
  set.insert(object);
  int ran = 0;
  const auto runs = [&ran] { ++ran; };
  const finalize::WeakRef<Object> ref(object, runs);
  const finalize::WeakProxy<Object> proxy(object, runs);
  const finalize::WeakMethod<int()> method(object, &Object::Method, runs);
  finalize::OnDestroy(object, runs);
  {
    const NoMemory none;
    object.reset();
    EXPECT_EQ(none.asked(), 0);
  }
  EXPECT_EQ(ran, 4);
  EXPECT_EQ(values.size() + keys.size() + set.size(), 0u);
}

// A long chain takes none from the allocator either.
TEST(WeakCostTest, ChainOfDeathsTakesNoMemory) {
  int ran = 0;
  auto next = finalize::MakeShared<Object>();
  for (int i = 0; i < 1000; ++i) {
    auto before = finalize::MakeShared<Object>();
    finalize::OnDestroy(before, [&ran, own = std::move(next)] { ++ran; });
    next = std::move(before);
  }
  {
    const NoMemory none;
    next.reset();
    EXPECT_EQ(none.asked(), 0);
  }
  EXPECT_EQ(ran, 1000);
}

// C19: a container that nothing was put into has nothing.
TEST(WeakCostTest, EmptyContainersTakeNoMemory) {
  const NoMemory none;
  finalize::WeakValueMap<std::string, Object> values;
  finalize::WeakKeyMap<Object, int> keys;
  finalize::WeakSet<Object> set;
  EXPECT_EQ(values.Get("key"), nullptr);
  EXPECT_EQ(keys.erase(Object()), 0u);
  EXPECT_EQ(set.begin(), set.end());
  EXPECT_EQ(values.size() + values.EraseExpired(), 0u);
  set.clear();
  EXPECT_EQ(none.asked(), 0);
}

// Looking up and passing over takes none.
TEST(WeakCostTest, LookupTakesNoMemory) {
  finalize::WeakValueMap<std::string, Object> map;
  auto object = finalize::MakeShared<Object>();
  map.insert_or_assign("key", object);
  const NoMemory none;
  EXPECT_EQ(map.Get("key"), object);
  EXPECT_EQ(map.Get("a key that is too long to lie in its string"), nullptr);
  for (const auto& item : map) EXPECT_EQ(item.value(), object);
  EXPECT_EQ(map.size(), 1u);
  EXPECT_EQ(none.asked(), 0);
}

// Nor does the creation of a value that is there.
TEST(WeakCostTest, GetOrCreateOfALivingValueTakesNoMemory) {
  finalize::WeakValueMap<std::string, Object> map;
  const auto create = [] { return finalize::MakeShared<Object>(); };
  const auto object =
      map.GetOrCreate("a key that is too long to lie in its string", create);
  const NoMemory none;
  EXPECT_EQ(
      map.GetOrCreate("a key that is too long to lie in its string", create),
      object);
  EXPECT_EQ(none.asked(), 0);
}

// One for which there is no memory fails, and can be tried again.
TEST(WeakCostTest, CreationWithoutMemoryChangesNothing) {
  finalize::WeakValueMap<int, Object> map;
  const auto object = finalize::MakeShared<Object>();
  const auto create = [&object] { return object; };
  {
    const NoMemory none;
    EXPECT_THROW(map.GetOrCreate(1, create), std::bad_alloc);
  }
  EXPECT_THROW(map.GetOrCreate(1,
                               [&] {
                                 out_of_memory = true;
                                 return object;
                               }),
               std::bad_alloc);
  out_of_memory = false;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(finalize::WeakRefCount(object), 0u);
  EXPECT_EQ(map.GetOrCreate(1, create), object);
}

// Where there is no memory for an entry, nothing is changed.
TEST(WeakCostTest, InsertionWithoutMemoryChangesNothing) {
  finalize::WeakValueMap<int, Object> map;
  auto object = finalize::MakeShared<Object>();
  auto other = finalize::MakeShared<Object>();
  map.insert_or_assign(1, object);
  {
    const NoMemory none;
    EXPECT_THROW(map.insert_or_assign(1, other), std::bad_alloc);
  }
  EXPECT_EQ(map.Get(1), object);
  EXPECT_EQ(finalize::WeakRefCount(other), 0u);
}

}  // namespace
