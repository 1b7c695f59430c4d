// SPDX-License-Identifier: Apache-2.0

// Options: the place in every call form, and what else may be said (contract
// C9, C26).
#include "finalize/options.h"

#include <string>
#include <string_view>
#include <type_traits>

#include "finalize/at_exit.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "finalize/shared.h"
#include "gtest/gtest.h"

namespace {

using finalize::Options;
using finalize::Place;
using finalize::Registry;

// Takes the finalizer out again and checks that it names `line` of this file.
template <class F>
void ExpectPlace(const F& finalizer, int line) {
  auto info = finalizer.Peek();
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(std::string(info->place.file), __FILE__) << "line " << line;
  EXPECT_EQ(info->place.line, line);
  finalizer.Detach();
}

constexpr auto kNothing = [](auto...) {};

// C26: a callback alone.
TEST(OptionsTest, RegisterNamesTheCallersLine) {
  Registry r;
  ExpectPlace(r.Register(kNothing), __LINE__);
  ExpectPlace(r.RegisterRetryable(kNothing), __LINE__);
  ExpectPlace(*r.TryRegister(kNothing), __LINE__);
}

// C26: with options in each form.
TEST(OptionsTest, OptionsNameTheirLine) {
  Registry r;
  ExpectPlace(r.Register({}, kNothing), __LINE__);
  ExpectPlace(r.Register({}, kNothing, 1), __LINE__);
  ExpectPlace(r.Register({}, kNothing, 1, 2, 3, 4), __LINE__);
  ExpectPlace(r.Register("name", kNothing), __LINE__);
  ExpectPlace(r.Register(Options(), kNothing), __LINE__);
  ExpectPlace(r.Register(Options{}, kNothing), __LINE__);
  ExpectPlace(r.Register(Options("name"), kNothing), __LINE__);
  ExpectPlace(r.Register(Options(std::string("name")), kNothing), __LINE__);
  auto set = r.Register(Options().set_phase(1).set_at_exit(false), kNothing);
  ExpectPlace(set, __LINE__ - 1);
  Options made;
  const int line = __LINE__ - 1;
  ExpectPlace(r.Register(made, kNothing), line);
  made.set_place(Place::Caller());
  ExpectPlace(r.Register(made, kNothing), __LINE__ - 1);
}

// C26: the other ways in.
TEST(OptionsTest, EveryFunctionNamesTheCallersLine) {
  Registry r;
  finalize::Lifetime life;
  auto shared = finalize::MakeShared<int>(1);
  ExpectPlace(finalize::AtExit(kNothing), __LINE__);
  ExpectPlace(finalize::AtExit({}, kNothing, 1), __LINE__);
  ExpectPlace(finalize::AtExit({}, kNothing, 1, 2, 3, 4), __LINE__);
  ExpectPlace(finalize::AtExit("name", kNothing), __LINE__);
  ExpectPlace(finalize::OnDestroy(life, kNothing), __LINE__);
  ExpectPlace(finalize::OnDestroy(life, {}, kNothing, 1), __LINE__);
  ExpectPlace(finalize::OnDestroy(shared, kNothing), __LINE__);
  ExpectPlace(finalize::OnDestroy(shared, "name", kNothing), __LINE__);
  ExpectPlace(r.OnDestroy(life, kNothing), __LINE__);
  ExpectPlace(r.OnDestroy(life, {}, kNothing), __LINE__);
  ExpectPlace(r.OnDestroyRetryable(life, kNothing), __LINE__);
  ExpectPlace(r.OnDestroyRetryable(life, {}, kNothing), __LINE__);
  ExpectPlace(r.RegisterRetryable({}, kNothing), __LINE__);
  ExpectPlace(*r.TryRegister({}, kNothing), __LINE__);
}

// C26: whatever converts to a string_view is a name.
TEST(OptionsTest, NameIsAnyString) {
  Registry r;
  const std::string name = "name";
  EXPECT_EQ(r.Register(name, kNothing).Peek()->name, "name");
  EXPECT_EQ(r.Register(std::string("name"), kNothing).Peek()->name, "name");
  EXPECT_EQ(r.Register(std::string_view("name"), kNothing).Peek()->name,
            "name");
  EXPECT_EQ(r.Register(name.c_str(), kNothing).Peek()->name, "name");
  const int line = __LINE__ + 1;
  ExpectPlace(finalize::AtExit(std::string("name"), kNothing), line);
}

// A bound argument of type Place is one.
TEST(OptionsTest, PlaceIsABoundArgument) {
  Registry r;
  const auto line_of = [](Place place) { return place.line; };
  auto f = r.Register("name", line_of, Place{"mine", 7});
  EXPECT_EQ(f.PeekArguments<Place>().has_value(), true);
  EXPECT_EQ(f.Run(), 7);
}

// What setters on a temporary return does not refer to it.
TEST(OptionsTest, SettersOnATemporaryReturnAValue) {
  const Options& options = Options("name").set_phase(3).set_at_exit(false);
  EXPECT_EQ(options.name(), "name");
  EXPECT_EQ(options.phase(), 3);
  EXPECT_FALSE(options.at_exit());
  static_assert(std::is_same_v<decltype(Options().set_place({})), Options> &&
                std::is_same_v<decltype(Options().set_if_closed({})), Options>);
}

// C26: a Finally names the line that made it.
TEST(OptionsTest, FinallyNamesItsLine) {
  finalize::Finally plain(kNothing);
  finalize::Finally named("named", kNothing);
  std::string places;
  Registry::Process().ForEach([&](const finalize::Info& info) {
    places += std::to_string(__LINE__ - 4 - info.place.line + 2) + " ";
  });
  EXPECT_EQ(places, "1 2 ");
}

// What is not said.
TEST(OptionsTest, Defaults) {
  constexpr Options options;
  EXPECT_EQ(options.name(), "");
  EXPECT_EQ(options.phase(), 0);
  EXPECT_TRUE(options.at_exit());
  EXPECT_EQ(options.if_closed(), finalize::IfClosed::kRefuse);
}

// The name is copied when the finalizer is registered.
TEST(OptionsTest, NameIsCopiedAtRegistration) {
  Registry r;
  std::string name = "first";
  auto f = r.Register(Options(name), [] {});
  name = "other";
  EXPECT_EQ(f.Peek()->name, "first");
}

// Of a name the first 255 bytes are kept.
TEST(OptionsTest, LongNameIsCut) {
  Registry r;
  for (size_t length : {254, 255, 256, 1000, 100000}) {
    auto f = r.Register(Options(std::string(length, 'x')), [] { return 5; });
    EXPECT_EQ(f.Peek()->name, std::string(length < 255 ? length : 255, 'x'));
    EXPECT_EQ(f.Run(), 5);
  }
}

// An empty name is no name; one ends at a zero byte, and may hold any others.
TEST(OptionsTest, NameEndsAtAZeroByte) {
  Registry r;
  EXPECT_EQ(r.Register("", [] {}).Peek()->name, "");
  EXPECT_EQ(r.Register(Options(std::string("a\0b", 3)), [] {}).Peek()->name,
            "a");
  EXPECT_EQ(r.Register("\n\"\xff", [] {}).Peek()->name, "\n\"\xff");
}

}  // namespace
