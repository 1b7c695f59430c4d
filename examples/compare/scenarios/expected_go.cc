// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/scenarios/other_columns.h"

namespace compare {
namespace {

constexpr char kColumn[] = "go";

constexpr Expectation Removed(const char* stage, const char* why) {
  return {kColumn, stage, why};
}
constexpr Expectation Left(const char* why) { return {kColumn, nullptr, why}; }
constexpr Expectation Absent(const char* why) {
  return {kColumn, nullptr, why, /*absent=*/true};
}

constexpr char kScopeEnd[] = "at scope end";
constexpr char kException[] = "by exception";

constexpr char kDeferred[] =
    "The deferred call of os.RemoveAll() runs when the function ends.";
constexpr char kNoDefers[] =
    "os.Exit() runs no deferred calls, of no goroutine.";
constexpr char kNoHandler[] =
    "Go ends the process by the signal, unless the program asks for it by "
    "signal.Notify(). Deferred calls do not run.";
constexpr char kNoObject[] =
    "A deferred call belongs to a function, and not to an object: nothing runs "
    "when the garbage collector frees the owner, or at exit.";
constexpr char kNoFork[] =
    "A Go program cannot fork: it has threads, of which the child would have "
    "one. It can only start another program.";
constexpr char kKilled[] =
    "A process cannot handle SIGKILL, and the next one there cannot know that "
    "the directory has lost its owner.";
constexpr char kFault[] = "fatal error: fault";
constexpr char kNoAtExit[] = "Go has no functions that run at exit.";

constexpr OtherExpectation kExpectations[] = {
    {"scope-end", Removed(kScopeEnd, kDeferred)},
    {"remove", Removed("by Remove()",
                       "os.RemoveAll() returns the error, if there is "
                       "one. A deferred call loses it.")},
    {"remove-twice", Removed("by Remove()",
                             "os.RemoveAll() of what does not exist is no "
                             "error.")},
    {"moved", Absent("There is no owner that could move: the path is a string, "
                     "and the deferred call stays with its function.")},
    {"assigned-over",
     Removed(kScopeEnd,
             "The assignment removes nothing. Each deferred call knows the "
             "path that the variable had, and runs when the function ends.")},
    {"returned",
     Removed(kScopeEnd,
             "The function also returns what removes the directory, "
             "and its caller defers that.")},
    {"exception-caught",
     Removed(kException,
             "A panic runs the deferred calls on the way to recover().")},

    {"return-from-main",
     Removed("at return",
             "main() returns no status: it passes that of "
             "another function to os.Exit(), after the deferred "
             "calls of that one.")},
    {"exit-nested", Left(kNoDefers)},
    {"exit-other-thread", Left(kNoDefers)},
    {"quick-exit", Absent("Go has no quick_exit().")},
    {"underscore-exit", Left("syscall.Exit() is the system call.")},
    {"exec", Left("syscall.Exec() discards the whole program.")},

    {"sigterm", Left(kNoHandler)},
    {"sigint", Left(kNoHandler)},
    {"sighup", Left(kNoHandler)},
    {"sigterm-twice", Left(kNoHandler)},
    {"sigterm-again", Absent(kNoAtExit)},
    {"sigterm-in-exit", Absent(kNoAtExit)},
    {"sigkill", Left("A process cannot handle SIGKILL.")},

    {"exception-uncaught",
     {kColumn, "by the panic",
      "A panic runs the deferred calls of its goroutine, and then ends the "
      "program with status 2. Those of other goroutines do not run.",
      /*absent=*/false, Exits(2), "no such record"}},
    {"terminate", Absent("Go has no std::terminate().")},
    {"abort", Absent("Go has no abort().")},
    {"sigsegv",
     {kColumn, nullptr,
      "A wild pointer is a fatal error, which runs no deferred calls and exits "
      "with 2. (A nil pointer is a panic, which runs them.)",
      /*absent=*/false, Exits(2), kFault}},
    {"sigsegv-busy",
     {kColumn, nullptr,
      "The same: a fatal error stops all goroutines, and runs no deferred "
      "calls.",
      /*absent=*/false, Exits(2), kFault}},

    {"fork-child-exits", Absent(kNoFork)},
    {"fork-child-returns", Absent(kNoFork)},
    {"fork-child-killed", Absent(kNoFork)},
    {"fork-parent-first", Absent(kNoFork)},
    {"fork-daemon", Absent(kNoFork)},
    {"fork-daemon-adopts", Absent(kNoFork)},

    {"owner-throws",
     Removed(kException,
             "The function that makes an owner returns an error. Before, it "
             "removes what it made: it has to be written in each of them.")},
    {"heap-leaked", Left(kNoObject)},
    {"shared-cycle", Left(kNoObject)},
    {"global", Left(kNoObject)},
    {"static-local", Absent("Functions of Go have no static variables.")},
    {"thread-local", Absent("Go has no thread-local variables.")},
    {"thread-local-ended", Absent("Go has no thread-local variables.")},
    {"detached-thread",
     Left("The end of main() stops all goroutines: their deferred calls do not "
          "run.")},

    {"fiber-destroyed",
     Absent("A goroutine cannot be destroyed from outside: it ends when its "
            "function returns.")},
    {"fiber-suspended",
     Left("A goroutine is suspended. os.Exit() runs no deferred calls, of no "
          "goroutine.")},

    {"remove-fails-once",
     Removed("by retry", "os.RemoveAll() can be called again.")},
    {"remove-fails-scope",
     Removed(kScopeEnd, "The deferred call tries again, and succeeds.")},
    {"remove-fails-exit", Left(kNoDefers)},
    {"undeletable",
     {kColumn, nullptr,
      "A file that cannot be removed stays, and nobody is told: a deferred "
      "call loses its result.",
      /*absent=*/false, std::nullopt, ""}},
    {"open-file",
     Removed(kScopeEnd,
             "A name can be removed while the file is open: reading and "
             "writing continue to work.")},
    {"disk-full", Removed(kScopeEnd, "Removal needs no room on the disk.")},
    {"replaced",
     {kColumn, nullptr,
      "os.RemoveAll() takes a name. It removes the new directory, and leaves "
      "the one that the program made, which has another name now.",
      /*absent=*/false, std::nullopt, ""}},
    {"created-at-exit", Absent(kNoAtExit)},
    {"leaked-at-exit", Absent(kNoAtExit)},

    {"emptydir-exit", Left(kNoDefers)},
    {"emptydir-sigkill", Left(kKilled)},
    {"overlay-exit", Left(kNoDefers)},
    {"overlay-sigkill", Left(kKilled)},
    {"rootless-exit", Left(kNoDefers)},
    {"rootless-sigkill", Left(kKilled)},
};

}  // namespace

absl::Span<const OtherExpectation> GoExpectations() { return kExpectations; }

}  // namespace compare
