// SPDX-License-Identifier: Apache-2.0

// Which users a user namespace tells from each other.
#ifndef EXAMPLES_COMPARE_DOCTOR_USERS_H_
#define EXAMPLES_COMPARE_DOCTOR_USERS_H_

#include <sys/types.h>

#include <optional>
#include <string>

namespace compare {

// The user that stands for all that are not mapped here.
uid_t OverflowUser();

// The text of this process's uid_map; nothing if it cannot be read.
std::optional<std::string> UserMap();

// Whether `map` is that of a process outside of any user namespace.
bool MapsEverybody(const std::optional<std::string>& map);

// Whether `user` may be any user that is not mapped here.
bool IsUnmapped(uid_t user);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_USERS_H_
