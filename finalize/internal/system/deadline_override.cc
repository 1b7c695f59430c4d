// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/system/deadline_override.h"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "finalize/internal/base/escape.h"

namespace finalize_internal {
namespace {

constexpr char kVariable[] = "FINALIZE_EXIT_DEADLINE";
constexpr int64_t kUnread = -1;
constexpr int64_t kNone = 0;

// In nanoseconds.
std::atomic<int64_t> cached{kUnread};

int64_t Parse(const char* text) {
  absl::Duration value;
  if (!absl::ParseDuration(text, &value) || value == absl::InfiniteDuration()) {
    return kNone;
  }
  const int64_t nanos = absl::ToInt64Nanoseconds(value);
  return nanos > 0 ? nanos : kNone;
}

void Refuse(const char* text) {
  std::string line = absl::StrCat("finalize: ", kVariable, "=");
  AppendQuoted(text, &line);
  line += " is not a finite, positive duration such as 5s; it is ignored\n";
  // If standard error is closed, the message is lost.
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

int64_t Read() {
  const char* text = secure_getenv(kVariable);
  if (text != nullptr && *text == '\0') text = nullptr;
  const int64_t value = text != nullptr ? Parse(text) : kNone;
  int64_t unread = kUnread;
  if (cached.compare_exchange_strong(unread, value,
                                     std::memory_order_relaxed) &&
      text != nullptr && value == kNone) {
    Refuse(text);
  }
  return value;
}

}  // namespace

std::optional<absl::Duration> DeadlineFromEnvironment() {
  int64_t value = cached.load(std::memory_order_relaxed);
  if (value == kUnread) value = Read();
  if (value == kNone) return std::nullopt;
  return absl::Nanoseconds(value);
}

}  // namespace finalize_internal
