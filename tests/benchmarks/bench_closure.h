// SPDX-License-Identifier: Apache-2.0

// The callback that every benchmark of pending finalizers registers: a closure
// of 32 bytes, as one that captures a pointer and a few words.
#ifndef TESTS_BENCHMARKS_BENCH_CLOSURE_H_
#define TESTS_BENCHMARKS_BENCH_CLOSURE_H_

#include <cstdint>

namespace bench {

inline auto MakeClosure(int64_t* sum, int64_t a = 1, int64_t b = 2,
                        int64_t c = 3) {
  return [sum, a, b, c] { *sum += a + b + c; };
}
static_assert(sizeof(MakeClosure(nullptr)) == 32, "a closure of 32 bytes");

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_CLOSURE_H_
