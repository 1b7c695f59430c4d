// SPDX-License-Identifier: Apache-2.0

#include "spool.h"

#include <string>
#include <vector>

#include "finalize/registry.h"

namespace consumer {

Spool::Spool(finalize::Registry& registry, std::vector<std::string>& printed)
    : print_(registry.Register("print jobs", [this, &printed] {
        for (const std::string& job : jobs_) printed.push_back(job);
      })) {}

}  // namespace consumer
