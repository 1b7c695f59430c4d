#include "examples/compare/column.h"

#include "examples/compare/owner.h"
#include "finalize/exit_hooks.h"

namespace compare {
namespace {

void InstallExitHooks() {
  finalize::ExitHooks hooks;
  hooks.quick_exit = true;
  hooks.terminate = true;
  CheckOk(finalize::InstallExitHooks(hooks));
}

}  // namespace

const std::vector<Column>& AllColumns() {
  static const auto& columns = *new std::vector<Column>{
      {"destructor", "destructor style",
       "DestructorTempDir: the directory goes when its owner is destroyed.",
       Style::kDestructor, "", nullptr, nullptr},
      {"finalizer", "finalizer style",
       "FinalizerTempDir: the directory goes when its owner is destroyed or "
       "when the process ends by exit(), whichever comes first.",
       Style::kFinalizer, "", nullptr, nullptr},
      {"hooks", "finalizer style with exit hooks",
       "FinalizerTempDir in a program that calls InstallExitHooks first: for "
       "SIGTERM, SIGINT, SIGHUP, quick_exit() and std::terminate().",
       Style::kFinalizer, "finalizer", InstallExitHooks, nullptr},
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
