// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/told_owners.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace tempdir_internal {
namespace {

constexpr uid_t kUsualOverflow = 65534;
constexpr uint32_t kAllUsers = 0xffffffff;

// The numbers in a small file; none if it cannot be read.
std::vector<uint32_t> NumbersIn(const char* path) {
  std::vector<uint32_t> numbers;
  char text[4096];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return numbers;
  const ssize_t size = read(fd, text, sizeof text);
  close(fd);
  if (size <= 0) return numbers;
  const absl::string_view content(text, static_cast<size_t>(size));
  for (absl::string_view word :
       absl::StrSplit(content, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    uint32_t number;
    if (!absl::SimpleAtoi(word, &number)) return {};
    numbers.push_back(number);
  }
  return numbers;
}

uid_t OverflowUser() {
  const auto numbers = NumbersIn("/proc/sys/kernel/overflowuid");
  return numbers.empty() ? kUsualOverflow : numbers.front();
}

}  // namespace

bool IsToldFromOthers(uid_t user) {
  if (user != OverflowUser()) return true;
  const std::vector<uint32_t> map = NumbersIn("/proc/self/uid_map");
  return map == std::vector<uint32_t>{0, 0, kAllUsers};
}

}  // namespace tempdir_internal
