// SPDX-License-Identifier: Apache-2.0

// What copies_plugin.cc offers: one copy of the library, for programs with
// several of them.
#ifndef TESTS_MODULES_COPIES_PLUGIN_H_
#define TESTS_MODULES_COPIES_PLUGIN_H_

struct CopyHooks {
  bool name_term = false;  // names SIGTERM
  bool name_usr1 = false;  // and takes no other signal
  bool crash = false;
  bool may_fail = false;  // another has all signals
  int deadline_seconds = 20;
  int repeat_grace_millis = 500;
  void (*on_signal)(int signal) = nullptr;
};

struct CopyPlugin {
  // Ends the process if the hooks cannot be installed.
  void (*install)(const CopyHooks& hooks);
  // The line that the installation came to.
  void (*say_hooks)();
  // At exit calls `first`, if there is one, and says `word`.
  void (*add)(const char* word, void (*first)());
  void (*set_exit_deadline)(int seconds);
  void (*end_by_signal)(int signal);
  // An observer that says which finalizers end; `observes` false: none.
  void (*observe)(bool observes);
  // Registers a finalizer of this name and runs it.
  void (*run)(const char* name);
  // In a crash has this file removed.
  void (*remove_in_a_crash)(const char* path);
};

extern "C" const CopyPlugin* GetCopy();

#endif  // TESTS_MODULES_COPIES_PLUGIN_H_
