// SPDX-License-Identifier: Apache-2.0

// A shared_ptr that points to an object and owns nothing (it aliases an empty
// one) is as a null one (contract C31, C33, C34).
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "finalize/lifetime.h"
#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_method.h"
#include "finalize/weak_proxy.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"

namespace {

using finalize::MakeShared;
using finalize_test::CapturedFailures;

struct Cat {
  virtual ~Cat() = default;
  int Eat() { return 1; }
};

class UnownedPointerTest : public testing::Test {
 protected:
  Cat cat_;
  const std::shared_ptr<Cat> unowned_{std::shared_ptr<void>(), &cat_};
};

TEST_F(UnownedPointerTest, ValueMapDoesNotInsertIt) {
  finalize::WeakValueMap<std::string, Cat> map;
  const auto [there, inserted] = map.try_emplace("a", unowned_);
  EXPECT_EQ(there, map.end());
  EXPECT_FALSE(inserted);
  EXPECT_FALSE(map.insert({"a", unowned_}).second);
  EXPECT_FALSE(map.insert_or_assign("a", unowned_).second);
  EXPECT_EQ(map.size(), 0u);
}

TEST_F(UnownedPointerTest, ValueMapErasesAsForANullValue) {
  const auto tom = MakeShared<Cat>();
  finalize::WeakValueMap<std::string, Cat> map = {{"tom", tom}};
  EXPECT_EQ(map.insert_or_assign("tom", unowned_).first, map.end());
  EXPECT_FALSE(map.contains("tom"));
}

TEST_F(UnownedPointerTest, KeyMapDoesNotInsertIt) {
  finalize::WeakKeyMap<Cat, std::string> map;
  EXPECT_FALSE(map.try_emplace(unowned_, "note").second);
  EXPECT_FALSE(map.insert({unowned_, "note"}).second);
  EXPECT_FALSE(map.insert_or_assign(unowned_, "note").second);
  EXPECT_FALSE(map.contains(unowned_));
  EXPECT_EQ(map.size(), 0u);
}

TEST_F(UnownedPointerTest, SetDoesNotInsertIt) {
  finalize::WeakSet<Cat> set;
  EXPECT_FALSE(set.insert(unowned_).second);
  set |= {unowned_};
  EXPECT_FALSE(set.contains(unowned_));
  EXPECT_EQ(set.size(), 0u);
}

// C31: it never had a referent.
TEST_F(UnownedPointerTest, WeakRefToItIsThatToNothing) {
  const finalize::WeakRef<Cat> ref(unowned_);
  EXPECT_TRUE(ref.expired());
  EXPECT_EQ(ref, finalize::WeakRef<Cat>());
  EXPECT_EQ(ref.hash(), finalize::WeakRef<Cat>().hash());
}

TEST_F(UnownedPointerTest, NothingIsAttachedToIt) {
  CapturedFailures failures;
  bool ran = false;
  EXPECT_FALSE(finalize::IsAttachable(unowned_));
  EXPECT_EQ(finalize::WeakRefCount(unowned_), 0u);
  EXPECT_FALSE(finalize::OnDestroy(unowned_, [&] { ran = true; }).alive());
  const finalize::WeakRef<Cat> ref(unowned_, [&] { ran = true; });
  const finalize::WeakProxy<Cat> proxy(unowned_, [&] { ran = true; });
  EXPECT_FALSE(ref.has_callback());
  EXPECT_TRUE(proxy.expired());
  EXPECT_FALSE(ran);
  ASSERT_EQ(failures.size(), 3u);
  for (size_t i = 0; i < failures.size(); ++i) {
    EXPECT_EQ(failures.at(i).status.code(), absl::StatusCode::kInvalidArgument);
  }
}

// C34: dead at once.
TEST_F(UnownedPointerTest, WeakMethodOfItIsDead) {
  const finalize::WeakMethod<int()> eat(unowned_, &Cat::Eat);
  EXPECT_TRUE(eat.expired());
  EXPECT_EQ(eat(), std::nullopt);
  EXPECT_EQ(eat.Lock(), nullptr);
}

}  // namespace
