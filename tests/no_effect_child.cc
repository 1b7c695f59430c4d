// Two programs of this source: one links the library, and would use it if it
// were given arguments; the other does not know it.
#include <unistd.h>

#include <string>

#include "tests/scenario.h"

#ifdef WITH_FINALIZE
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/exit_options.h"
#include "finalize/failure_reporter.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#endif

namespace {

// What comes before is the loader's business: it finds more to load. The
// static constructors of this program, and of the library in it, come later.
__attribute__((constructor(101))) void Start() { finalize_test::Say("start"); }

#ifdef WITH_FINALIZE
// Constructed, and nothing is registered on it.
finalize::Lifetime lifetime;

// Refers to all of the library, so that all of it is linked.
void UseAll() {
  finalize::InstallExitHooks().IgnoreError();
  finalize::SetExitOptions(finalize::GetExitOptions());
  finalize::SetFailureReporter(nullptr);
  finalize::AtExit([] {});
  finalize::Registry registry;
  registry.Register([] {});
  finalize::DrainOptions options;
  options.threads = 1;
  registry.Drain(options);
  finalize::Finally scope([] {});
  finalize::OnDestroy(lifetime, [] {});
  finalize::OnDestroy(finalize::MakeShared<int>(1), [] {});
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
