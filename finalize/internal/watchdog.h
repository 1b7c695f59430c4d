// Watchdog: ends the process if an exit drain outlives its deadline.
#ifndef FINALIZE_INTERNAL_WATCHDOG_H_
#define FINALIZE_INTERNAL_WATCHDOG_H_

#include <atomic>
#include <cstdint>
#include <thread>

namespace finalize_internal {

// While it lives, a thread waits for the deadline, and for a little longer, so
// that a drain which notices the deadline itself comes first. Then that thread
// writes what is running and what is left in the process registry to standard
// error and calls _exit(kWatchdogExitCode). It needs no memory for that.
// Where there is no thread to be had, says so on standard error.
class Watchdog {
 public:
  // `deadline` in nanoseconds of CLOCK_MONOTONIC.
  explicit Watchdog(uint64_t deadline);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void Watch(uint64_t limit);

  const uint32_t epoch_;
  std::atomic<uint32_t> disarmed_{0};
  std::thread thread_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WATCHDOG_H_
