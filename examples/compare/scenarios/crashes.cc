// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "examples/compare/scenarios/scenario_groups.h"
#include "examples/compare/subject/content.h"
#include "examples/compare/subject/owner.h"

namespace compare {
namespace {

// No core files: the crashes are intended.
void LeaveNoCore() { prctl(PR_SET_DUMPABLE, 0); }

constexpr char kAtTerminate[] = "at terminate";

template <class Dir>
int Uncaught() {
  Dir dir = MakeDir<Dir>();
  LeaveNoCore();
  Stage(kAtTerminate);
  throw std::runtime_error("no such record");
}

template <class Dir>
int Terminate() {
  Dir dir = MakeDir<Dir>();
  LeaveNoCore();
  Stage(kAtTerminate);
  std::terminate();
}

template <class Dir>
int Abort() {
  Dir dir = MakeDir<Dir>();
  LeaveNoCore();
  Stage("at abort");
  std::abort();
}

[[noreturn]] void WriteToForbiddenPage() {
  void* page = mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Check(page != MAP_FAILED, "mmap");
  Stage("by the signal");
  *static_cast<volatile char*>(page) = 1;
  Fail("the page could be written");
}

template <class Dir>
int Segv() {
  Dir dir = MakeDir<Dir>();
  LeaveNoCore();
  WriteToForbiddenPage();
}

// Writes the file, and creates it where it does not exist.
bool WriteOnce(const std::string& name) {
  static const std::string text(kFileBytes, 'x');
  const int file = open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool whole = pwrite(file, text.data(), text.size(), 0) ==
                     static_cast<ssize_t>(text.size());
  close(file);
  return whole;
}

// Starts a thread that creates and writes `name` until the process has ended.
// Returns when it has done so once.
void StartWriter(const std::string& name) {
  std::promise<bool> wrote;
  std::thread([name, &wrote] {
    wrote.set_value(WriteOnce(name));
    for (;;) WriteOnce(name);
  }).detach();
  Check(wrote.get_future().get(), "write " + name);
}

template <class Dir>
int SegvWhileBusy() {
  constexpr int kThreads = 8;
  Dir dir = MakeDir<Dir>();
  LeaveNoCore();
  for (int i = 0; i < kThreads; ++i) {
    StartWriter(dir.path().string() + "/busy-" + std::to_string(i));
  }
  WriteToForbiddenPage();
}

constexpr char kNoHandler[] =
    "No handler was found, so terminate() is called where the exception is "
    "thrown: the stack is not unwound, and abort() runs no exit handlers.";
constexpr char kHooksDrain[] =
    "The terminate handler of the exit hooks runs the finalizers, and then the "
    "handler that was installed before, which prints the exception and aborts.";
constexpr char kAbort[] =
    "abort() ends the process by SIGABRT, without destructors and exit "
    "handlers, because the state of the program can no longer be trusted.";
constexpr char kCrashTier[] =
    "The handler of the crash removes the process's temp dirs by bare system "
    "calls. Then the signal occurs again, as if there were no handler.";

constexpr Scenario kCrashes[] = {
    {"exception-uncaught",
     "exception, uncaught",
     "A function throws, and no caller catches.",
     {Uncaught<D>, Uncaught<F>, Uncaught<M>},
     DiesBy(SIGABRT),
     {{"", nullptr, kNoHandler}, {"hooks", kAtTerminate, kHooksDrain}},
     "no such record"},
    {"terminate",
     "std::terminate()",
     "The program calls std::terminate().",
     {Terminate<D>, Terminate<F>, Terminate<M>},
     DiesBy(SIGABRT),
     {{"", nullptr,
       "The terminate handler calls abort(): neither destructors nor "
       "exit handlers run."},
      {"hooks", kAtTerminate, kHooksDrain}},
     "terminate called"},
    {"abort",
     "abort()",
     "The program calls abort(), as a failed assertion does.",
     {Abort<D>, Abort<F>, Abort<M>},
     DiesBy(SIGABRT),
     {{"", nullptr, kAbort},
      {"crash", "at abort", kCrashTier},
      kReaperProcessDoes,
      kNextStartDoes}},
    {"sigsegv",
     "SIGSEGV",
     "The program writes to a page that it must not write to.",
     {Segv<D>, Segv<F>, Segv<M>},
     DiesBy(SIGSEGV),
     {{"", nullptr,
       "The kernel ends the process at the faulting instruction. The "
       "library installs handlers for crashes only if asked."},
      {"crash", "by the signal", kCrashTier},
      kReaperProcessDoes,
      kNextStartDoes}},
    {"sigsegv-busy",
     "SIGSEGV in a busy process",
     "The same, while eight other threads create and write files in the "
     "directory, by its path, until the process has ended.",
     {SegvWhileBusy<D>, SegvWhileBusy<F>, SegvWhileBusy<M>},
     DiesBy(SIGSEGV),
     {{"", nullptr,
       "The kernel ends the process, on all of its threads, at the faulting "
       "instruction."},
      {"crash", "by the signal",
       "The handler first renames the directory, so that the path that the "
       "other threads use leads nowhere. Then it removes what is there, in "
       "rounds, until nothing is left."},
      kReaperProcessDoes,
      kNextStartDoes}},
};

}  // namespace

Group Crashes() { return {"crashes", "crashes", kCrashes}; }

}  // namespace compare
