// Info: what a peek at a pending finalizer shows (finalizer.h, inspect.h).
//
// A value; thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_INFO_H_
#define FINALIZE_INFO_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "finalize/options.h"

namespace finalize {

struct Info {
  // Returns a line such as
  //   #42 phase 0 +3.1s examples/spool.cc:88 "remove spool" RemoveTree("/x")
  std::string ToString() const;

  uint64_t number = 0;  // unique among finalizers that exist; reused later
  std::string name;
  Place place;
  int phase = 0;
  bool at_exit = true;
  absl::Duration age;    // since it was registered
  std::string callback;  // the function or type, and the bound arguments
  // The referent, held alive, where it is owned by a shared_ptr; else null.
  std::shared_ptr<void> referent;
};

}  // namespace finalize

#endif  // FINALIZE_INFO_H_
