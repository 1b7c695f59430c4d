// SPDX-License-Identifier: Apache-2.0

// The record of a newer copy, which works with those of today.
#define FINALIZE_COPY_REVISION 2
#include "finalize/internal/copies/copy_record.cc"
