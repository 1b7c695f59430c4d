// SPDX-License-Identifier: Apache-2.0

// Refuses -fno-rtti. Included by each header that looks into the control block
// of a shared_ptr (MakeShared, weak references).
//
// Without RTTI std::get_deleter returns null for every pointer, and a linker
// that meets a template compiled both ways keeps either: in a mixed program a
// weak reference would miss the death of its referent, silently. So what finds
// a referent is compiled with RTTI only.
#ifndef FINALIZE_INTERNAL_BASE_RTTI_REQUIRED_H_
#define FINALIZE_INTERNAL_BASE_RTTI_REQUIRED_H_

#include "finalize/internal/base/requirements.h"

#ifndef __GXX_RTTI
#error \
    "this header of finalize needs RTTI: compile what includes it without -fno-rtti"
#endif

#endif  // FINALIZE_INTERNAL_BASE_RTTI_REQUIRED_H_
