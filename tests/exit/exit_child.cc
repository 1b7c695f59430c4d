// SPDX-License-Identifier: Apache-2.0

// A process that ends by exit(): what its callbacks do meanwhile.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <utility>

#include "absl/status/status.h"
#include "finalize/at_exit.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitOptions;
using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize_test::AwaitInput;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::SaysAtEnd;

void Order() {
  AtExit(Options(), Says{"first"});
  AtExit(Options().set_phase(-1), Says{"low"});
  AtExit(Options(), Says{"second"});
  AtExit(Options().set_phase(1), Says{"high"});
}

void TellsCause() {
  AtExit([](const Cause& cause) { Say(cause.ToString()); });
}

// A signal handler calls exit() when this thread has just begun its end (see
// below). The registry is closed once, and opened once: another drain opens it,
// too.
bool interrupts = false;
void Interrupted() {
  struct RegistersLate {
    ~RegistersLate() {
      AtExit(Says{"drained"});
      Registry::Process().Drain();
      AtExit(Says{"late"});
    }
  };
  static RegistersLate registers;
  AtExit(Says{"first"});
  signal(SIGUSR1, [](int) { std::exit(4); });
  interrupts = true;
  std::exit(3);
}

void ExitWithStatus() {
  AtExit(Says{"ran"});
  std::exit(3);
}

void Handlers() {
  std::atexit([] { Say("handler before"); });
  AtExit(Says{"first"});
  std::atexit([] { Say("handler after"); });
  AtExit(Says{"second"});
}

void Statics() {
  static SaysAtEnd before("static before");
  AtExit(Says{"first"});
  static SaysAtEnd after("static after");
  thread_local SaysAtEnd local("thread_local");
  Say(local.word);
  AtExit(Says{"second"});
}

void RegistersDuringDrain() {
  AtExit(Says{"old"});
  AtExit([] { AtExit(Says{"new"}); });
}

void RunsAndDetachesOthers() {
  auto runs = AtExit(Says{"run by another"});
  auto detached = AtExit(Says{"detached"});
  AtExit([runs, detached] {
    detached.Detach();
    runs.Run();
    Say("both");
  });
}

void NestedExit() {
  AtExit(Says{"first"});
  AtExit([] {
    Say("exits");
    std::exit(4);
  });
  AtExit(Says{"third"});
}

void TwiceNestedExit() {
  AtExit(Says{"first"});
  AtExit([] { std::exit(5); });
  AtExit(Says{"third"});
  AtExit([] { std::exit(6); });
  std::exit(7);
}

void ExitInsideRun() {
  AtExit(Says{"first"});
  auto exits = AtExit([] { std::exit(4); });
  exits.Run();
  Say("not reached");
}

void ExitInsideOwnRegistry() {
  static Registry registry;
  static SaysAtEnd last("static");  // destroyed before the registry
  registry.Register(Says{"rest of the registry"});
  registry.Register([] { std::exit(4); });
  AtExit(Says{"process registry"});
  registry.Drain();
}

void ExitInsideOnlyRegistry() {
  static Registry registry;
  registry.Register(Says{"rest of the registry"});
  registry.Register([] { std::exit(4); });
  registry.Drain();
}

void ExitInsideFinally() {
  finalize::Finally outer(Says{"outer scope"});
  finalize::Finally inner(Says{"inner scope"});
  std::exit(4);
}

void ThenRegistersInStaticDestructor() {
  static finalize::Lifetime lifetime;
  struct Registers {
    ~Registers() { AtExit(Says{"from a static destructor"}); }
  };
  static Registers registers;
  AtExit(Says{"first"});
  AtExit([] { std::exit(4); });
}

void ExitInStaticDestructor() {
  struct Exits {
    ~Exits() { std::exit(4); }
  };
  static Exits exits;
  AtExit(Says{"ran"});
}

void ExitInLaterStaticDestructor() {
  struct Exits {
    ~Exits() { std::exit(4); }
  };
  AtExit(Says{"ran"});
  static Exits exits;  // destroyed before the exit drain
}

void ExitInDestructorOfCallback() {
  struct Exits {
    ~Exits() {
      if (armed) std::exit(4);
    }
    Exits() = default;
    Exits(Exits&& other) noexcept { std::swap(armed, other.armed); }
    void operator()() { armed = true; }
    bool armed = false;
  };
  AtExit(Says{"first"});
  AtExit(Options(), Exits());
  AtExit(Says{"third"});
}

void Throws() {
  AtExit(Says{"first"});
  AtExit(Options("thrower"), [] { throw 42; });
  AtExit(Options("what"), [] { throw std::runtime_error("reason"); });
  AtExit(Options("status"), [] { return absl::DataLossError("lost"); });
  AtExit(Says{"last"});
  std::exit(3);
}

template <class F>
void Between(F&& function) {
  AtExit(Says{"first"});
  AtExit(std::forward<F>(function));
  AtExit(Says{"third"});
}
void QuickExits() {
  Between([] { std::quick_exit(7); });
}
void UnderscoreExits() {
  Between([] { _exit(8); });
}
void Aborts() {
  Between([] { std::abort(); });
}
void RaisesTerm() {
  Between([] { raise(SIGTERM); });
}
void EndsThread() {
  Between([] { pthread_exit(nullptr); });
}

void DestroysOwnRegistry() {
  static auto* registry = new Registry();
  registry->Register([] { delete registry; });
  AtExit([] { registry->Drain(); });
}

void ChildRegistry() {
  static Registry* child;
  AtExit(Says{"before"});
  child = new Registry(Registry::Process());
  AtExit(Says{"after"});
  child->Register(Says{"in the child"});
}

void Skipped() {
  AtExit(Says{"first"});
  auto held = std::make_shared<SaysAtEnd>("bound argument destroyed");
  AtExit(Options("skipped").set_at_exit(false),
         [held] { Say("skipped one has run"); });
  AtExit(Says{"third"});
}

void SkippedOnLifetime() {
  static finalize::Lifetime lifetime;
  finalize::OnDestroy(lifetime, Options("of lifetime").set_at_exit(false),
                      Says{"lifetime ended"});
  AtExit(Says{"exit"});
}

void Retryable() {
  Registry::Process().RegisterRetryable(Options("stubborn"), [] {
    Say("tried");
    throw 1;
  });
}

void FailureExitCode(int failure_exit_code) {
  ExitOptions options;
  options.failure_exit_code = failure_exit_code;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  static SaysAtEnd later("static");  // under the new status
  AtExit(Says{"first"});
  AtExit([] { throw 1; });
}
void FailureCode() {
  FailureExitCode(9);
  std::exit(2);
}
void FailureCodeUnset() {
  FailureExitCode(0);
  std::exit(2);
}
void FailureCodeWithoutFailure() {
  ExitOptions options;
  options.failure_exit_code = 9;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  AtExit(Options().set_at_exit(false), Says{"skipped"});
  AtExit(Says{"first"});
  std::exit(2);
}
void FailureCodeThenNestedExit() {
  ExitOptions options;
  options.failure_exit_code = 9;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  AtExit([] { std::exit(3); });
  AtExit([] { throw 1; });
}
void FailureCodeInStaticDestructor() {
  ExitOptions options;
  options.failure_exit_code = 9;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  struct Registers {
    ~Registers() {
      AtExit([] { throw 1; });
    }
  };
  static Registers registers;
  AtExit(Says{"first"});
}

int ran = 0;
void Many() {
  AtExit([] { Say(ran == 100000 ? "all of them" : "not all"); });
  for (int i = 0; i < 100000; ++i) {
    AtExit([] { ++ran; });
  }
}

void HandlesSignals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { Say("handled"); };
  sigaction(SIGUSR1, &action, nullptr);
  AtExit(Says{"first"});
  AtExit([] {
    Say("ready");
    AwaitInput();
  });
}

}  // namespace

// The linker has every object call this in place of pthread_sigmask() (BUILD).
// The first call in exit() blocks signals while the process comes to its end.
extern "C" int __real_pthread_sigmask(int, const sigset_t*,  // NOLINT
                                      sigset_t*);
extern "C" int __wrap_pthread_sigmask(int how, const sigset_t* set,  // NOLINT
                                      sigset_t* before) {
  const int result = __real_pthread_sigmask(how, set, before);
  if (std::exchange(interrupts, false)) raise(SIGUSR1);  // it waits
  return result;
}

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"order", Order},
       {"tells-cause", TellsCause},
       {"exit-with-status", ExitWithStatus},
       {"handlers", Handlers},
       {"statics", Statics},
       {"registers-during-drain", RegistersDuringDrain},
       {"runs-and-detaches-others", RunsAndDetachesOthers},
       {"interrupted", Interrupted},
       {"nested-exit", NestedExit},
       {"twice-nested-exit", TwiceNestedExit},
       {"exit-inside-run", ExitInsideRun},
       {"exit-inside-own-registry", ExitInsideOwnRegistry},
       {"exit-inside-only-registry", ExitInsideOnlyRegistry},
       {"exit-inside-finally", ExitInsideFinally},
       {"then-registers-in-static-destructor", ThenRegistersInStaticDestructor},
       {"exit-in-static-destructor", ExitInStaticDestructor},
       {"exit-in-later-static-destructor", ExitInLaterStaticDestructor},
       {"exit-in-destructor-of-callback", ExitInDestructorOfCallback},
       {"throws", Throws},
       {"quick-exits", QuickExits},
       {"underscore-exits", UnderscoreExits},
       {"aborts", Aborts},
       {"raises-term", RaisesTerm},
       {"ends-thread", EndsThread},
       {"destroys-own-registry", DestroysOwnRegistry},
       {"child-registry", ChildRegistry},
       {"skipped", Skipped},
       {"skipped-on-lifetime", SkippedOnLifetime},
       {"retryable", Retryable},
       {"failure-code", FailureCode},
       {"failure-code-unset", FailureCodeUnset},
       {"failure-code-without-failure", FailureCodeWithoutFailure},
       {"failure-code-then-nested-exit", FailureCodeThenNestedExit},
       {"failure-code-in-static-destructor", FailureCodeInStaticDestructor},
       {"many", Many},
       {"handles-signals", HandlesSignals}});
}
