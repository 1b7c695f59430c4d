// SPDX-License-Identifier: Apache-2.0

// Runs callbacks, and turns what they throw into failures.
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

// Runs a callback that has no node. An exception becomes a failure.
void RunUnregistered(const CallbackOps& ops, void* callable,
                     const finalize::Cause& cause, Failure* failure) noexcept;

// Runs the callback of a claimed node, but does not finish it: its frame stays
// (frames.h). An exception becomes a failure. `context` belongs to the drain,
// and is null outside of one.
void RunCaught(Node* node, DrainContext* context, const finalize::Cause& cause,
               Failure* failure) noexcept;

// Reports a failure as a part of the run of `node`, so that the module whose
// code it is stays loaded meanwhile.
void ReportSpent(Node* node, const finalize::ReportEntry& entry) noexcept;

// Returns whether the frames of the function that begins at `function` contain
// a StackMark.
bool HasStackMark(uintptr_t function);

// Runs a node claimed outside of any drain, finishes it, and reports a
// failure.
void RunReported(Core* core, Node* node, const finalize::Cause& cause) noexcept;
// The same at the end of its lifetime. The destruction of the callback may be
// deferred (spent.h).
void RunAtEnd(Core* core, Node* node, const finalize::Cause& cause) noexcept;

// Stores the exception being handled as a failure.
void RecordException(Failure* failure);

// Returns an entry that describes a node. For the thread that claimed or pinned
// it. A `spent` callback has run and may have moved from its arguments, so they
// are not shown, unless it is retryable. Without memory for the texts they are
// empty.
finalize::ReportEntry Describe(Node* node, const finalize::Cause& cause,
                               bool spent);

// Appends the text of a callback. Exceptions of user code do not escape.
void DescribeCallback(const CallbackOps& ops, const void* callable,
                      bool with_arguments, std::string* out);

absl::Status ToStatus(const Failure& failure);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_RUN_H_
