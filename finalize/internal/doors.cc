// The doors: functions that a low room declares and calls, and a higher room
// defines. Each room is an archive of its own, and a linker looks into an
// archive once, the higher rooms' first: what nothing has asked for by then is
// not found any more. So every program of the library asks here.
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/node/thread_end_door.h"
#include "finalize/internal/node/weak_link.h"

namespace finalize_internal {
namespace {

struct Doors {
  Refusal (*arm)();
  bool (*leave)(const NodeRef&);
  void (*block)();
  bool (*watch)();
  void (*drop)(WeakLink*) noexcept;
};

[[gnu::used]] const Doors kDoors = {&ArmExitHook, &AbandonIfAsleep,
                                    &BlockForEnd, &WatchThreadEnd,
                                    &DropForgotten};

}  // namespace
}  // namespace finalize_internal
