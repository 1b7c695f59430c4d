// SPDX-License-Identifier: Apache-2.0

// at_exit_hooks shows how a service ends, and how it observes its own end.
//
//   at_exit_hooks              returns from main
//   at_exit_hooks sigterm      receives a SIGTERM while it works
//   at_exit_hooks quick_exit   calls quick_exit(3)
//   at_exit_hooks terminate    throws an exception that is not caught
//   at_exit_hooks hang         returns from main, and a callback hangs
//   at_exit_hooks loop         learns of a SIGTERM by a descriptor, and ends
//                              after its own loop
//   at_exit_hooks daemon       forks; the child adopts the callbacks and
//                              returns from main
//
// Whatever ends it, the same callbacks run once each, in the same order.
// docs/process_end.md shows what the second form prints.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/send_signal.h"
#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/failure_reporter.h"
#include "finalize/inspect.h"
#include "finalize/observer.h"
#include "finalize/options.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "finalize/thread_exit.h"

namespace {

using examples::SendSignal;
using finalize::Cause;
using finalize::Options;

// Linking the library installs none of these.
bool PrepareForTheEnd(absl::Duration deadline, bool has_loop) {
  finalize::ExitOptions at_exit;
  at_exit.deadline = deadline;
  absl::Status status = finalize::SetExitOptions(at_exit);
  finalize::ExitHooks hooks;  // SIGTERM, SIGINT, SIGHUP
  hooks.quick_exit = true;
  hooks.terminate = true;
  hooks.shutdown_descriptor = has_loop;
  status.Update(finalize::InstallExitHooks(hooks));
  if (!status.ok()) std::puts(status.ToString().c_str());
  return status.ok();
}

// Prints one line for each callback, as a log would.
void WatchTheEnd() {
  finalize::SetObserver({[](const finalize::ReportEntry& entry) {
                           std::printf("  phase %d: %s\n", entry.phase,
                                       entry.name.c_str());
                         },
                         nullptr});
  finalize::SetFailureReporter([](const finalize::ReportEntry& entry) {
    std::printf("  failed: %s: %s\n", entry.name.c_str(),
                entry.status.ToString().c_str());
  });
}

void CloseListener(const Cause& cause) {
  std::printf("    the end is by %s\n", cause.ToString());
}
absl::Status LeaveCluster(const std::string& name) {
  return absl::UnavailableError(name + " does not answer");
}
void Hang() {
  for (;;) pause();
}

void RegisterService(bool hangs) {
  finalize::AtExit(
      Options("remove pid file").set_phase(finalize::kReleasePhase), [] {});
  finalize::AtExit("leave cluster", LeaveCluster, std::string("node-7"));
  if (hangs) finalize::AtExit("flush metrics", Hang);
  finalize::AtExit(
      Options("finish requests").set_phase(finalize::kFinishWorkPhase), [] {});
  finalize::AtExit(
      Options("close listener").set_phase(finalize::kStopAcceptingPhase),
      CloseListener);
}

void RunWorker() {
  std::thread([] {
    finalize::AtThreadExit("free arena of worker", [] {});
  }).join();
}

void ShowPending() {
  std::puts("pending:");
  finalize::Registry::Process().ForEach([](const finalize::Info& info) {
    std::printf("  phase %d: %s\n", info.phase, info.name.c_str());
  });
  std::printf("so far: %s\n", finalize::Count().ToString().c_str());
}

// A program with its own loop learns of the signal, finishes, and ends itself.
[[noreturn]] void ServeUntilTold() {
  pollfd told = {finalize::ShutdownDescriptor(), POLLIN, 0};
  while (poll(&told, 1, -1) != 1) {
  }
  std::puts("  the loop ends");
  finalize::EndBySignal(finalize::ShutdownSignal());
}

// Ends the parent by _exit(), because the child has adopted its finalizers.
bool GoOnInAChild() {
  const pid_t child = fork();
  if (child < 0) {
    std::perror("fork");
    return false;
  }
  if (child > 0) _exit(0);
  const absl::StatusOr<size_t> adopted = finalize::AdoptAfterFork();
  if (!adopted.ok()) std::puts(adopted.status().ToString().c_str());
  if (adopted.ok()) std::printf("a child adopted %zu\n", *adopted);
  return adopted.ok();
}

int End(std::string_view way) {
  std::puts("the end:");
  if (way == "sigterm") {
    SendSignal(getpid(), SIGTERM);
    for (;;) pause();  // continues; the drain runs on a separate thread
  }
  if (way == "loop") {
    SendSignal(getpid(), SIGTERM);
    ServeUntilTold();
  }
  if (way == "quick_exit") std::quick_exit(3);
  if (way == "terminate") throw std::runtime_error("no such record");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // A process that dies by a signal does not flush its output.
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const std::string_view way = argc > 1 ? argv[1] : "exit";
  const bool hangs = way == "hang";
  const absl::Duration deadline =
      hangs ? absl::Milliseconds(100) : absl::Seconds(10);
  if (!PrepareForTheEnd(deadline, way == "loop")) return 1;
  WatchTheEnd();
  RegisterService(hangs);
  std::puts("a worker ends:");
  RunWorker();
  ShowPending();
  if (way == "daemon" && !GoOnInAChild()) return 1;
  return End(way);
}
