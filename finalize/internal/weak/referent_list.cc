// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/weak/referent_list.h"

#include "finalize/internal/weak/shared_deleter.h"

namespace finalize_internal {

LifetimeList* LifetimeListOf(
    const std::shared_ptr<const volatile void>& owner) {
  // Without RTTI null, and nothing that MakeShared created can come here.
  SharedDeleter* deleter = std::get_deleter<SharedDeleter>(owner);
  return deleter != nullptr ? deleter->list() : nullptr;
}

}  // namespace finalize_internal
