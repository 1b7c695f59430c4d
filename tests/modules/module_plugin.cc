// SPDX-License-Identifier: Apache-2.0

// A shared library that registers finalizers; module_child opens and closes it.
#include "tests/modules/module_plugin.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/lifetime.h"
#include "finalize/module.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/thread_exit.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_ref.h"
#include "tempdir/temp_dir.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::AtThreadExit;
using finalize::Cause;
using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize_test::Require;
using finalize_test::Say;

struct SaysWhy {
  void operator()(const Cause& cause) const {
    Say("plugin, " + word + ": " + cause.ToString());
  }
  std::string word;
};

// Alive while the finalizers of the module run.
struct StaticObject {
  ~StaticObject() { Say("plugin, static object: destroyed"); }
};

void RegisterSome() {
  AtExit(SaysWhy{"older"});
  AtExit(Options().set_phase(1), SaysWhy{"high"});
  AtExit(Options().set_at_exit(false), SaysWhy{"not at exit"});
  AtExit(SaysWhy{"newer"});
}

// Not in the process registry, nor on an object.
void RegisterInRegistry() {
  static Registry& registry = *new Registry;
  registry.Register(SaysWhy{"registry"});
}

void UseRegistry() {
  Registry registry;
  registry.Register([] {}).Run();
}

void RegisterOnObjects() {
  static finalize::Lifetime& lifetime = *new finalize::Lifetime;
  finalize::OnDestroy(lifetime, SaysWhy{"lifetime"});
  RegisterInRegistry();
}

void RegisterMore() {
  AtExit([] {
    Say("plugin, registers");
    AtExit(SaysWhy{"registered"});
  });
}

void RegisterRetryable() {
  Registry::Process().RegisterRetryable(Options("retryable"), [] {
    Say("plugin, fails");
    return absl::UnavailableError("not yet");
  });
}

void RegisterOnThread() {
  AtThreadExit(SaysWhy{"main thread"});
  std::thread([] { AtThreadExit(SaysWhy{"thread"}); }).join();
}

void RegisterStatic() {
  static StaticObject object;
  AtExit(SaysWhy{"with a static object"});
}

void MakeTempDir() {
  static tempdir::TempDir& dir =
      *new tempdir::TempDir(tempdir::TempDir::Create().value());
  Say("plugin, temp dir: " + dir.path().native());
  static struct AtEnd {
    ~AtEnd() {
      Say(access(dir.path().c_str(), F_OK) == 0 ? "plugin's is there"
                                                : "plugin's is gone");
    }
  } at_end;
}

bool InstallHooks() { return finalize::InstallExitHooks().ok(); }

void RegisterBlocking(void (*blocks)()) {
  AtExit([blocks] {
    blocks();
    Say("plugin, blocked: done");
  });
}

// A callback that is not to run; says when it is destroyed.
class Unrun {
 public:
  explicit Unrun(std::string word)
      : token_(new char, [word](char* token) {
          Say("plugin, " + word + ": dropped");
          delete token;
        }) {}
  void operator()() const { Say("plugin, runs"); }

 private:
  std::shared_ptr<char> token_;
};

// Never destroyed: dlclose() has to look after the callback.
void RegisterWeak() {
  static auto& object = *new std::shared_ptr<int>(finalize::MakeShared<int>(1));
  static auto& ref =
      *new finalize::WeakRef<int>(object, Unrun("weak reference"));
  AtExit([] { Say(ref.has_callback() ? "plugin, pending" : "plugin, gone"); });
}

void ReferTo(const std::shared_ptr<int>& object) {
  static auto& ref =
      *new finalize::WeakRef<int>(object, Unrun("weak reference"));
  static finalize::WeakKeyMap<int, Unrun> notes;
  notes.insert_or_assign(object, Unrun("note"));
  Require(ref.has_callback() && notes.size() == 1, "references");
}

constexpr Plugin kPlugin = {
    RegisterSome,     RegisterOnObjects, RegisterMore, RegisterRetryable,
    RegisterOnThread, RegisterStatic,    MakeTempDir,  InstallHooks,
    RegisterBlocking, RegisterWeak,      ReferTo,      RegisterInRegistry,
    UseRegistry,
};

}  // namespace

extern "C" const Plugin* GetPlugin() { return &kPlugin; }
