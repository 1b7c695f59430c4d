// SPDX-License-Identifier: Apache-2.0

// Two symbols that unique_symbol_test has to find: an inline variable, and the
// static object of an inline function.
namespace finalize_internal {

inline int planted_variable = 1;

inline int& PlantedFunction() {
  static int planted_static = 2;
  return planted_static;
}

int UsePlanted() { return ++planted_variable + ++PlantedFunction(); }

}  // namespace finalize_internal
