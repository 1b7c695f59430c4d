// SPDX-License-Identifier: Apache-2.0

// The names of roots, by which a reaper knows what it may look at.
//
//   finalize-1000-q7d2x2zk4ffwo5ma       the owner's uid, then random letters
//   finalize-1000-lwm5tzbh3e2xnc7k.reap  one that a reaper has taken for itself
//   fz7i+q7d2x2zk4f                      short: the uid in base 32, 10 letters
//   finalize-1000-mj2vhq5w6ktsy3ea.live  a temp dir without a root, whose lock
//                                        others may not see (keep_mark.h)
//
// A name alone proves nothing: a reaper then asks the kernel whose directory it
// is and whether a process has locked it. The number is a hint for people: in a
// user namespace it is the uid as the owner sees it.
//
// A short name is no proof even together with the owner and the parent: the
// directory needs a mark that names it (root_mark.h). Its plus sign keeps
// ordinary names such as `fzf-completion` from having that form.

#ifndef TEMPDIR_INTERNAL_MARKS_ROOT_NAME_H_
#define TEMPDIR_INTERNAL_MARKS_ROOT_NAME_H_

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tempdir_internal {

// How many random letters the name of a root has.
constexpr size_t kRootLetters = 16;

// The same for a short one.
constexpr size_t kShortRootLetters = 10;

constexpr std::string_view kReapedSuffix = ".reap";
constexpr std::string_view kLiveSuffix = ".live";

struct RootName {
  uid_t owner = 0;
  bool reaped = false;  // a reaper has renamed it
  bool live = false;    // a temp dir without a root, with a live mark
  bool is_short = false;
};

// What the name of a root of `owner` starts with.
std::string RootPrefix(uid_t owner);

// The same for a short name.
std::string ShortRootPrefix(uid_t owner);

// Room for any name that a reaper gives, and its end.
inline constexpr size_t kReapedNameRoom = 48;

// Writes a fresh name as a reaper gives it. Async-signal-safe.
void WriteReapedName(uid_t owner, char (&name)[kReapedNameRoom]);

// Returns nullopt if `name` does not have the form.
std::optional<RootName> ParseRootName(std::string_view name);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_MARKS_ROOT_NAME_H_
