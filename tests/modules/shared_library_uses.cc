// SPDX-License-Identifier: Apache-2.0

// Refers to whatever the code in the public headers refers to: to link this
// program, compiled without optimization, with the shared libraries proves that
// they export that (tools/rows/shared_library). It never calls Use().
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "finalize/at_exit.h"
#include "finalize/cause.h"
#include "finalize/crash_callback.h"
#include "finalize/crash_gate.h"
#include "finalize/exit_hooks.h"
#include "finalize/failure_reporter.h"
#include "finalize/finalizer.h"
#include "finalize/finally.h"
#include "finalize/keep_mapped.h"
#include "finalize/lifetime.h"
#include "finalize/module.h"
#include "finalize/observer.h"
#include "finalize/owner_process.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/shared_function.h"
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
#include "tempdir/temp_file.h"

// Named: what has internal linkage is left out unless it is called.
namespace shared_library_uses {

struct Cat {
  virtual ~Cat() = default;
  int Meow(int times) const { return times; }
  int operator()(int times) const { return times; }
  explicit operator bool() const { return true; }
};
bool operator==(const Cat& a, const Cat& b) { return &a == &b; }

struct HashByValue {
  using is_transparent = void;
  size_t operator()(const Cat&) const { return 1; }
};
struct EqualByValue {
  using is_transparent = void;
  bool operator()(const Cat& a, const Cat& b) const { return a == b; }
};

}  // namespace shared_library_uses

using shared_library_uses::Cat;
using shared_library_uses::EqualByValue;
using shared_library_uses::HashByValue;

// All members, whether anyone calls them or not.
template class finalize::Finalizer<>;
template class finalize::Finalizer<int>;
template class finalize::Finalizer<absl::Status>;
template class finalize::Pinned<Cat>;
template class finalize::PinnedValue<int>;
template class finalize::SharedFunction<int(std::string)>;
template class finalize::WeakKeyMap<Cat, std::string>;
template class finalize::WeakKeyMap<Cat, int, HashByValue, EqualByValue>;
template class finalize::WeakMethod<int(int)>;
template class finalize::WeakProxy<Cat>;
template class finalize::WeakRef<Cat>;
template class finalize::WeakSet<Cat>;
template class finalize::WeakSet<Cat, HashByValue, EqualByValue>;
template class finalize::WeakValueMap<std::string, Cat>;
template class finalize::WeakValueMap<std::filesystem::path, Cat,
                                      std::hash<std::string>,
                                      std::equal_to<std::string>>;

namespace {

using finalize::AtExit;
using finalize::AtThreadExit;
using finalize::MakeShared;

enum class Color { kRed };

// A bound argument of each kind that is described in its own way.
absl::Status Feed(int, unsigned, double, const char*, const std::string&,
                  const std::filesystem::path&, const void*, Color, bool,
                  std::nullptr_t, void (*)(), const Cat&) {
  return absl::OkStatus();
}
struct TooLarge {
  char bytes[2000];
};

void UseHandle() {
  const auto flush = AtExit("flush", [] { return 4; });
  (void)(flush.alive() && flush.running() && flush.at_exit());
  flush.set_at_exit(false);
  flush.Wait();
  (void)flush.Wait(absl::Now());
  (void)flush.Peek();
  (void)flush.PeekArguments<int>();
  (void)flush.Run();
  (void)flush.Detach()();
  (void)flush.Cancel();
  std::cout << flush;

  finalize::Finally at_end("end", [] {});
  (void)(at_end.alive() && at_end.Run() && at_end.Cancel());
}

void UseRegistry(finalize::Registry& registry) {
  registry.Register("feed", Feed, 1, 2u, 3.0, "four", std::string("five"),
                    std::filesystem::path("six"), static_cast<void*>(nullptr),
                    Color::kRed, true, nullptr, &UseHandle, Cat());
  registry.RegisterRetryable("retry", [](const finalize::Cause&) {
    return absl::UnavailableError("not yet");
  });
  (void)registry.TryRegister(
      "large", [](TooLarge) {}, TooLarge());
  const std::shared_ptr<Cat> cat = MakeShared<Cat>();
  finalize::Lifetime lifetime;
  finalize::Lifetime moved(std::move(lifetime));
  moved = finalize::Lifetime();
  registry.OnDestroy(cat, "one", [] {});
  registry.OnDestroyRetryable(moved, "two", [] {});
  finalize::OnDestroy(cat, "three", [] {});
  finalize::OnDestroy(moved, [] {});
  AtThreadExit("four", [] {});
  (void)registry.entry();
}

void UseWeakReferences() {
  const std::shared_ptr<Cat> cat = MakeShared<Cat>();
  (void)finalize::IsAttachable(finalize::Adopt(std::make_unique<Cat>()));

  const finalize::WeakRef ref(cat, [](const finalize::WeakRef<Cat>&) {});
  const finalize::WeakProxy proxy(cat, [](const finalize::WeakProxy<Cat>&) {});
  const finalize::WeakMethod<int(int)> meow(
      cat, &Cat::Meow, [](const finalize::WeakMethod<int(int)>&) {});
  std::cout << ref << finalize::WeakRefCount(cat)
            << finalize::WeakRefs(cat).size() << proxy(3) << (proxy == *cat)
            << meow(3).has_value();
  try {
    (void)finalize::WeakProxy<Cat>()->Meow(1);
  } catch (const finalize::ReferenceError& error) {
    std::cout << error.what();
  }

  finalize::WeakValueMap<std::string, Cat> values;
  (void)values.GetOrCreate("tom", &MakeShared<Cat>);
  values.try_emplace("tom", cat);
  values.merge(values);
  finalize::WeakKeyMap<Cat, std::string> notes;
  notes.try_emplace(cat, "likes fish");
  notes.merge(notes);
  for (const auto& [key, note] : notes) std::cout << key << note;
  erase_if(notes, [](const auto&) { return true; });
  finalize::WeakSet<Cat> cats{cat};
  cats.erase(cat);
}

void UseProcess() {
  const finalize::CrashGate gate(finalize::CrashGate::Use::kMake);
  (void)(gate.refused() && finalize::CrashGate::Refuses() &&
         finalize::CrashGate::OthersMake());
  finalize::CrashGate::Release();
  (void)finalize::AddCrashCallback([](const finalize::Crash&) {});
  (void)finalize::AddReserveCallback([](const finalize::Crash&) {});
  (void)finalize::OwnerProcess().IsThis();
  (void)finalize::KeepMapped(nullptr);
  finalize::SetFailureReporter([](const finalize::ReportEntry&) {});
  finalize::SetObserver(finalize::Observer());
  std::cout << finalize::InstallExitHooks();
}

void UseTempDirs() {
  auto dir = tempdir::DestructorTempDir::Create();
  auto other = tempdir::TempDir::Create();
  auto file = tempdir::TempFile::Create();
  (void)other->Peek();
  swap(*dir, *dir);
  swap(*other, *other);
  swap(*file, *file);
  const auto lock = dir->PassLock();
  tempdir::SetAutomaticReapCallback({});
}

void Use() {
  UseHandle();
  UseRegistry(finalize::Registry::Process());
  UseWeakReferences();
  UseProcess();
  UseTempDirs();
}

}  // namespace

int main(int argc, char**) {
  if (argc < 0) Use();
}
