// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/scenarios/column.h"

#include <iostream>

#include "absl/status/statusor.h"
#include "examples/compare/subject/owner.h"
#include "examples/compare/subject/reaper.h"
#include "finalize/exit_hooks.h"
#include "tempdir/reap.h"
#include "tempdir/reaper_process.h"

namespace compare {
namespace {

finalize::ExitHooks AllEnds() {
  finalize::ExitHooks hooks;
  hooks.quick_exit = true;
  hooks.terminate = true;
  return hooks;
}

void InstallExitHooks() { CheckOk(finalize::InstallExitHooks(AllEnds())); }

void InstallHooksForCrashes() {
  finalize::ExitHooks hooks = AllEnds();
  hooks.crash = true;
  CheckOk(finalize::InstallExitHooks(hooks));
}

// The reaper process is this program, too.
void InstallHooksAndStartReaper() {
  InstallExitHooks();
  tempdir::ReaperProcessOptions options;
  options.program = "/proc/self/exe";
  CheckOk(tempdir::StartReaperProcess(options));
}

// What a process does that makes its first temp dir.
void Reap(const std::string& parent) {
  const auto report = tempdir::Reap(parent);
  if (!report.ok()) std::cerr << report.status() << std::endl;
}

}  // namespace

const std::vector<Column>& AllColumns() {
  static const auto& columns = *new std::vector<Column>{
      {"destructor", "destructor style",
       "DestructorTempDir: its destructor removes the directory.",
       Style::kDestructor, "", nullptr, nullptr},
      {"finalizer", "finalizer style",
       "FinalizerTempDir: its destructor or exit() removes the directory, "
       "whichever comes first.",
       Style::kFinalizer, "", nullptr, nullptr},
      {"hooks", "finalizer style with exit hooks",
       "FinalizerTempDir in a program that calls InstallExitHooks first: for "
       "SIGTERM, SIGINT, SIGHUP, quick_exit() and std::terminate().",
       Style::kFinalizer, "finalizer", InstallExitHooks, nullptr},
      {"crash", "finalizer style with crash tier",
       "The same with ExitHooks::crash, the crash tier: the handler of "
       "SIGSEGV, "
       "SIGABRT and other crash signals removes the directory, too.",
       Style::kFinalizer, "hooks", InstallHooksForCrashes, nullptr},
      {"reaper", "finalizer style with reaper process",
       "FinalizerTempDir with exit hooks in a program that also starts a "
       "reaper "
       "process, which removes what a process left when it ended.",
       Style::kFinalizer, "hooks", InstallHooksAndStartReaper,
       AwaitReaperProcess, kByReaperProcess},
      {"restart", "finalizer style after the next start",
       "FinalizerTempDir with exit hooks and no reaper process, and then "
       "another process creates its first temp dir in the same parent "
       "directory, which removes what is left there.",
       Style::kFinalizer, "hooks", InstallExitHooks, Reap, kAtNextStart},
      {"mkdtemp", "plain mkdtemp class",
       "A class in C++ with mkdtemp() in its constructor and remove_all() in "
       "its destructor. It uses nothing of this library.",
       Style::kMkdtemp, "destructor", nullptr, nullptr},
      {"python-del", "Python destructor",
       "A class with tempfile.mkdtemp() in __init__ and shutil.rmtree() in "
       "__del__.",
       Style::kOtherLanguage, "", nullptr, nullptr, nullptr, "python"},
      {"python-finalize", "Python weakref.finalize",
       "A class that registers shutil.rmtree() by weakref.finalize.",
       Style::kOtherLanguage, "python-del", nullptr, nullptr, nullptr,
       "python"},
      {"rust", "Rust tempfile", "The TempDir of the crate tempfile.",
       Style::kOtherLanguage, "", nullptr, nullptr, nullptr, "rust",
       /*on_request=*/true},
      {"go", "Go defer", "os.MkdirTemp() and a deferred os.RemoveAll().",
       Style::kOtherLanguage, "", nullptr, nullptr, nullptr, "go",
       /*on_request=*/true},
  };
  return columns;
}

const Column* FindColumn(std::string_view id) {
  for (const Column& column : AllColumns()) {
    if (column.id == id) return &column;
  }
  return nullptr;
}

}  // namespace compare
