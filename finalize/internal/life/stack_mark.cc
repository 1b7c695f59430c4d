// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/stack_mark.h"

#include <unwind.h>

#include "absl/base/attributes.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/frames.h"

namespace finalize_internal {
namespace {

// The largest stack frame that is searched. A larger distance means another
// stack.
constexpr uintptr_t kMaxStack = uintptr_t{64} << 20;

struct Search {
  const NodeRef& ref;
  uintptr_t seen = UINTPTR_MAX;  // where the frame visited last begins
  bool marked = false;           // whether its function has a mark
  bool found = false;
};

// Looks for the mark between two addresses of this stack. No AddressSanitizer,
// because the redzones of other functions are there.
ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS ABSL_ATTRIBUTE_NO_SANITIZE_THREAD
    ABSL_ATTRIBUTE_NOINLINE bool
    HasMark(const NodeRef& ref, uintptr_t begin, uintptr_t end) {
  const uintptr_t wanted = reinterpret_cast<uintptr_t>(ref.node);
  for (uintptr_t at = begin; at + sizeof(StackMark) <= end;
       at += sizeof(uintptr_t)) {
    const auto* const words = reinterpret_cast<const volatile uint64_t*>(at);
    if (words[0] == wanted &&
        words[1] ==
            StackMark::CheckFor(ref.generation, reinterpret_cast<void*>(at))) {
      return true;
    }
  }
  return false;
}

_Unwind_Reason_Code Visit(_Unwind_Context* context, void* data) {
  Search* const search = static_cast<Search*>(data);
  const uintptr_t begin =
      _Unwind_GetCFA(context);  // the end of the callee's frame
  if (search->marked && begin > search->seen &&
      begin - search->seen < kMaxStack) {
    search->found = HasMark(search->ref, search->seen, begin);
  }
  search->seen = begin;
  search->marked = HasStackMark(_Unwind_GetRegionStart(context));
  return search->found ? _URC_NORMAL_STOP : _URC_NO_REASON;
}

}  // namespace

bool IsOnThisStack(const NodeRef& ref) {
  Search search = {ref};
  _Unwind_Backtrace(&Visit, &search);
  return search.found;
}

bool IsBelowCallbackOf(const Core* core) {
  return AnyCallbackThat([core](const Node* node) {
    return IsOf(core, node) && IsOnThisStack(RefTo(node));
  });
}

}  // namespace finalize_internal
