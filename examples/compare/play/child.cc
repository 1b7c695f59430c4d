// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/play/child.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "examples/compare/subject/child_process.h"
#include "examples/compare/subject/owner.h"
#include "examples/compare/subject/place.h"

namespace compare {
namespace {

constexpr char kPlayArgument[] = "--internal_play";
// The same, in a namespace that has been made for it.
constexpr char kContainerArgument[] = "--internal_container";

// The program's name, one of the above, scenario, column and fill. Then there
// may be a command.
constexpr int kFixedArguments = 5;

// No core files.
void LimitCore() {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

// Null where the program has none.
int (*BodyFor(const Scenario& scenario, Style style))() {
  switch (style) {
    case Style::kDestructor:
      return scenario.bodies.destructor;
    case Style::kFinalizer:
      return scenario.bodies.finalizer;
    case Style::kMkdtemp:
      return scenario.bodies.mkdtemp;
    case Style::kOtherLanguage:
      break;
  }
  return nullptr;
}

// Becomes the program of another language.
[[noreturn]] void Execute(char** command) {
  execv(command[0], command);
  Fail(absl::StrCat("cannot run ", command[0]));
}

// The scenario itself.
int PlayHere(const Scenario& scenario, const Column& column, char** command) {
  if (column.style == Style::kOtherLanguage) Execute(command);
  if (column.prepare != nullptr) column.prepare();
  return BodyFor(scenario, column.style)();
}

// The first process of the scenario's container, which outlives the scenario.
int RunContainer(const Scenario& scenario, const Column& column,
                 char** command) {
  EnterPlace(scenario.place);
  const pid_t child = Fork();
  if (child == 0) return PlayHere(scenario, column, command);
  const int status = AwaitEnd(child);
  if (column.afterwards != nullptr) column.afterwards(getenv("TMPDIR"));
  EndAs(status);
}

}  // namespace

std::vector<std::string> ChildArguments(
    const Scenario& scenario, const Column& column, const std::string& fill,
    const std::vector<std::string>& command) {
  std::vector<std::string> arguments = {kPlayArgument, scenario.name, column.id,
                                        fill};
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

bool IsChild(int argc, char** argv) {
  if (argc < 2) return false;
  const std::string_view first = argv[1];
  return (argc >= kFixedArguments &&
          (first == kPlayArgument || first == kContainerArgument)) ||
         (argc == 3 && first == kIdleArgument);
}

int RunChild(int argc, char** argv) {
  if (argc == 3) return std::atoi(argv[2]);
  const Scenario* scenario = FindScenario(argv[2]);
  const Column* column = FindColumn(argv[3]);
  Check(scenario != nullptr && column != nullptr &&
            (BodyFor(*scenario, column->style) != nullptr ||
             argc > kFixedArguments),
        "no such scenario");
  LimitCore();
  SetFill(argv[4]);
  if (argv[1] == std::string_view(kContainerArgument)) {
    return RunContainer(*scenario, *column, argv + kFixedArguments);
  }
  if (scenario->place != Place::kAnyDirectory) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    arguments[0] = kContainerArgument;
    RunInNamespace(arguments);
  }
  return PlayHere(*scenario, *column, argv + kFixedArguments);
}

}  // namespace compare
