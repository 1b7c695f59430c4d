// Running callbacks: the only place that catches what they throw.
#ifndef FINALIZE_INTERNAL_LIFE_RUN_H_
#define FINALIZE_INTERNAL_LIFE_RUN_H_

#include <cstdint>

#include "finalize/cause.h"
#include "finalize/internal/node/callback.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/node.h"
#include "finalize/report.h"

namespace finalize_internal {

struct DrainContext;

// Runs a callback. What it throws becomes a failure.
void RunUnregistered(const CallbackOps& ops, void* callable,
                     const finalize::Cause& cause, Failure* failure) noexcept;

// Runs the callback of a claimed node, and does not finish it: its frame stays
// (frames.h). What it throws becomes a failure. `context` is that of the drain.
void RunCaught(Node* node, DrainContext* context, const finalize::Cause& cause,
               Failure* failure) noexcept;

// Reports a failure as a part of the run of `node`: the module whose code that
// is stays as long.
void ReportSpent(Node* node, const finalize::ReportEntry& entry) noexcept;

// Whether a StackMark lies in the frames of the function that begins there.
bool HasStackMark(uintptr_t function);

// Runs a node claimed outside of any drain, finishes it, and reports a
// failure.
void RunReported(Core* core, Node* node, const finalize::Cause& cause) noexcept;
// The same, for the end of its lifetime: the destruction of the callback may be
// put off (spent.h).
void RunAtEnd(Core* core, Node* node, const finalize::Cause& cause) noexcept;

// Notes the exception being handled.
void RecordException(Failure* failure);

// Fills an entry with what a node says of itself. For the thread that claimed
// or pinned it. A `spent` callback has run: it may have used its arguments up,
// unless it can be run again, and they are not shown. Without memory for its
// texts they are empty.
finalize::ReportEntry Describe(Node* node, const finalize::Cause& cause,
                               bool spent);

// Appends the text of a callback. Nothing of the user's escapes.
void DescribeCallback(const CallbackOps& ops, const void* callable,
                      bool with_arguments, std::string* out);

absl::Status ToStatus(const Failure& failure);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_RUN_H_
