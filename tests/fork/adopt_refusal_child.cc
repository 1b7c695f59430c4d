// SPDX-License-Identifier: Apache-2.0

// Children that cannot adopt what their parent registered, or have no need to.
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AdoptAfterFork;
using finalize::AtExit;
using finalize::Registry;
using finalize_test::Forked;
using finalize_test::Say;
using finalize_test::Says;

void SayCode(const char* what, const absl::Status& status) {
  Say(std::string(what) + ": " + absl::StatusCodeToString(status.code()));
}

// Goes on in a child of a process that leaves by _exit.
void Daemonize() {
  if (Forked(fork()) != 0) _exit(7);
}

void Adopt(size_t expected) {
  const absl::StatusOr<size_t> adopted = AdoptAfterFork();
  if (!adopted.ok() || *adopted != expected) Say("wrong: the adopted");
}

void InNoChild() {
  AtExit(Says{"own"});
  SayCode("no child", AdoptAfterFork().status());
}
void Twice() {
  AtExit(Says{"adopted"});
  Daemonize();
  Adopt(1);
  SayCode("twice", AdoptAfterFork().status());
  std::exit(0);
}
void AfterUse() {
  AtExit(Says{"lost"});
  Daemonize();
  AtExit(Says{"own"});
  SayCode("used", AdoptAfterFork().status());
  std::exit(0);
}
void AfterAnEnd() {
  auto* lifetime = new finalize::Lifetime;
  finalize::OnDestroy(*lifetime, Says{"lost"});
  Daemonize();
  delete lifetime;
  SayCode("an object ended", AdoptAfterFork().status());
  std::exit(0);
}
void AfterAScope() {
  {
    finalize::Finally scope(Says{"lost"});
    Daemonize();
  }
  SayCode("a scope ended", AdoptAfterFork().status());
  std::exit(0);
}
void AfterARegistry() {
  {
    Registry registry;
    registry.Register(Says{"lost"});
    Daemonize();
  }
  SayCode("a registry ended", AdoptAfterFork().status());
  std::exit(0);
}
void AfterRawFork() {
  AtExit(Says{"lost"});
  if (Forked(_Fork()) != 0) _exit(7);
  SayCode("_Fork", AdoptAfterFork().status());
  std::exit(0);
}

// Nothing was registered: there is nothing to adopt, and that is no error.
void Nothing() {
  Daemonize();
  Adopt(0);
  AtExit(Says{"own"});
  std::exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"no-child", InNoChild},
                                     {"twice", Twice},
                                     {"after-use", AfterUse},
                                     {"after-an-end", AfterAnEnd},
                                     {"after-a-scope", AfterAScope},
                                     {"after-a-registry", AfterARegistry},
                                     {"after-raw-fork", AfterRawFork},
                                     {"nothing", Nothing}});
}
