// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/run_for_caller.h"

#include "absl/base/attributes.h"
#include "finalize/internal/base/bracket.h"
#include "finalize/internal/base/forced_unwind.h"
#include "finalize/internal/life/claim.h"
#include "finalize/internal/life/finish.h"
#include "finalize/internal/life/observed_run.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/life/stack_mark.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/slab.h"

namespace finalize_internal {
namespace {

// Finishes a node that RunForCaller runs, however its callback returns.
class Finisher {
 public:
  Finisher(Core* core, Node* node) : core_(core), node_(node) {}
  ~Finisher() {
    if (failed_) {
      FinishFailed(core_, node_);
    } else {
      FinishRan(core_, node_);
    }
  }
  Finisher(const Finisher&) = delete;
  Finisher& operator=(const Finisher&) = delete;
  void set_failed(bool failed) { failed_ = failed; }

 private:
  Core* const core_;
  Node* const node_;
  bool failed_ = true;
};

// Runs a claimed node for RunForCaller, with the observer. Returns false in a
// child that the observer forked.
ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_NO_SANITIZE_UNDEFINED bool RunObserved(
    Node* node, void* result, Failure* failure) {
  ObservedRun run(node, finalize::Cause::Kind::kCall);
  if (!IsOurs(node)) return false;
  try {
    node->ops->run(node->callable(), finalize::Cause::Kind::kCall, result,
                   failure);
  } catch (ForcedUnwind&) {
    throw;
  } catch (...) {
    RecordException(failure);
    run.End(*failure);
    throw;
  }
  run.End(*failure);
  return true;
}

}  // namespace

FINALIZE_OWN_FRAME ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS bool RunForCaller(
    const NodeRef& ref, void* result) {
  EnsureEndIsWatched();
  Node* node = ClaimToRun(ref);
  if (node == nullptr) return false;
  Core* core = CoreAt(node->core);
  Finisher finisher(core, node);
  PushFrame(node, ref.generation);
  StackMark mark(node, ref.generation);
  Failure failure;
  if (!IsObserved()) {
    node->ops->run(node->callable(), finalize::Cause::Kind::kCall, result,
                   &failure);
  } else if (!RunObserved(node, result, &failure)) {
    return false;
  }
  finisher.set_failed(failure.failed);
  return true;
}

}  // namespace finalize_internal
