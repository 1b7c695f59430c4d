// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/refusal.h"

#include <string>

#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/life/finish.h"
#include "finalize/internal/life/refusal_status.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/node/core.h"

namespace finalize_internal {
namespace {

// Stores the reason if the caller asked for it. Returns whether it did.
bool ToldCaller(const Request& request, Refusal reason) {
  if (request.refusal == nullptr) return false;
  *request.refusal = reason;
  return true;
}

bool RunsNow(const Request& request) {
  return request.options->if_closed() == finalize::IfClosed::kRunNow;
}

}  // namespace

// Without memory the texts of the report are empty. The call that is refused
// does not fail because of that.
void RefuseBuilt(const Request& request, Node* node, Refusal reason) noexcept {
  const bool told = ToldCaller(request, reason);
  Failure failure;
  const bool run = !told && RunsNow(request);
  // It does not run as a callback of the registry, so it cannot register in a
  // closed registry.
  if (run) RunCaught(node, nullptr, finalize::Cause::Kind::kClosed, &failure);
  if (!told && (!run || failure.failed)) {
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
  if (ToldCaller(request, reason)) return;
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
