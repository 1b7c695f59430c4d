// SPDX-License-Identifier: Apache-2.0

// FINALIZE_EXPORT marks what a shared library of this project exports.
//
//   FINALIZE_EXPORT absl::Status SetExitOptions(const ExitOptions& options);
//
// The sources are compiled with -fvisibility=hidden, so that a shared library
// exports what is marked, and nothing else. Users of the library do not need
// these macros, nor any flag.
//
// What is marked: each function of a public header that is defined in a source
//   file (FINALIZE_EXPORT), and the few internal functions that the code in
//   public headers calls, templates above all (FINALIZE_INTERNAL_EXPORT). A
//   function is marked rather than its class: a class that is marked also
//   exports its private and its inline members.
// Checked: libfinalize.symbols and libtempdir.symbols list every exported
//   symbol; tools/check_symbols compares.
//
// Not covered: static libraries. What is marked has default visibility there,
// too, so a shared library that contains a copy of this one exports it, unless
// a version script hides it (docs/modules.md).
#ifndef FINALIZE_EXPORT_H_
#define FINALIZE_EXPORT_H_

#include "finalize/internal/base/requirements.h"

// Promised: users call it.
#define FINALIZE_EXPORT __attribute__((visibility("default")))

// Not promised: only code of the library that is compiled into users' objects
// calls it, or finalize/testing.h, or a program of the library.
#define FINALIZE_INTERNAL_EXPORT __attribute__((visibility("default")))

#ifdef __clang__
// For a class that std::get_deleter() looks for in several shared objects, so
// that its type is the same in all of them. GNU's library compares the names of
// types, and needs nothing; gcc has no such attribute.
#define FINALIZE_EXPORT_TYPE __attribute__((type_visibility("default")))
#else
#define FINALIZE_EXPORT_TYPE
#endif

#endif  // FINALIZE_EXPORT_H_
