// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/users.h"

#include <cstdint>
#include <sstream>

#include "absl/strings/numbers.h"
#include "examples/compare/doctor/system_text.h"

namespace compare {

uid_t OverflowUser() {
  uid_t user;
  return absl::SimpleAtoi(ReadText("/proc/sys/kernel/overflowuid"), &user)
             ? user
             : 65534;
}

std::optional<std::string> UserMap() { return TextOf("/proc/self/uid_map"); }

bool MapsEverybody(const std::optional<std::string>& map) {
  std::istringstream numbers(map.value_or(""));
  uint32_t inside, outside, count;
  return numbers >> inside >> outside >> count && inside == 0 && outside == 0 &&
         count == 0xffffffff;
}

bool IsUnmapped(uid_t user) {
  return user == OverflowUser() && !MapsEverybody(UserMap());
}

}  // namespace compare
