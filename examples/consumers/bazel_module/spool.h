// SPDX-License-Identifier: Apache-2.0

#ifndef CONSUMER_SPOOL_H_
#define CONSUMER_SPOOL_H_

#include <string>
#include <vector>

#include "finalize/finalizer.h"
#include "finalize/registry.h"

namespace consumer {

// Jobs of a printer. If they have not been printed, the end of the process
// prints them.
class Spool {
 public:
  // Both must outlive this object.
  Spool(finalize::Registry& registry, std::vector<std::string>& printed);

  void Add(const std::string& job) { jobs_.push_back(job); }
  void Print() { print_.Run(); }

 private:
  std::vector<std::string> jobs_;
  finalize::Finalizer<> print_;
};

}  // namespace consumer

#endif  // CONSUMER_SPOOL_H_
