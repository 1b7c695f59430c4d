// SPDX-License-Identifier: Apache-2.0

// The words of a line of configuration.
#ifndef EXAMPLES_COMPARE_DOCTOR_QUOTED_WORDS_H_
#define EXAMPLES_COMPARE_DOCTOR_QUOTED_WORDS_H_

#include <string>
#include <vector>

namespace compare {

// The words of a line of tmpfiles.d, as systemd separates them: by white space
// that is neither in quotes ("" or '') nor behind a backslash. Escapes are as
// in C (\x20, \040), and \s is a space; none is left in a word.
std::vector<std::string> QuotedWords(const std::string& line);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_QUOTED_WORDS_H_
