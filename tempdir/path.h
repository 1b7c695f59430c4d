// SPDX-License-Identifier: Apache-2.0

// Path: the type of the paths that temp dirs and temp files return. It is
// boost::filesystem::path.
//
//   auto dir = tempdir::TempDir::Create();
//   if (!dir.ok()) return dir.status();
//   boost::filesystem::path boost_path = dir->path();
//   std::filesystem::path std_path = dir->std_path();
//   const std::string& text = dir->path().native();
//
// What returns or passes a Path without a std_path() beside it (Keep,
// PathInside, a failure callback) is converted in the same way as any other
// path: std::filesystem::path(kept->native()). Parameters take all of these
// types (path_argument.h).
//
// Without Boost: compile the library, and everything that includes its headers,
//   with -DFINALIZE_WITHOUT_BOOST. Path is std::filesystem::path then, and
//   neither headers nor libraries of Boost are needed. (With Bazel:
//   --define=finalize_boost=no.) Code that uses only what both types have
//   compiles either way: `/`, `/=`, native(), string(), c_str(), and others.
// Mixed: a program that is compiled in one way does not link with a library
//   that is compiled in the other. Names of classes that contain a Path then
//   have an ABI tag, `tempdir::TempDirOptions[abi:without_boost]`.
#ifndef TEMPDIR_PATH_H_
#define TEMPDIR_PATH_H_

#include <filesystem>

#include "finalize/internal/base/requirements.h"

#ifdef FINALIZE_WITHOUT_BOOST

// Follows `class` or `struct`, or stands before a function, if the type or the
// function depends on what Path is, and its mangled name does not.
#define TEMPDIR_PATH_ABI [[gnu::abi_tag("without_boost")]]

namespace tempdir {
using Path = std::filesystem::path;
}  // namespace tempdir

#elif !__has_include("boost/filesystem/path.hpp")

#error \
    "tempdir needs Boost.Filesystem (on Debian: libboost-filesystem-dev), or -DFINALIZE_WITHOUT_BOOST for the library and what uses it"

#else

#include "boost/filesystem/path.hpp"  // IWYU pragma: export

#define TEMPDIR_PATH_ABI

namespace tempdir {
using Path = boost::filesystem::path;
}  // namespace tempdir

#endif

#endif  // TEMPDIR_PATH_H_
