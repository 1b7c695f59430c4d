#include "examples/compare/column.h"

namespace compare {

const std::vector<Column>& AllColumns() {
  static const auto& columns = *new std::vector<Column>{
      {"destructor", "destructor style",
       "DestructorTempDir: the directory goes when its owner is destroyed.",
       Style::kDestructor, "", nullptr, nullptr},
      {"finalizer", "finalizer style",
       "FinalizerTempDir: the directory goes when its owner is destroyed or "
       "when the process ends by exit(), whichever comes first.",
       Style::kFinalizer, "", nullptr, nullptr},
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
