// SPDX-License-Identifier: Apache-2.0

// Makes every program link the named doors: functions that a low room declares
// and calls, and a higher room defines. Each room is a separate archive. A
// linker reads each archive once, those of higher rooms first, and takes only
// the objects for which something has asked by then. This file, which every
// program links, asks for the doors.
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/node/thread_end_door.h"
#include "finalize/internal/node/weak_link.h"

namespace finalize_internal {
namespace {

struct Doors {
  Refusal (*arm)();
  bool (*abandon)(const NodeRef&);
  void (*block)();
  bool (*watch)();
  void (*drop)(WeakLink*) noexcept;
};

[[gnu::used]] const Doors kDoors = {&ArmExitHook, &AbandonIfAsleep,
                                    &BlockForEnd, &WatchThreadEnd,
                                    &DropDetachedEntries};

}  // namespace
}  // namespace finalize_internal
