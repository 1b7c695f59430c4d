// SPDX-License-Identifier: Apache-2.0

// ScarceMemory makes allocations of this thread fail.
//
//   int allocations = 0;
//   for (bool sufficed = false; !sufficed; ++allocations) {
//     Registry registry;
//     ...
//     ScarceMemory scarce(allocations, ScarceMemory::kRestFail);
//     (void)registry.Drain();
//     sufficed = scarce.sufficed();
//   }
//
// A program that links it has its own operators new and delete, which call
// malloc(); malloc() itself does not fail.
#ifndef TESTS_SUPPORT_SCARCE_MEMORY_H_
#define TESTS_SUPPORT_SCARCE_MEMORY_H_

namespace finalize_test {

// Confined to one thread, which may have one ScarceMemory at a time.
class ScarceMemory {
 public:
  // Which allocations fail after the first `allowed` ones.
  enum Failing { kOneFails, kRestFail };

  ScarceMemory(int allowed, Failing failing);
  ~ScarceMemory();
  ScarceMemory(const ScarceMemory&) = delete;
  ScarceMemory& operator=(const ScarceMemory&) = delete;

  // Returns whether no allocation has failed.
  bool sufficed() const;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_SCARCE_MEMORY_H_
