// SPDX-License-Identifier: Apache-2.0

// A process whose exit drain has something to report.
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/failure_reporter.h"
#include "finalize/report.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Options;
using finalize::ReportEntry;
using finalize_test::Say;
using finalize_test::Says;

// Takes ticks of the kernel's clock, which is what tells for how long.
void AwaitTicks(int ticks) {
  const auto now = [] {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return time.tv_nsec;
  };
  for (; ticks > 0; --ticks) {
    const long before = now();
    while (now() == before) {
    }
  }
}

void Fail(int, const std::string&) {
  AwaitTicks(2);
  throw std::runtime_error("reason");
}

void Fails() {
  AtExit(Says{"first"});
  AtExit(Options("failing one").set_phase(7), Fail, 42, std::string("text"));
  std::exit(3);
}

// Standard error keeps the bounds of each write; they are told afterwards.
int packets[2];
void TellPackets() {
  char packet[4096];
  ssize_t size;
  while ((size = read(packets[0], packet, sizeof(packet))) > 0) {
    const std::string text(packet, static_cast<size_t>(size));
    Say(text.substr(0, 9) + (text.back() == '\n' ? " one line" : " a part"));
  }
}
void FailsTwice() {
  if (pipe2(packets, O_DIRECT | O_NONBLOCK) != 0) _exit(97);
  dup2(packets[1], STDERR_FILENO);
  std::atexit(TellPackets);
  AtExit([] { throw 1; });
  AtExit([] { throw 2; });
}

void FailsWithoutStandardError() {
  close(STDERR_FILENO);
  Fails();
}

// Nobody reads standard error any more: a write would raise SIGPIPE.
void FailsWithoutReader() {
  int ends[2];
  if (pipe(ends) != 0) _exit(97);
  dup2(ends[1], STDERR_FILENO);
  close(ends[0]);
  Fails();
}

// The same, and the program handles SIGPIPE: it does not hear of it.
void FailsWithoutReaderUnderHandler() {
  signal(SIGPIPE, [](int) { Say("SIGPIPE"); });
  FailsWithoutReader();
}

void OwnReporter() {
  finalize::SetFailureReporter([](const ReportEntry& entry) {
    Say(entry.name + " reported on " + entry.cause.ToString());
  });
  Fails();
}

void ReporterThrows() {
  finalize::SetFailureReporter([](const ReportEntry&) { throw 1; });
  Fails();
}

// A reporter that registers, in the last phase of the drain.
void ReporterRegisters() {
  finalize::SetFailureReporter(
      [](const ReportEntry&) { AtExit(Says{"from the reporter"}); });
  Fails();
}

void ReporterExits() {
  finalize::SetFailureReporter([](const ReportEntry&) { std::exit(5); });
  Fails();
}

// A reporter is told what is destroyed, and may still register.
void ReporterRegistersOnSkipped() {
  finalize::SetFailureReporter(
      [](const ReportEntry&) { AtExit(Says{"from the reporter"}); });
  AtExit(Options("skipped").set_at_exit(false), Says{"skipped"});
  AtExit(Says{"first"});
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"fails", Fails},
       {"fails-twice", FailsTwice},
       {"fails-without-standard-error", FailsWithoutStandardError},
       {"fails-without-reader", FailsWithoutReader},
       {"fails-without-reader-under-handler", FailsWithoutReaderUnderHandler},
       {"own-reporter", OwnReporter},
       {"reporter-throws", ReporterThrows},
       {"reporter-registers", ReporterRegisters},
       {"reporter-registers-on-skipped", ReporterRegistersOnSkipped},
       {"reporter-exits", ReporterExits}});
}
