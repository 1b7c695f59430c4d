// SPDX-License-Identifier: Apache-2.0

// A program of which one source is compiled without RTTI (without_rtti.h), and
// this one with it.

#include "tests/inspect/without_rtti.h"

#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "finalize/finalizer.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "finalize/shared.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace finalize_test {
namespace {

using finalize::Finalizer;
using finalize::Registry;
using testing::HasSubstr;

// Another type than the one of that name in without_rtti.cc.
struct Local {
  char text[64] = "";
};

// C5.
TEST(WithoutRttiTest, CallbackIsNamedByItsType) {
  Registry registry;
  auto f = RegisterWithoutRtti(&registry, 77);
  EXPECT_EQ(f.Peek()->callback, "finalize_test::FlushLog(77)");
}

// C5.
TEST(WithoutRttiTest, ArgumentIsNamedByItsType) {
  Registry registry;
  auto f = RegisterOwnTypes(&registry);
  EXPECT_THAT(f.Peek()->callback, HasSubstr("(<finalize_test::Bytes>, <"));
}

// C5.
TEST(WithoutRttiTest, ArgumentsArePeekedWithoutRtti) {
  Registry registry;
  EXPECT_EQ(PeekWithoutRtti(RegisterWithoutRtti(&registry, 77)), 77);
}

// C5.
TEST(WithoutRttiTest, ArgumentsArePeekedWithRtti) {
  Registry registry;
  auto f = RegisterWithoutRtti(&registry, 77);
  EXPECT_EQ(f.PeekArguments<int>(), std::tuple(77));
}

// C5.
TEST(WithoutRttiTest, ArgumentsOfCodeWithRttiArePeeked) {
  Registry registry;
  Finalizer<void> f = registry.Register(
      {}, [](int) {}, 77);
  EXPECT_EQ(PeekWithoutRtti(f), 77);
}

// C5.
TEST(WithoutRttiTest, ArgumentsOfOtherTypesAreNotPeeked) {
  Registry registry;
  auto f = RegisterWithoutRtti(&registry, 77);
  EXPECT_EQ(f.PeekArguments<unsigned>(), std::nullopt);
  EXPECT_EQ(PeekWithoutRtti(registry.Register(
                {}, [](long) {}, 77L)),
            0);
}

// C5: not even if the two have one name.
TEST(WithoutRttiTest, TypeOfOneNameIsNotTheSame) {
  Registry registry;
  auto f = RegisterOwnTypes(&registry);
  EXPECT_FALSE((f.PeekArguments<Bytes, Local>().has_value()));
}

// A shared_ptr that was created with RTTI.
TEST(WithoutRttiTest, DeathOfAnObjectIsNoticed) {
  std::string text;
  auto referent = finalize::MakeShared<int>(1);
  auto f = OnDeathWithoutRtti(referent, &text);
  EXPECT_TRUE(f.alive());
  EXPECT_EQ(text, "");
  referent.reset();
  EXPECT_EQ(text, "dead");
}

}  // namespace
}  // namespace finalize_test
