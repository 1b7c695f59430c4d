// SPDX-License-Identifier: Apache-2.0

// Linked into a program whose copy of the library stands in for that of a
// module that it opens. AddressSanitizer looks at the module's copy all the
// same, and takes it for a second definition.
extern "C" const char* __asan_default_options() {
  return "detect_odr_violation=0";
}
