// SPDX-License-Identifier: Apache-2.0

// What module_race_plugin.cc offers, as a table that is found by dlsym.
#ifndef TESTS_MODULES_MODULE_RACE_PLUGIN_H_
#define TESTS_MODULES_MODULE_RACE_PLUGIN_H_

#include <atomic>

#include "finalize/finalizer.h"
#include "finalize/lifetime.h"

// Kept by the program.
struct Tally {
  std::atomic<int> registered{0};
  std::atomic<int> ran{0};
};

struct RacePlugin {
  // Registers one that counts itself, and registers another `more` times. Every
  // fourth fails.
  finalize::Finalizer<> (*register_counted)(Tally* tally, int more);
  // Says that it is pending.
  void (*register_pending)();
  // Calls `blocks`, says that it is done, and may register a pending one.
  finalize::Finalizer<> (*register_blocking)(void (*blocks)(), bool registers);
  void (*block_on)(finalize::Lifetime& lifetime, void (*blocks)());
  // Hooks two shared objects that static pointers of the plugin hold, one of
  // them made by MakeShared, one given to Adopt.
  void (*hook_shared)();
  // Makes two more, hooks them, and lets them go.
  void (*drop_shared)();
  // Installs the exit hooks, by the plugin's own code.
  bool (*install_hooks)();
};

extern "C" const RacePlugin* GetPlugin();

#endif  // TESTS_MODULES_MODULE_RACE_PLUGIN_H_
