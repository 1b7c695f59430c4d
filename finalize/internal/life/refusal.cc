#include "finalize/internal/life/refusal.h"

#include <string>

#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/life/finish.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/node/core.h"

namespace finalize_internal {
namespace {

// Notes why, where the caller asked for it; else runs or reports.
bool Noted(const Request& request, Refusal reason) {
  if (request.refusal == nullptr) return false;
  *request.refusal = reason;
  return true;
}

struct Reason {
  absl::StatusCode code;
  const char* text;
};

Reason ReasonFor(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      break;
    case Refusal::kSealed:
      return {absl::StatusCode::kFailedPrecondition, "the registry is sealed"};
    case Refusal::kClosed:
      return {absl::StatusCode::kUnavailable,
              "the registry is closed by a drain in its last phase"};
    case Refusal::kPastExit:
      return {absl::StatusCode::kFailedPrecondition,
              "the process is past its exit handlers, or past their deadline"};
    case Refusal::kNoMemory:
      return {absl::StatusCode::kResourceExhausted,
              "no memory for a finalizer"};
    case Refusal::kNoReferent:
      return {absl::StatusCode::kInvalidArgument,
              "the pointer is null, owns nothing, or was not made by "
              "MakeShared or Adopt"};
  }
  return {absl::StatusCode::kInternal, "unknown refusal"};
}

bool RunsNow(const Request& request) {
  return request.options->if_closed() == finalize::IfClosed::kRunNow;
}

}  // namespace

absl::Status RefusalStatus(Refusal refusal) noexcept {
  if (refusal == Refusal::kNone) return absl::OkStatus();
  const Reason reason = ReasonFor(refusal);
  return StatusOrBareCode(reason.code, [&] { return reason.text; });
}

// The report of a refusal has what memory allows: the call that it is about
// goes on without.
void RefuseBuilt(const Request& request, Node* node, Refusal reason) noexcept {
  const bool noted = Noted(request, reason);
  Failure failure;
  const bool run = !noted && RunsNow(request);
  // No callback of the registry: it may not register where others may not.
  if (run) RunCaught(node, nullptr, finalize::Cause::Kind::kClosed, &failure);
  if (!noted && (!run || failure.failed)) {
    finalize::ReportEntry entry =
        Describe(node, finalize::Cause::Kind::kClosed, /*spent=*/run);
    entry.outcome = run ? finalize::ReportEntry::Outcome::kFailed
                        : finalize::ReportEntry::Outcome::kRefused;
    entry.status = run ? ToStatus(failure) : RefusalStatus(reason);
    ReportFailure(entry);
  }
  node->ops->destroy(node->callable());
  if (run) DropFrame(node);
  FreeNode(node);
}

void RefuseUnbuilt(const Request& request, const CallbackOps& ops,
                   void* callable, Refusal reason) noexcept {
  if (Noted(request, reason)) return;
  finalize::ReportEntry entry;
  IgnoringBadAlloc([&] { entry.name = std::string(request.options->name()); });
  entry.place = request.options->place();
  entry.phase = request.options->phase();
  entry.cause = finalize::Cause::Kind::kClosed;
  if (RunsNow(request)) {
    Failure failure;
    RunUnregistered(ops, callable, finalize::Cause::Kind::kClosed, &failure);
    if (!failure.failed) return;
    entry.outcome = finalize::ReportEntry::Outcome::kFailed;
    entry.status = ToStatus(failure);
  } else {
    entry.outcome = finalize::ReportEntry::Outcome::kRefused;
    entry.status = RefusalStatus(reason);
  }
  const bool intact = entry.outcome == finalize::ReportEntry::Outcome::kRefused;
  IgnoringBadAlloc(
      [&] { DescribeCallback(ops, callable, intact, &entry.callback); });
  ReportFailure(entry);
}

}  // namespace finalize_internal
