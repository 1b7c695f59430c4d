// SPDX-License-Identifier: Apache-2.0

// The record of a copy of a version that is unknown to those of today.
#define FINALIZE_COPY_VERSION 2
#include "finalize/internal/copies/copy_record.cc"
