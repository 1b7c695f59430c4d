// SPDX-License-Identifier: Apache-2.0

// A process with weak references that forks and leaves; its child adopts them.
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/adopt_after_fork.h"
#include "finalize/lifetime.h"
#include "finalize/shared.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_value_map.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AdoptAfterFork;
using finalize::MakeShared;
using finalize::WeakRef;
using finalize_test::Forked;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;

// Goes on in a child of a process that leaves by _exit.
void Daemonize() {
  if (Forked(fork()) != 0) _exit(7);
}

void Adopt(size_t expected) {
  const absl::StatusOr<size_t> adopted = AdoptAfterFork();
  Require(adopted.ok(), adopted.status().ToString().c_str());
  Require(*adopted == expected, "the number of the adopted");
}

void SayRefusal() {
  Say(absl::StatusCodeToString(AdoptAfterFork().status().code()));
}

// No registry was used.
void Callbacks() {
  auto object = MakeShared<int>(1);
  auto other = MakeShared<int>(2);
  const WeakRef<int> ref(object, Says{"older"});
  const WeakRef<int> newer(object, Says{"newer"});
  auto dropped = std::make_unique<WeakRef<int>>(other, Says{"dropped"});
  Daemonize();
  Require(!ref.has_callback(), "inherited");
  Adopt(3);
  Require(ref.has_callback(), "adopted");
  dropped.reset();
  other.reset();
  object.reset();
  Say("end");
}

void OrderWithFinalizers() {
  auto object = MakeShared<int>(1);
  const WeakRef<int> older(object, Says{"weak, older"});
  finalize::OnDestroy(object, Says{"finalizer"});
  const WeakRef<int> newer(object, Says{"weak, newer"});
  Daemonize();
  Adopt(3);
  const WeakRef<int> own(object, Says{"weak, own"});
  object.reset();
}

// Containers, and references without a callback, are the child's anyway.
void AfterUseOfContainers() {
  auto object = MakeShared<int>(1);
  auto other = MakeShared<int>(2);
  finalize::WeakValueMap<int, int> map = {{1, object}, {2, other}};
  const WeakRef<int> ref(object, Says{"callback"});
  Daemonize();
  const WeakRef<int> plain = object;
  map.insert_or_assign(3, object);
  other.reset();
  Require(map.size() == 2 && plain.Lock() == object, "the child's copies");
  Adopt(1);
  object.reset();
  Require(map.empty(), "the map");
}

void AfterADroppedReference() {
  auto object = MakeShared<int>(1);
  auto ref = std::make_unique<WeakRef<int>>(object, Says{"lost"});
  Daemonize();
  ref.reset();
  SayRefusal();
}
void AfterADeath() {
  auto object = MakeShared<int>(1);
  const WeakRef<int> ref(object, Says{"lost"});
  Daemonize();
  object.reset();
  SayRefusal();
}
void AfterAReference() {
  auto object = MakeShared<int>(1);
  const WeakRef<int> ref(object, Says{"lost"});
  Daemonize();
  const WeakRef<int> own(object, Says{"own"});
  SayRefusal();
  object.reset();
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"callbacks", Callbacks},
       {"order", OrderWithFinalizers},
       {"after-use-of-containers", AfterUseOfContainers},
       {"after-a-dropped-reference", AfterADroppedReference},
       {"after-a-death", AfterADeath},
       {"after-a-reference", AfterAReference}});
}
