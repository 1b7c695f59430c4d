// SPDX-License-Identifier: Apache-2.0

// A program with a copy of the library of its own, and plugins with theirs.
#include <dirent.h>
#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/modules/copies_plugin.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize_test::AwaitInput;
using finalize_test::Require;
using finalize_test::Say;

// The run-times of the sanitizers refuse RTLD_DEEPBIND.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kDeep = 0;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kDeep = 0;
#else
constexpr int kDeep = RTLD_DEEPBIND;
#endif
#else
constexpr int kDeep = RTLD_DEEPBIND;
#endif

struct Plugin {
  const CopyPlugin* operator->() const { return table; }
  void Close() const { Require(dlclose(handle) == 0, "dlclose"); }
  void* handle;
  const CopyPlugin* table;
};

Plugin Open(const std::string& name, int flags = 0) {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  Require(size > 0, "readlink");
  std::string file(path, static_cast<size_t>(size));
  file = file.substr(0, file.rfind('/') + 1) + name;
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | flags);
  Require(handle != nullptr, handle == nullptr ? dlerror() : "");
  using Get = const CopyPlugin* (*)();
  return {handle, reinterpret_cast<Get>(dlsym(handle, "GetCopy"))()};
}

Plugin Hidden() { return Open("copies_hidden_plugin.so"); }
Plugin Newer() { return Open("copies_newer_plugin.so"); }
Plugin Unknown() { return Open("copies_unknown_plugin.so"); }
Plugin Deep() { return Open("copies_open_plugin.so", kDeep); }
Plugin DeepToo() { return Open("copies_open_too_plugin.so", kDeep); }

// Steps of two drains, which a finalizer of one opens and one of the other
// awaits.
std::atomic<bool> first_step{false};
std::atomic<bool> second_step{false};

void Await(const std::atomic<bool>& step) {
  while (!step) sched_yield();
}
void OpenFirst() { first_step = true; }
void AwaitFirst() { Await(first_step); }
void OpenFirstAwaitSecond() {
  first_step = true;
  Await(second_step);
}

uint64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 +
         static_cast<uint64_t>(now.tv_nsec) / 1000000;
}

// Takes its time, so that a process that is ended under it is seen.
void WorkFor(uint64_t millis) {
  const uint64_t end = Now() + millis;
  while (Now() < end) sched_yield();
}
void Work() { WorkFor(50); }
void WorkLong() { WorkFor(2600); }

[[noreturn]] void Hang() {
  for (;;) pause();
}

[[noreturn]] void EndByTerm() {
  raise(SIGTERM);
  for (;;) AwaitInput();
}

// The drain of `slow` is over long after that of `quick`.
void Drain(const CopyPlugin& slow, const CopyPlugin& quick) {
  slow.add("slow, older", &Work);
  slow.add("slow, newer", &AwaitFirst);
  quick.add("quick, older", nullptr);
  quick.add("quick, newer", &OpenFirst);
  EndByTerm();
}

void InstallBoth(const Plugin& first, const Plugin& second,
                 const CopyHooks& hooks = {}) {
  first->install(hooks);
  second->install(hooks);
}

void OwnerIsSlow() {
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other);
  Drain(*owner.table, *other.table);
}
void OwnerIsQuick() {
  const Plugin owner = Newer(), other = Hidden();
  InstallBoth(owner, other);
  Drain(*other.table, *owner.table);
}
void Named() {
  CopyHooks hooks;
  hooks.name_term = true;
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other, hooks);
  Drain(*other.table, *owner.table);
}
void DeepAndProgram() {
  const Plugin deep = Deep();
  deep->install({});
  GetCopy()->install({});
  Drain(*deep.table, *GetCopy());
}
void ProgramAndHidden() {
  const Plugin hidden = Hidden();
  GetCopy()->install({});
  hidden->install({});
  Drain(*hidden.table, *GetCopy());
}

void SaysHooks() {
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other);
  owner->say_hooks();
  other->say_hooks();
}

// It takes the handler of the other for one of the program's.
void UnknownVersion() {
  const Plugin owner = Hidden(), unknown = Unknown();
  owner->install({});
  CopyHooks hooks;
  hooks.may_fail = true;
  unknown->install(hooks);
  owner->add("owner", nullptr);
  unknown->add("unknown", nullptr);
  EndByTerm();
}

// A plugin without hooks, closed on this thread while another copy drains.
void ClosedDuringADrain() {
  static const Plugin owner = Hidden(), other = Newer();
  owner->install({});
  owner->add("owner, newer", &OpenFirstAwaitSecond);
  other->add("other, older", &Work);
  other->add("other, newer", [] { second_step = true; });
  raise(SIGTERM);
  Await(first_step);
  other.Close();
  for (;;) AwaitInput();
}

// One with hooks stays, whenever it is closed.
void CloseInDrain(const Plugin& closed, const Plugin& drains) {
  closed->add("closed", &Work);
  drains->add("drains", &OpenFirstAwaitSecond);
  raise(SIGTERM);
  Await(first_step);
  closed.Close();
  second_step = true;
  for (;;) AwaitInput();
}
void OwnerClosedDuringADrain() {
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other);
  CloseInDrain(owner, other);
}
void OtherClosedDuringADrain() {
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other);
  CloseInDrain(other, owner);
}
void OwnerClosedBefore() {
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other);
  owner.Close();
  Drain(*owner.table, *other.table);
}

void InstalledDuringADrain() {
  static const Plugin owner = Hidden(), other = Newer();
  owner->install({});
  other->add("other", &Work);
  owner->add("owner", [] { other->install({}); });
  EndByTerm();
}

// The loop of one is told, and the others wait for it.
const Plugin& AwaitTold() {
  static const Plugin owner = Hidden(), other = Newer();
  CopyHooks hooks;
  hooks.on_signal = [](int) { first_step = true; };
  owner->install({});
  other->install(hooks);
  owner->add("owner", &Work);
  other->add("other", &Work);
  raise(SIGTERM);
  Await(first_step);
  Say("told");
  return other;
}
void ShutdownLoop() { AwaitTold()->end_by_signal(SIGTERM); }
void ShutdownLoopExits() {
  AwaitTold();
  std::exit(3);
}

// The other threads of the process get to run when main sleeps.
void RunOthersLast() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  DIR* const tasks = opendir("/proc/self/task");
  Require(tasks != nullptr, "opendir");
  while (const dirent* const entry = readdir(tasks)) {
    const pid_t task = atoi(entry->d_name);
    if (task == 0) continue;
    Require(sched_setaffinity(task, sizeof(one), &one) == 0, "affinity");
    const sched_param none = {};
    Require(
        task == getpid() || sched_setscheduler(task, SCHED_IDLE, &none) == 0,
        "sched_setscheduler");
  }
  closedir(tasks);
}

// A signal is handled before main calls exit().
void ExitAfterASignal() {
  RunOthersLast();
  raise(SIGTERM);
  std::exit(3);
}
void ExitsAfterASignal() {
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other);
  owner->add("owner", nullptr);
  other->add("other", &Work);
  ExitAfterASignal();
}
// exit() comes to the copy without hooks first, and the signal to the other.
void ExitsAfterASignalToOne() {
  const Plugin owner = Hidden(), other = Newer();
  owner->install({});
  owner->add("owner", nullptr);
  other->add("other", nullptr);
  ExitAfterASignal();
}
void ExitsAfterASignalToAnEmptyOne() {
  const Plugin owner = Hidden(), other = Newer();
  owner->install({});
  other->add("other", nullptr);
  ExitAfterASignal();
}

// Without a signal: that of the program drains the other copy as well.
void EndsLoop() {
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other);
  owner->add("owner", nullptr);
  other->add("other", &Work);
  owner->end_by_signal(SIGTERM);
}

// A copy that hangs is ended when the other has had its time.
void HangsBesideAnother() {
  const Plugin hangs = Hidden(), other = Newer();
  CopyHooks hooks;
  hooks.deadline_seconds = 1;
  hangs->install(hooks);
  hooks.deadline_seconds = 4;
  other->install(hooks);
  hangs->add("hangs", [] { Hang(); });
  other->add("other", &WorkLong);
  EndByTerm();
}
void ExitHangsBesideAnother() {
  static const Plugin hangs = Hidden(), other = Newer();
  CopyHooks hooks;
  hooks.deadline_seconds = 4;
  other->install(hooks);
  hangs->set_exit_deadline(1);
  other->add("other", [] {
    first_step = true;
    WorkLong();
  });
  hangs->add("hangs", [] { Hang(); });  // exit() comes to it first
  std::thread([] { other->end_by_signal(SIGTERM); }).detach();
  Await(first_step);
  std::exit(3);
}

// Each of two copies has the handler of a signal; there is one request.
void TwoOwners() {
  const Plugin usr1 = Hidden(), term = Newer();
  CopyHooks hooks;
  hooks.repeat_grace_millis = 0;
  term->install(hooks);
  hooks.name_usr1 = true;
  usr1->install(hooks);
  usr1->add("usr1", [] { Hang(); });
  term->add("term", [] {
    Say("draining");
    Hang();
  });
  raise(SIGUSR1);
  for (;;) AwaitInput();
}

// A child in which one copy installs hooks again, over handlers of the other.
void ForkedChild(const Plugin& installs) {
  const pid_t child = finalize_test::Forked(fork());
  if (child == 0) {
    installs->install({});
    installs->add("child", &Work);
    EndByTerm();
  }
  int status = 0;
  Require(waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
              WTERMSIG(status) == SIGTERM,
          "child");
  Say("parent");
}
void ForkOther() {
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other);
  owner->add("owner", nullptr);
  other->add("other", nullptr);
  ForkedChild(other);
}
void ForkOwner() {
  const Plugin owner = Hidden(), other = Newer();
  InstallBoth(owner, other);
  owner->add("owner", nullptr);
  other->add("other", nullptr);
  ForkedChild(owner);
}

void Crashes() {
  const Plugin first = Hidden(), second = Newer();
  CopyHooks hooks;
  hooks.crash = true;
  InstallBoth(first, second, hooks);
  static std::string paths[2];
  for (std::string& path : paths) {
    path = std::string(getenv("TEST_TMPDIR")) + "/copies_XXXXXX";
    close(mkstemp(path.data()));
    Say(path);
  }
  first->remove_in_a_crash(paths[0].c_str());
  second->remove_in_a_crash(paths[1].c_str());
  abort();
}

void Observes() {
  const Plugin observes = Deep(), other = DeepToo();
  observes->observe(true);
  other->observe(false);
  observes->run("first");
  other->run("of the other");
  observes->run("second");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"owner-is-slow", OwnerIsSlow},
       {"owner-is-quick", OwnerIsQuick},
       {"named", Named},
       {"deep-and-program", DeepAndProgram},
       {"program-and-hidden", ProgramAndHidden},
       {"says-hooks", SaysHooks},
       {"unknown-version", UnknownVersion},
       {"closed-during-a-drain", ClosedDuringADrain},
       {"owner-closed-during-a-drain", OwnerClosedDuringADrain},
       {"other-closed-during-a-drain", OtherClosedDuringADrain},
       {"owner-closed-before", OwnerClosedBefore},
       {"installed-during-a-drain", InstalledDuringADrain},
       {"shutdown-loop", ShutdownLoop},
       {"shutdown-loop-exits", ShutdownLoopExits},
       {"exits-after-a-signal", ExitsAfterASignal},
       {"exits-after-a-signal-to-one", ExitsAfterASignalToOne},
       {"exits-after-a-signal-to-an-empty-one", ExitsAfterASignalToAnEmptyOne},
       {"ends-loop", EndsLoop},
       {"hangs-beside-another", HangsBesideAnother},
       {"exit-hangs-beside-another", ExitHangsBesideAnother},
       {"two-owners", TwoOwners},
       {"fork-other", ForkOther},
       {"fork-owner", ForkOwner},
       {"crashes", Crashes},
       {"observes", Observes}});
}
