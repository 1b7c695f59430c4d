// SPDX-License-Identifier: Apache-2.0

// What the headers need of a compiler and its target. If it is missing, the
// first error says so in one sentence.
#ifndef FINALIZE_INTERNAL_BASE_REQUIREMENTS_H_
#define FINALIZE_INTERNAL_BASE_REQUIREMENTS_H_

#if !defined(__cplusplus) || __cplusplus < 201703L
#error "finalize needs C++17: compile what includes its headers with -std=c++17"
#endif

// Links, states and times share 64-bit words, and futexes and timers are used
// with the 64-bit layout of their system calls.
static_assert(sizeof(void*) == 8, "finalize supports 64-bit targets only");

#endif  // FINALIZE_INTERNAL_BASE_REQUIREMENTS_H_
