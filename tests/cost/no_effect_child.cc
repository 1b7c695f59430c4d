// SPDX-License-Identifier: Apache-2.0

// Two programs of this source: one links the library, and would use it if it
// were given arguments; the other does not know it.
#include <unistd.h>

#include <string>

#include "tests/support/scenario.h"

#ifdef WITH_FINALIZE
#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/failure_reporter.h"
#include "finalize/finally.h"
#include "finalize/inspect.h"
#include "finalize/lifetime.h"
#include "finalize/module.h"
#include "finalize/observer.h"
#include "finalize/options.h"
#include "finalize/owner_process.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/thread_exit.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_method.h"
#include "finalize/weak_proxy.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"
#endif

namespace {

// What comes before is the loader's business: it finds more to load. The
// static constructors of this program, and of the library in it, come later.
__attribute__((constructor(101))) void Start() { finalize_test::Say("start"); }

#ifdef WITH_FINALIZE
// Constructed, and nothing is registered on them, or put into them.
finalize::Lifetime lifetime;
finalize::WeakRef<int> ref;
finalize::WeakProxy<int> proxy;
finalize::WeakMethod<void()> method;
finalize::WeakValueMap<int, int> values;
finalize::WeakKeyMap<int, int> notes;
finalize::WeakSet<int> set;

// Refers to all of the library, so that all of it is linked.
void UseAll() {
  finalize::InstallExitHooks().status.IgnoreError();
  finalize::SetExitOptions(finalize::GetExitOptions()).IgnoreError();
  finalize::SetFailureReporter(nullptr);
  finalize::AtExit([] {});
  finalize::Registry registry;
  registry.Register([] {});
  finalize::DrainOptions options;
  options.threads = 1;
  registry.Drain(options);
  finalize::Finally scope([] {});
  finalize::OnDestroy(lifetime, [] {});
  const auto shared = finalize::MakeShared<int>(1);
  finalize::OnDestroy(shared, [] {});
  ref = finalize::WeakRef<int>(shared, [] {});
  values.insert_or_assign(1, shared);
  notes.insert_or_assign(shared, 1);
  set.insert(shared);
  finalize::AtThreadExit(finalize::Options().set_phase(finalize::kReleasePhase),
                         [] {});
  finalize::SetObserver({});
  finalize::AdoptAfterFork().status().IgnoreError();
  if (!finalize::OwnerProcess().IsThis()) finalize_test::Say("foreign");
  if (finalize::DebugText().empty()) finalize_test::Say("nothing to show");
}
#endif

}  // namespace

int main(int argc, char** argv) {
#ifdef WITH_FINALIZE
  if (argc > 1) UseAll();
  finalize::Registry::Process();
#endif
  finalize_test::Say("main");
  return std::string(argv[argc - 1]).empty();
}
