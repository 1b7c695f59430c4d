// SPDX-License-Identifier: Apache-2.0

// Functions that are compiled without RTTI, for a test that is compiled with
// it.

#ifndef TESTS_INSPECT_WITHOUT_RTTI_H_
#define TESTS_INSPECT_WITHOUT_RTTI_H_

#include <memory>
#include <string>
#include <tuple>

#include "finalize/finalizer.h"
#include "finalize/registry.h"

namespace finalize_test {

// A callback with a name, for a dump.
struct FlushLog {
  void operator()(int) const {}
};
struct Bytes {
  int count;
};

// Registers FlushLog, with the number as its bound argument.
finalize::Finalizer<void> RegisterWithoutRtti(finalize::Registry* registry,
                                              int number);
// Registers a callback that has a Bytes and a type of its source file bound.
finalize::Finalizer<void> RegisterOwnTypes(finalize::Registry* registry);
// Registers a callback that appends to the text, for the death of `referent`.
finalize::Finalizer<void> OnDeathWithoutRtti(
    const std::shared_ptr<int>& referent, std::string* text);

// Returns the bound int, or 0.
int PeekWithoutRtti(const finalize::Finalizer<void>& finalizer);

}  // namespace finalize_test

#endif  // TESTS_INSPECT_WITHOUT_RTTI_H_
