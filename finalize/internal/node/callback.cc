// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/callback.h"

#include <memory>
#include <string>
#include <string_view>

#include "finalize/internal/base/ignoring_bad_alloc.h"

namespace finalize_internal {
namespace {

std::unique_ptr<std::string> CopyOrNull(std::string_view text) {
  std::unique_ptr<std::string> copy;
  IgnoringBadAlloc([&] { copy = std::make_unique<std::string>(text); });
  return copy;
}

}  // namespace

void Failure::Set(int failure_code, std::string_view message) noexcept {
  failed = true;
  code = failure_code;
  text = message.empty() ? nullptr : CopyOrNull(message);
}

}  // namespace finalize_internal
