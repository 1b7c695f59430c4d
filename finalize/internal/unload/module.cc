// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/unload/module.h"

#include <dlfcn.h>
#include <link.h>

#include "finalize/internal/base/all_lanes.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/copies/copies.h"
#include "finalize/internal/copies/end_guard.h"
#include "finalize/internal/end/end_deadline.h"
#include "finalize/internal/end/end_state.h"
#include "finalize/internal/inspect/pending_walk.h"
#include "finalize/internal/inspect/pin.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/life/claim.h"
#include "finalize/internal/life/detached.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/life/spent.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/node_wait.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/system/loaded_objects.h"
#include "finalize/internal/unload/thread_end.h"

namespace finalize_internal {
namespace {

struct Search {
  const void* address;
  Module found;
  bool first = true;
};

int VisitObject(dl_phdr_info* info, size_t, void* data) {
  Search* const search = static_cast<Search*>(data);
  Module module;
  module.begin = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (begin < module.begin) module.begin = begin;
    if (begin + segment.p_memsz > module.end) {
      module.end = begin + segment.p_memsz;
    }
  }
  module.is_program = search->first;
  search->first = false;
  if (!module.Contains(search->address)) return 0;
  search->found = module;
  return 1;
}

bool IsOf(const Module& module, const NodeRef& ref) {
  PinHolder pin(ref);
  return pin.node() != nullptr && module.Contains(pin.node()->ops);
}

// A retryable finalizer that fails is not tried again: its code is unmapped.
void RunPending(const Module& module, Core* core) {
  PendingWalk walk(core);
  for (NodeRef ref; walk.Next(&ref);) {
    if (!IsOf(module, ref)) continue;
    Node* const node = ClaimToRun(ref);
    if (node == nullptr) continue;
    // Another callback may have moved it.
    RunReported(CoreAt(node->core), node, finalize::Cause::Kind::kModuleUnload);
    if (Node* again = ClaimToDetach(ref)) DropDetached(again);
  }
}

void DestroyPending(const Module& module, Core* core) {
  PendingWalk walk(core);
  for (NodeRef ref; walk.Next(&ref);) {
    if (!IsOf(module, ref)) continue;
    if (Node* node = ClaimToDetach(ref)) DropDetached(node);
  }
}

// Whether `node` runs a callback of the module, on another thread.
bool RunsElsewhere(const Module& module, const Node* node) {
  return module.Contains(node->ops) && !RunsOnThisThread(node);
}

void AwaitRunning(const Module& module, Core* core) {
  for (;;) {
    NodeRef found;
    VisitLanes(core, [&](Lane& lane, int) {
      for (Node* n = lane.running; n != nullptr; n = n->older) {
        if (RunsElsewhere(module, n)) found = RefTo(n);
      }
    });
    if (found.node == nullptr) return;
    WaitWhile(found.node, kGenerationMask | kStateMask,
              found.generation | kRunning, UINT64_MAX);
  }
}

void UnloadFrom(const Module& module, Core* core, bool destroys) {
  if (core->epoch.load(std::memory_order_acquire) == 0) return;
  // The referent of a weak reference has not been destroyed.
  if (destroys || core->id == kWeakCoreId) {
    DestroyPending(module, core);
  } else {
    RunPending(module, core);
  }
  if (!destroys) AwaitRunning(module, core);
}

bool HasAny(const Module& module, const Lane& lane, bool destroys) {
  bool found = false;
  VisitPending(lane, [&](Node* n) { found |= module.Contains(n->ops); });
  for (Node* n = lane.running; n != nullptr && !destroys; n = n->older) {
    found |= RunsElsewhere(module, n);
  }
  return found;
}

// Whether there is anything to do. Under all locks: lane by lane, a running
// callback could register another one on a lane that was looked at already, and
// end before its own lane is looked at.
bool HasAny(const Module& module, bool destroys) {
  // If the library was not used, there is nothing to look at.
  if (ProcessCore()->epoch.load(std::memory_order_acquire) == 0) return false;
  const uint32_t epoch = CurrentEpoch();
  const uint32_t cores = CoreCount();
  bool found = false;
  AllLanes locks;
  VisitCores(cores, [&](Core* core) {
    if (core->epoch.load(std::memory_order_acquire) != epoch) return;
    for (uint64_t used = core->UsedLanes(); used != 0; used &= used - 1) {
      const int index = __builtin_ctzll(used);
      found |= HasAny(module, core->LaneAt(index), destroys);
    }
  });
  return found;
}

void Unload(const Module& module, bool destroys) noexcept {
  do {
    DestroyDeferred();
    VisitCores(CoreCount(),
               [&](Core* core) { UnloadFrom(module, core, destroys); });
  } while (HasAny(module, destroys));
}

// A destructor function of the module that contains the library. If the copy of
// another module is used in place of this one, that copy is not unmapped.
__attribute__((destructor)) void UnloadLibrary() {
  if (ProcessCore()->epoch.load(std::memory_order_acquire) == 0) {
    return;  // never used
  }
  const Module module = ModuleOf(reinterpret_cast<void*>(&UnloadLibrary));
  if (module.is_program || !module.Contains(ProcessCore())) return;
  // If the process registry was not used, this may be exit(). What other
  // threads register after the exit drain may arm the process again.
  if (end_word.load(std::memory_order_acquire) == 0 || ExitsHere()) {
    StopGuard();  // its code may be unmapped next
    StopWatchingThreads();
    return;
  }
  // So that no other copy ends the process meanwhile.
  NoteDrain(NowNanos() +
            static_cast<uint64_t>(absl::ToInt64Nanoseconds(EndTimeLeft())));
  Module all;
  all.end = UINTPTR_MAX;
  Unload(all, false);
  RetireEnds();
  Unload(all, false);  // what other threads registered meanwhile
  StopWatchingThreads();
  WithdrawCopy();
}

}  // namespace

Module ModuleOf(const void* address) {
  Search search = {address, {}};
  VisitObjects(&VisitObject, &search);
  return search.found;
}

bool KeepMapped(const void* address) {
  if (ModuleOf(address).is_program) return true;
  Dl_info info;
  return dladdr(address, &info) != 0 &&
         dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) !=
             nullptr;
}

void UnloadModule(const void* address, bool exits) noexcept {
  const bool unused = end_word.load(std::memory_order_acquire) == 0;
  Unload(ModuleOf(address), HasDrainedHere() || (exits && unused));
}

}  // namespace finalize_internal
