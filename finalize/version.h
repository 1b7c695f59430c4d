// SPDX-License-Identifier: Apache-2.0

// The version of the library, for the preprocessor and for code.
//
//   #include "finalize/version.h"
//
//   #if FINALIZE_VERSION_MAJOR == 0 && FINALIZE_VERSION_MINOR < 2
//   std::puts("built with finalize " FINALIZE_VERSION);
//   #endif
//
// It is the version of these headers. Before 1.0 there is no stable ABI: a
// minor release may change types and functions, so a program and the library
// that it is linked with must have the same major and minor version. The soname
// of a shared library carries both (libfinalize.so.0.1), so that the loader
// insists on it.
#ifndef FINALIZE_VERSION_H_
#define FINALIZE_VERSION_H_

#include "finalize/internal/base/requirements.h"

// Every build, package and document takes the version from these three lines,
// or is compared with them (tools/check_release).
#define FINALIZE_VERSION_MAJOR 0
#define FINALIZE_VERSION_MINOR 1
#define FINALIZE_VERSION_PATCH 0

#define FINALIZE_VERSION_TEXT_(n) #n
#define FINALIZE_VERSION_JOIN_(major, minor, patch) \
  FINALIZE_VERSION_TEXT_(major)                     \
  "." FINALIZE_VERSION_TEXT_(minor) "." FINALIZE_VERSION_TEXT_(patch)

// "0.1.0", a string literal.
#define FINALIZE_VERSION                                                 \
  FINALIZE_VERSION_JOIN_(FINALIZE_VERSION_MAJOR, FINALIZE_VERSION_MINOR, \
                         FINALIZE_VERSION_PATCH)

namespace finalize {

// The same text, for code.
inline constexpr char kVersion[] = FINALIZE_VERSION;

}  // namespace finalize

#endif  // FINALIZE_VERSION_H_
