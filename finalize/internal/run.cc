#include "finalize/internal/run.h"

#include <cxxabi.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <string>

#include "absl/base/attributes.h"
#include "finalize/internal/adoption.h"
#include "finalize/internal/check.h"
#include "finalize/internal/detached.h"
#include "finalize/internal/frames.h"
#include "finalize/internal/handle.h"
#include "finalize/internal/if_memory.h"
#include "finalize/internal/report_failure.h"
#include "finalize/internal/scope_end.h"
#include "finalize/internal/slab.h"
#include "finalize/internal/stack_mark.h"
#include "finalize/internal/thread_state.h"
#include "finalize/internal/watch.h"
#include "finalize/internal/word_wait.h"

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

std::unique_ptr<std::string> CopyIfMemory(std::string_view text) {
  std::unique_ptr<std::string> copy;
  IfMemory([&] { copy = std::make_unique<std::string>(text); });
  return copy;
}

// Notes the exception being handled.
void NoteException(Failure* failure) {
  failure->Set(kUnknownCode, "");
  IfMemory([failure] {
    failure->text = std::make_unique<std::string>();
    AppendException(failure->text.get());
  });
}

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

// RunUnregistered, inlined where it is gone most often.
// UndefinedBehaviorSanitizer: the object of a forced unwind has no address.
ABSL_ATTRIBUTE_NO_SANITIZE_UNDEFINED
inline void Invoke(const CallbackOps& ops, void* callable,
                   const finalize::Cause& cause, Failure* failure) noexcept {
  try {
    ops.run(callable, cause, nullptr, failure);
  } catch (abi::__forced_unwind&) {
    Fatal("a callback ended its thread, by pthread_exit() or cancellation");
  } catch (...) {
    NoteException(failure);
  }
}

ABSL_ATTRIBUTE_NOINLINE void InvokeWatched(Node* node,
                                           const finalize::Cause& cause,
                                           Failure* failure) noexcept {
  RunWatch watch(node, cause);
  if (!IsOurs(node)) return;  // the observer forked, and this is the child
  Invoke(*node->ops, node->callable(), cause, failure);
  watch.End(*failure);
}

// RunCaught. Its mark must lie in the frame of what calls it, a function that
// HasStackMark knows: so it is inlined without optimization, too. What calls it
// is not: it has a frame of this thread's put up, and may come back on another.
// AddressSanitizer: it would put the mark elsewhere than on the stack, and
// would do so in each function that this is inlined into.
ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS ABSL_ATTRIBUTE_ALWAYS_INLINE inline void
RunHere(Node* node, DrainContext* context, const finalize::Cause& cause,
        Failure* failure) noexcept {
  const uint64_t generation = RefTo(node).generation;
  PushFrame(node, generation, context);
  StackMark mark(node, generation);
  if (!Watched()) {
    Invoke(*node->ops, node->callable(), cause, failure);
  } else {
    InvokeWatched(node, cause, failure);
  }
}

}  // namespace

void Failure::Set(int failure_code, std::string_view message) noexcept {
  failed = true;
  code = failure_code;
  text = message.empty() ? nullptr : CopyIfMemory(message);
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
  if (!MayRearm(node)) {
    ReportSpent(node, entry);
    FinishFailed(core, node, finish);
    return;
  }
  if (FinishFailed(core, node, finish)) {
    entry.outcome = finalize::ReportEntry::Outcome::kRearmed;
  }
  ReportFailure(entry);
}

// Inlined always, like RunHere, and for the same reason.
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

namespace {

// Runs a claimed node for RunForCaller, watched. Returns false in a child that
// came out of the observer.
ABSL_ATTRIBUTE_NOINLINE ABSL_ATTRIBUTE_NO_SANITIZE_UNDEFINED bool RunWatched(
    Node* node, void* result, Failure* failure) {
  RunWatch watch(node, finalize::Cause::Kind::kCall);
  if (!IsOurs(node)) return false;
  try {
    node->ops->run(node->callable(), finalize::Cause::Kind::kCall, result,
                   failure);
  } catch (abi::__forced_unwind&) {
    throw;
  } catch (...) {
    NoteException(failure);
    watch.End(*failure);
    throw;
  }
  watch.End(*failure);
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
  if (!Watched()) {
    node->ops->run(node->callable(), finalize::Cause::Kind::kCall, result,
                   &failure);
  } else if (!RunWatched(node, result, &failure)) {
    return false;
  }
  finisher.set_failed(failure.failed);
  return true;
}

namespace {

// Whether it is pending in the process that registered it, which is another.
bool Inherited(const NodeRef& ref) {
  if (ref.node == nullptr || IsOurs(ref.node)) return false;
  const uint64_t word = ref.node->Word();
  return ref.Matches(word) && Node::Pends(word);
}

}  // namespace

void EndScope(const NodeRef& ref) noexcept {
  if (Node* node = ClaimToRun(ref)) {
    RunReported(CoreAt(node->core), node, finalize::Cause::Kind::kScope);
  } else if (Inherited(ref)) {
    NoteForsaken(ref.node->epoch.load(std::memory_order_relaxed));
  } else {
    Wait(ref, INT64_MAX);
  }
}

Node* Detach(const NodeRef& ref) { return ClaimToDetach(ref); }

bool Cancel(const NodeRef& ref) noexcept {
  Node* const node = Detach(ref);
  if (node != nullptr) DropDetached(node);
  return node != nullptr;
}

void CancelForGood(const NodeRef& ref) noexcept {
  if (!Cancel(ref) && Inherited(ref)) {
    NoteForsaken(ref.node->epoch.load(std::memory_order_relaxed));
  }
}

void RunDetached(Node* node, void* result) {
  Failure unused;
  node->ops->run(node->callable(), finalize::Cause::Kind::kCall, result,
                 &unused);
}

absl::Status ToStatus(const Failure& failure) {
  const auto code = static_cast<absl::StatusCode>(failure.code);
  absl::Status status(code, "");
  IfMemory([&] { status = absl::Status(code, failure.message()); });
  return status;
}

finalize::ReportEntry Describe(Node* node, const finalize::Cause& cause,
                               bool spent) {
  finalize::ReportEntry entry;
  entry.number = NodeNumber(node);
  entry.place = node->place();
  entry.phase = node->phase;
  entry.cause = cause;
  const bool intact = !spent || (node->Word() & kRearmFlag) != 0;
  IfMemory([&] {
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
