// SPDX-License-Identifier: Apache-2.0

// Misuse that the compiler refuses, with a sentence that says what is wrong and
// what to write instead (contract C31, C34).
#include <cstddef>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/compile_errors.h"

namespace {

struct Misuse {
  const char* name;
  const char* sentence;  // a part of it
};
class MisuseTest : public testing::TestWithParam<Misuse> {};

finalize_test::Compilation CompilationOf(const char* name) {
  return finalize_test::CompilationOf(std::string("misuse_errors/") + name +
                                      ".txt");
}

TEST_P(MisuseTest, SaysWhatIsWrong) {
  const auto compilation = CompilationOf(GetParam().name);
  EXPECT_FALSE(compilation.compiled);
  EXPECT_THAT(compilation.messages, testing::HasSubstr(GetParam().sentence));
}

// How many errors the compiler reported.
size_t ErrorsIn(const std::string& messages) {
  size_t errors = 0;
  for (size_t at = 0; (at = messages.find("error: ", at)) != std::string::npos;
       ++at) {
    ++errors;
  }
  return errors;
}

// What is registered wrongly gets one sentence, and no second error.
class RegisteringMisuseTest : public MisuseTest {};
TEST_P(RegisteringMisuseTest, GetsOneError) {
  const auto compilation = CompilationOf(GetParam().name);
  EXPECT_FALSE(compilation.compiled);
  EXPECT_THAT(compilation.messages, testing::HasSubstr(GetParam().sentence));
  EXPECT_EQ(ErrorsIn(compilation.messages), 1u) << compilation.messages;
}

constexpr char kNoOptions[] =
    "bound arguments need a name, or other options, before the callback";
constexpr char kNoCallback[] = "there is no callback behind the options";
constexpr char kNotCallable[] =
    "the callback cannot be called with the bound arguments";

INSTANTIATE_TEST_SUITE_P(
    All, RegisteringMisuseTest,
    testing::Values(
        Misuse{"arguments_without_options", kNoOptions},
        Misuse{"arguments_without_options_on_a_lifetime", kNoOptions},
        Misuse{"arguments_without_options_in_a_registry", kNoOptions},
        Misuse{"arguments_without_options_at_thread_exit", kNoOptions},
        Misuse{"arguments_without_options_in_a_scope", kNoOptions},
        Misuse{"place_without_options", kNoOptions},
        Misuse{"name_alone", kNoCallback},
        Misuse{"name_alone_on_a_lifetime", kNoCallback},
        Misuse{"wrong_arguments", kNotCallable},
        Misuse{"wrong_arguments_to_be_tried_again", "as lvalues"},
        Misuse{"argument_that_cannot_be_copied", "pass it by std::move"},
        Misuse{"no_referent", "OnDestroy takes a Lifetime& or a"},
        Misuse{"temporary_lifetime", "given a temporary Lifetime"},
        Misuse{"reference_to_temporary_options", "non-const lvalue reference"}),
    [](const auto& info) { return std::string(info.param.name); });

constexpr char kTemporary[] = "given a temporary Lifetime";
constexpr char kCallback[] =
    "takes no parameter, or one `const finalize::Cause&`";

INSTANTIATE_TEST_SUITE_P(
    All, MisuseTest,
    testing::Values(
        Misuse{"temporary_lifetime", kTemporary},
        Misuse{"temporary_lifetime_with_argument", kTemporary},
        Misuse{"temporary_lifetime_with_options", kTemporary},
        Misuse{"temporary_lifetime_in_a_registry", kTemporary},
        Misuse{"temporary_lifetime_to_be_tried_again", kTemporary},
        Misuse{"method_with_reference", "there is no optional reference"},
        Misuse{"method_that_is_a_lambda", "a lambda with captures has none"},
        Misuse{"callback_takes_the_referent", kCallback},
        Misuse{"callback_takes_a_pointer", kCallback},
        Misuse{"callback_takes_too_much", kCallback},
        Misuse{"callback_changes_the_reference", kCallback},
        Misuse{"proxy_callback_takes_a_ref", kCallback},
        Misuse{"callback_is_none", kCallback}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(MisuseControlTest, RightUseCompiles) {
  const auto compilation = CompilationOf("none");
  EXPECT_TRUE(compilation.compiled) << compilation.messages;
}

}  // namespace
