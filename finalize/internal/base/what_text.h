// What a finalizer is, in a dump and in a report alike.
#ifndef FINALIZE_INTERNAL_BASE_WHAT_TEXT_H_
#define FINALIZE_INTERNAL_BASE_WHAT_TEXT_H_

#include <string>

#include "finalize/options.h"

namespace finalize_internal {

// Returns ` examples/spool.cc:88 "remove spool" RemoveTree("/tmp/x")`, as far
// as it is known, with a space in front of each part. Escaped: it
// is one line.
std::string WhatText(finalize::Place place, const std::string& name,
                     const std::string& callback);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_WHAT_TEXT_H_
