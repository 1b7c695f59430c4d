// SPDX-License-Identifier: Apache-2.0

// What compare_tempdirs --doctor says.

#ifndef TESTS_COMPARE_DIAGNOSED_H_
#define TESTS_COMPARE_DIAGNOSED_H_

#include <functional>
#include <string>

#include "nlohmann/json.hpp"

namespace finalize_test {

// Runs it as Compare (tool_run.h) does. A test failure if the findings and the
// exit status contradict each other, or if one has no words.
nlohmann::json Diagnosed(const std::function<void()>& setup = nullptr);

// The finding of this name; one without words, and a test failure, if there is
// none.
nlohmann::json FindingNamed(const nlohmann::json& diagnosis,
                            const std::string& name);

}  // namespace finalize_test

#endif  // TESTS_COMPARE_DIAGNOSED_H_
