// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/compared_devices.h"

#include <stdlib.h>
#include <string.h>

#include <atomic>

namespace tempdir_internal {
namespace {

enum class Choice { kUnread, kNo, kYes };

Choice Read() {
  const char* const value = secure_getenv("FINALIZE_COMPARE_DEVICES");
  const bool set =
      value != nullptr && *value != '\0' && strcmp(value, "0") != 0;
  return set ? Choice::kYes : Choice::kNo;
}

}  // namespace

bool TempDirsCompareDevices() {
  static std::atomic<Choice> choice{Choice::kUnread};
  Choice now = choice.load(std::memory_order_relaxed);
  if (now == Choice::kUnread) {
    now = Read();
    choice.store(now, std::memory_order_relaxed);
  }
  return now == Choice::kYes;
}

}  // namespace tempdir_internal
