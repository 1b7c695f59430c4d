// SPDX-License-Identifier: Apache-2.0

// Uses every template of the public headers, and the address of every constant,
// for unique_symbol_test: what a user's object gets from them.
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/crash.h"
#include "finalize/exit_hooks.h"
#include "finalize/failure_reporter.h"
#include "finalize/finalizer.h"
#include "finalize/finally.h"
#include "finalize/inspect.h"
#include "finalize/keep_mapped.h"
#include "finalize/lifetime.h"
#include "finalize/module.h"
#include "finalize/observer.h"
#include "finalize/options.h"
#include "finalize/owner_process.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "finalize/shared.h"
#include "finalize/thread_exit.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_method.h"
#include "finalize/weak_proxy.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir.h"

namespace probe {

struct Cat {
  explicit Cat(std::string name_in) : name(std::move(name_in)) {}
  int Meow(int times) const { return times + 1; }
  int operator()(int times) const { return times; }
  std::string name;
};

// Inline, and of a type that has a name outside of this file: what these give
// rise to is not local by itself.
struct Feeds {
  int operator()(std::string food) const {
    return static_cast<int>(food.size());
  }
};
struct Makes {
  std::shared_ptr<Cat> operator()(const std::string& name) const {
    return finalize::MakeShared<Cat>(name);
  }
};
struct Fails {
  absl::Status operator()(const finalize::Cause&) const {
    return absl::UnavailableError("not yet");
  }
};

inline void UseFinalizers(finalize::Registry& registry) {
  auto fed = registry.Register(finalize::Options("feed"), Feeds{}, "fish");
  (void)fed.Run();
  registry.RegisterRetryable(finalize::Options("try"), Fails{});
  finalize::AtExit({}, Feeds{}, std::string("mice"));
  finalize::AtThreadExit(Fails{});
  finalize::Lifetime lifetime;
  finalize::OnDestroy(lifetime, Fails{});
  const finalize::Finally at_end(Fails{});
  const finalize::Finalizer<> any = fed;
  (void)any.Cancel();
  registry.ForEach([](const finalize::Finalizer<>& finalizer,
                      const finalize::Info&) { (void)finalizer.Run(); });
  finalize::SetFailureReporter([](const finalize::ReportEntry&) {});
  finalize::ExitHooks hooks;
  hooks.on_signal = [](int) {};
}

inline void UseWeakReferences() {
  auto tom = finalize::MakeShared<Cat>("Tom");
  finalize::OnDestroy(tom, {}, Feeds{}, "milk");
  const finalize::WeakRef<Cat> ref(tom, Fails{});
  const finalize::WeakProxy<Cat> proxy(tom);
  (void)(proxy->name.size() + static_cast<size_t>(proxy(2)));
  const finalize::WeakMethod<int(int)> method(tom, &Cat::Meow);
  (void)(method == method && method(1));
  finalize::WeakValueMap<std::string, Cat> cats;
  cats.insert_or_assign("tom", tom);
  (void)cats.GetOrCreate("kit", Makes{});
  cats.erase(cats.find("tom"));
  finalize::WeakKeyMap<Cat, std::string> notes;
  notes.insert_or_assign(tom, "likes fish");
  (void)notes.Get(tom);
  notes.erase(notes.find(tom));
  finalize::WeakSet<Cat> all;
  all.insert(tom);
  all.erase(all.find(tom));
  auto adopted = finalize::Adopt(std::make_unique<Cat>("Kit"));
}

inline void UseTempDirs() {
  (void)tempdir::TempDir::Create();
  (void)tempdir::DestructorTempDir::Create();
}

extern const int* const kConstants[];
const int* const kConstants[] = {
    &finalize::kWatchdogExitCode,  &finalize::kStopAcceptingPhase,
    &finalize::kFinishWorkPhase,   &finalize::kDefaultPhase,
    &finalize::kReleasePhase,      &tempdir::kTempDirPhase,
    &finalize::kMaxCrashCallbacks,
};

void UseAll(finalize::Registry& registry) {
  UseFinalizers(registry);
  UseWeakReferences();
  UseTempDirs();
}

}  // namespace probe
