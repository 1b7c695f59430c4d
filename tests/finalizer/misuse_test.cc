// Misuse that the compiler refuses, with a sentence that says what is wrong and
// what to write instead (contract C31, C34).
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

TEST_P(MisuseTest, SaysWhatIsWrong) {
  const auto file = std::string("misuse_errors/") + GetParam().name + ".txt";
  const auto compilation = finalize_test::CompilationOf(file);
  EXPECT_FALSE(compilation.compiled);
  EXPECT_THAT(compilation.messages, testing::HasSubstr(GetParam().sentence));
}

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
  const auto compilation =
      finalize_test::CompilationOf("misuse_errors/none.txt");
  EXPECT_TRUE(compilation.compiled) << compilation.messages;
}

}  // namespace
