// SPDX-License-Identifier: Apache-2.0

// What module_plugin.cc offers, as a table that is found by dlsym.
#ifndef TESTS_MODULES_MODULE_PLUGIN_H_
#define TESTS_MODULES_MODULE_PLUGIN_H_

#include <memory>

struct Plugin {
  void (*register_some)();
  void (*register_on_objects)();
  void (*register_more)();
  void (*register_retryable)();
  void (*register_on_thread)();
  void (*register_static)();
  void (*make_temp_dir)();
  bool (*install_exit_hooks)();
  // The callback calls `blocks` and says that it is done.
  void (*register_blocking)(void (*blocks)());
  void (*register_weak)();
  // Refers to an object of the program; for one copy of the library.
  void (*refer_to)(const std::shared_ptr<int>& object);
  void (*register_in_registry)();
  // In that registry, and runs it at once.
  void (*use_registry)();
};

extern "C" const Plugin* GetPlugin();

#endif  // TESTS_MODULES_MODULE_PLUGIN_H_
