// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/run.h"

#include <cxxabi.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <string>

#include "absl/base/attributes.h"
#include "finalize/internal/base/check.h"
#include "finalize/internal/base/forced_unwind.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/life/finish.h"
#include "finalize/internal/life/observed_run.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/life/run_for_caller.h"
#include "finalize/internal/life/stack_mark.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/node_wait.h"
#include "finalize/internal/node/slab.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {
namespace {

// absl::StatusCode::kUnknown: what an exception says is not classified.
constexpr int kUnknownCode = 2;

// Describes the exception being handled.
void AppendException(std::string* text) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  *text += "exception of type ";
  if (type != nullptr) {
    AppendTypeName(*type, text);
  } else {
    *text += "unknown";
  }
  try {
    throw;
  } catch (const std::exception& e) {
    *text += ": ";
    *text += e.what();
  } catch (...) {
  }
}

// RunUnregistered, inlined into its most frequent callers. No
// UndefinedBehaviorSanitizer, because the object of a forced unwind has no
// address.
ABSL_ATTRIBUTE_NO_SANITIZE_UNDEFINED
inline void Invoke(const CallbackOps& ops, void* callable,
                   const finalize::Cause& cause, Failure* failure) noexcept {
  try {
    ops.run(callable, cause, nullptr, failure);
  } catch (ForcedUnwind&) {
    Fatal("a callback ended its thread, by pthread_exit() or cancellation");
  } catch (...) {
    RecordException(failure);
  }
}

ABSL_ATTRIBUTE_NOINLINE void InvokeObserved(Node* node,
                                            const finalize::Cause& cause,
                                            Failure* failure) noexcept {
  ObservedRun run(node, cause);
  if (!IsOurs(node)) return;  // the observer forked, and this is the child
  Invoke(*node->ops, node->callable(), cause, failure);
  run.End(*failure);
}

// The body of RunCaught and others. The mark must be in the stack frame of the
// caller, a function that HasStackMark knows, so this function is inlined even
// without optimization. Its callers are never inlined, because they push a
// frame of this thread and may return on another thread. No AddressSanitizer,
// because it would move the mark away from the stack, in each function into
// which this one is inlined.
ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS ABSL_ATTRIBUTE_ALWAYS_INLINE inline void
RunHere(Node* node, DrainContext* context, const finalize::Cause& cause,
        Failure* failure) noexcept {
  const uint64_t generation = RefTo(node).generation;
  PushFrame(node, generation, context);
  StackMark mark(node, generation);
  if (!IsObserved()) {
    Invoke(*node->ops, node->callable(), cause, failure);
  } else {
    InvokeObserved(node, cause, failure);
  }
}

}  // namespace

void RecordException(Failure* failure) {
  failure->Set(kUnknownCode, "");
  IgnoringBadAlloc([failure] {
    failure->text = std::make_unique<std::string>();
    AppendException(failure->text.get());
  });
}

void RunUnregistered(const CallbackOps& ops, void* callable,
                     const finalize::Cause& cause, Failure* failure) noexcept {
  Invoke(ops, callable, cause, failure);
}

FINALIZE_OWN_FRAME ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS void RunCaught(
    Node* node, DrainContext* context, const finalize::Cause& cause,
    Failure* failure) noexcept {
  RunHere(node, context, cause, failure);
}

FINALIZE_OWN_FRAME ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS void ReportSpent(
    Node* node, const finalize::ReportEntry& entry) noexcept {
  StackMark mark(node, RefTo(node).generation);
  ReportFailure(entry);
}

bool HasStackMark(uintptr_t function) {
  const uintptr_t functions[] = {
      reinterpret_cast<uintptr_t>(&RunCaught),
      reinterpret_cast<uintptr_t>(&RunReported),
      reinterpret_cast<uintptr_t>(&RunAtEnd),
      reinterpret_cast<uintptr_t>(&RunForCaller),
      reinterpret_cast<uintptr_t>(&ReportSpent),
      reinterpret_cast<uintptr_t>(&DestroyCallback),
  };
  return std::find(std::begin(functions), std::end(functions), function) !=
         std::end(functions);
}

namespace {

// Finishes a node whose callback failed, and reports that.
ABSL_ATTRIBUTE_NOINLINE void FinishReported(
    Core* core, Node* node, const finalize::Cause& cause,
    const Failure& failure, void (*finish)(Core*, Node*)) noexcept {
  finalize::ReportEntry entry = Describe(node, cause, /*spent=*/true);
  entry.status = ToStatus(failure);
  entry.outcome = finalize::ReportEntry::Outcome::kFailed;
  if (!IsRetryable(node)) {
    ReportSpent(node, entry);
    FinishFailed(core, node, finish);
    return;
  }
  if (FinishFailed(core, node, finish)) {
    entry.outcome = finalize::ReportEntry::Outcome::kPendingAgain;
  }
  ReportFailure(entry);
}

// Always inlined, like RunHere, and for the same reason.
template <void (*kFinish)(Core*, Node*)>
ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS ABSL_ATTRIBUTE_ALWAYS_INLINE inline void
RunAndFinish(Core* core, Node* node, const finalize::Cause& cause) noexcept {
  Failure failure;
  RunHere(node, nullptr, cause, &failure);
  if (failure.failed) {
    FinishReported(core, node, cause, failure, kFinish);
  } else {
    kFinish(core, node);
  }
}

}  // namespace

FINALIZE_OWN_FRAME ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS void RunReported(
    Core* core, Node* node, const finalize::Cause& cause) noexcept {
  RunAndFinish<&FinishRan>(core, node, cause);
}

FINALIZE_OWN_FRAME ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS void RunAtEnd(
    Core* core, Node* node, const finalize::Cause& cause) noexcept {
  RunAndFinish<&FinishAtEnd>(core, node, cause);
}

absl::Status ToStatus(const Failure& failure) {
  const auto code = static_cast<absl::StatusCode>(failure.code);
  absl::Status status(code, "");
  IgnoringBadAlloc([&] { status = absl::Status(code, failure.message()); });
  return status;
}

finalize::ReportEntry Describe(Node* node, const finalize::Cause& cause,
                               bool spent) {
  finalize::ReportEntry entry;
  entry.number = NodeNumber(node);
  entry.place = node->place();
  entry.phase = node->phase;
  entry.cause = cause;
  const bool intact = !spent || (node->Word() & kRetryableFlag) != 0;
  IgnoringBadAlloc([&] {
    entry.name = node->name();
    DescribeCallback(*node->ops, node->callable(), intact, &entry.callback);
  });
  return entry;
}

void DescribeCallback(const CallbackOps& ops, const void* callable,
                      bool with_arguments, std::string* out) {
  try {
    ops.describe(callable, with_arguments, out);
  } catch (...) {
    out->append("...");  // an argument's conversion to text threw
  }
}

}  // namespace finalize_internal
