// SPDX-License-Identifier: Apache-2.0

// A shared library that is closed while the program uses what it registered;
// module_race_child opens and closes it.
#include "tests/modules/module_race_plugin.h"

#include <memory>
#include <stdexcept>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/lifetime.h"
#include "finalize/module.h"
#include "finalize/shared.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::Finalizer;
using finalize::IfClosed;
using finalize::Options;
using finalize_test::Say;

struct SaysWhy {
  void operator()(const Cause& cause) const {
    Say(std::string("plugin, ") + word + ": " + cause.ToString());
  }
  const char* word;
};

Finalizer<> RegisterCounted(Tally* tally, int more) {
  const int number = ++tally->registered;
  return AtExit(Options("counted").set_if_closed(IfClosed::kRunNow),
                [tally, more, number] {
                  if (more > 0) RegisterCounted(tally, more - 1);
                  ++tally->ran;
                  if (number % 4 == 0) throw std::runtime_error("the fourth");
                });
}

void RegisterPending() { AtExit(SaysWhy{"pending"}); }

struct Blocks {
  void operator()() const {
    blocks();
    Say("plugin, blocked: done");
    if (registers) RegisterPending();
  }
  void (*blocks)();
  bool registers;
};

Finalizer<> RegisterBlocking(void (*blocks)(), bool registers) {
  return AtExit(Blocks{blocks, registers});
}

void BlockOn(finalize::Lifetime& lifetime, void (*blocks)()) {
  finalize::OnDestroy(lifetime, Blocks{blocks, /*registers=*/true});
}

struct Referent {
  explicit Referent(const char* word_in) : word(word_in) {}
  Referent(const Referent&) = delete;
  Referent& operator=(const Referent&) = delete;
  ~Referent() { Say(std::string("plugin, ") + word + ": destroyed"); }
  const char* const word;
};

void HookShared() {
  static std::shared_ptr<Referent> made =
      finalize::MakeShared<Referent>("made");
  static std::shared_ptr<Referent> adopted =
      finalize::Adopt(std::make_unique<Referent>("adopted"));
  finalize::OnDestroy(made, SaysWhy{"on made"});
  finalize::OnDestroy(adopted, SaysWhy{"on adopted"});
}

void DropShared() {
  auto made = finalize::MakeShared<Referent>("dropped");
  finalize::OnDestroy(made, SaysWhy{"on dropped"});
  auto adopted = finalize::Adopt(std::make_unique<Referent>("let go"));
  finalize::OnDestroy(adopted, SaysWhy{"on let go"});
}

bool InstallHooks() { return finalize::InstallExitHooks().ok(); }

constexpr RacePlugin kPlugin = {
    RegisterCounted, RegisterPending, RegisterBlocking, BlockOn,
    HookShared,      DropShared,      InstallHooks};

}  // namespace

extern "C" const RacePlugin* GetPlugin() { return &kPlugin; }
