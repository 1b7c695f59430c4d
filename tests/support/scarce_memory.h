// ScarceMemory: lets allocations of this thread fail.
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
// A program that links it has operators new and delete of its own, on top of
// malloc(), which never fails.
#ifndef TESTS_SUPPORT_SCARCE_MEMORY_H_
#define TESTS_SUPPORT_SCARCE_MEMORY_H_

namespace finalize_test {

// Confined to one thread, which may have one of them at a time.
class ScarceMemory {
 public:
  // Which ones fail behind the first `allowed`.
  enum Failing { kOneFails, kRestFail };

  ScarceMemory(int allowed, Failing failing);
  ~ScarceMemory();
  ScarceMemory(const ScarceMemory&) = delete;
  ScarceMemory& operator=(const ScarceMemory&) = delete;

  // Whether none has failed.
  bool sufficed() const;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_SCARCE_MEMORY_H_
