// SPDX-License-Identifier: Apache-2.0

// A request to register a callback, and what happens to one that its registry
// refuses.
#ifndef FINALIZE_INTERNAL_LIFE_REFUSAL_H_
#define FINALIZE_INTERNAL_LIFE_REFUSAL_H_

#include "finalize/export.h"
#include "finalize/internal/node/callback.h"
#include "finalize/internal/node/node.h"
#include "finalize/options.h"

namespace finalize_internal {

struct Core;
struct LifetimeList;

// Why a registration is refused.
enum class Refusal {
  kNone,
  kSealed,    // Registry::Seal()
  kClosed,    // a drain of the registry has closed the phase
  kPastExit,  // the process is past its exit handlers
  kNoMemory,
  kNoReferent,  // the referent is dead, or is not attachable
};

// A request to register. Everything that it points to lives until the call
// returns.
struct Request {
  Core* core;
  const finalize::Options* options;
  LifetimeList* lifetime = nullptr;
  // Receives the reason of a refusal. If null, the failure reporter gets it.
  Refusal* refusal = nullptr;
  // If the registry refuses it, WeakCore() takes it: no drain runs it there,
  // but the end of its scope does.
  bool of_scope = false;
};

// Both functions store the reason in Request::refusal if the caller asked for
// it. Otherwise they run the callback if the options say so, and report its
// failure. If the options do not, they report the refusal.

// Refuses a callback that is in a node. Destroys it and frees the node.
void RefuseBuilt(const Request& request, Node* node, Refusal reason) noexcept;

// Refuses a callback that got no node. `callable` stays the caller's.
FINALIZE_INTERNAL_EXPORT void RefuseUnbuilt(const Request& request,
                                            const CallbackOps& ops,
                                            void* callable,
                                            Refusal reason) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_REFUSAL_H_
