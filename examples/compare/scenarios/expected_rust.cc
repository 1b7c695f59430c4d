// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/scenarios/other_columns.h"

namespace compare {
namespace {

constexpr char kColumn[] = "rust";

constexpr Expectation Removed(const char* stage, const char* why) {
  return {kColumn, stage, why};
}
constexpr Expectation Left(const char* why) { return {kColumn, nullptr, why}; }
constexpr Expectation Absent(const char* why) {
  return {kColumn, nullptr, why, /*absent=*/true};
}

constexpr char kScopeEnd[] = "at scope end";
constexpr char kRemove[] = "by Remove()";
constexpr char kException[] = "by exception";
constexpr char kExit[] = "at exit";

constexpr char kDrops[] = "The end of the scope drops the TempDir.";
constexpr char kNoDrops[] =
    "std::process::exit() drops nothing: the stack is not unwound.";
constexpr char kNoHandler[] =
    "The default action of the signal ends the process in the kernel: nothing "
    "is dropped.";
constexpr char kStatic[] = "A static is never dropped.";
constexpr char kChildDrops[] =
    "The child has a copy of the TempDir, which does not ask whose it is: the "
    "child removes the directory that the parent still uses. The parent's drop "
    "fails, and says nothing.";
constexpr char kConsumed[] =
    "close() consumes the TempDir, also if it fails: there is no owner left "
    "that could try again.";
constexpr char kNoAtExit[] =
    "Rust's standard library has no functions that run at exit.";
constexpr char kKilled[] =
    "A process cannot handle SIGKILL, and the next one there cannot know that "
    "the directory has lost its owner.";
constexpr char kPanic[] = "no such record";

constexpr OtherExpectation kExpectations[] = {
    {"scope-end", Removed(kScopeEnd, kDrops)},
    {"remove",
     Removed(kRemove,
             "close() removes the directory and returns the error, if "
             "there is one. A drop loses it.")},
    {"remove-twice",
     Absent("close() consumes the TempDir: a second call does not compile.")},
    {"moved", Removed(kScopeEnd,
                      "The variable that was moved from is gone for "
                      "the compiler, and is not dropped.")},
    {"assigned-over",
     Removed(kScopeEnd,
             "The assignment drops the first one; the end of the "
             "scope drops the second.")},
    {"returned", Removed(kScopeEnd, "The caller's variable is the owner.")},
    {"exception-caught",
     {kColumn, kException,
      "A panic unwinds the stack, which drops the owner on the way to "
      "catch_unwind(). (In a program with panic=abort it does not.)",
      /*absent=*/false, std::nullopt, kPanic}},

    {"return-from-main",
     Removed("at return",
             "The variables of a function are dropped when it "
             "returns. main() returns an ExitCode.")},
    {"exit-nested", Left(kNoDrops)},
    {"exit-other-thread", Left(kNoDrops)},
    {"quick-exit", Absent("Rust's standard library has no quick_exit().")},
    {"underscore-exit",
     Left("_exit() is the system call: no more code of the program runs.")},
    {"exec", Left("exec discards the whole program.")},

    {"sigterm", Left(kNoHandler)},
    {"sigint", Left(kNoHandler)},
    {"sighup", Left(kNoHandler)},
    {"sigterm-twice", Left(kNoHandler)},
    {"sigterm-again", Absent(kNoAtExit)},
    {"sigterm-in-exit", Absent(kNoAtExit)},
    {"sigkill", Left("A process cannot handle SIGKILL.")},

    {"exception-uncaught",
     {kColumn, "by the panic",
      "A panic of the first thread unwinds its stack, which drops the owner, "
      "and the program exits with 101. (With panic=abort it aborts.)",
      /*absent=*/false, Exits(101), kPanic}},
    {"terminate", Absent("Rust has no std::terminate().")},
    {"abort", Left("std::process::abort() ends the process by SIGABRT.")},
    {"sigsegv", Left("The program writes in an unsafe block. The kernel ends "
                     "the process.")},
    {"sigsegv-busy", Left("The kernel ends the process with all its threads.")},

    {"fork-child-exits", Removed("by the parent",
                                 "std::process::exit() in the child drops "
                                 "nothing.")},
    {"fork-child-returns", Removed("by the child", kChildDrops)},
    {"fork-child-killed", Removed("by the parent", "The child runs nothing.")},
    {"fork-parent-first",
     Removed("by the parent",
             "The first process that drops its TempDir removes the directory, "
             "which here is the parent.")},
    {"fork-daemon",
     Removed("by the child",
             "The child has a copy of the TempDir, and drops it. That is what "
             "the daemon wants, and an accident in every other fork.")},
    {"fork-daemon-adopts",
     Absent("There is nothing to adopt: every process that drops its copy of "
            "the TempDir removes the directory.")},

    {"owner-throws",
     Removed(kException,
             "The function that makes an Owner returns an error, "
             "and drops what it had made.")},
    {"heap-leaked", Left("Box::leak() gives up the drop.")},
    {"shared-cycle", Left("The counts of the two Rc never reach zero.")},
    {"global", Left(kStatic)},
    {"static-local", Left(kStatic)},
    {"thread-local",
     Removed(kExit,
             "exit() drops the thread_local! values of the first "
             "thread, with this C library. Rust does not promise it.")},
    {"thread-local-ended",
     Removed("at thread end",
             "The end of a thread drops its thread_local! values.")},
    {"detached-thread",
     Left("The end of the process stops the thread: its variables are never "
          "dropped.")},

    {"fiber-destroyed",
     Removed("at the fiber's end",
             "The owner is a local variable of an async function. To drop a "
             "suspended future drops its variables.")},
    {"fiber-suspended", Left(kNoDrops)},

    {"remove-fails-once", Absent(kConsumed)},
    {"remove-fails-scope", Left(kConsumed)},
    {"remove-fails-exit", Left(kConsumed)},
    {"undeletable",
     {kColumn, nullptr,
      "A file that cannot be removed stays, and nobody is told: a drop has "
      "nowhere to return an error.",
      /*absent=*/false, std::nullopt, ""}},
    {"open-file",
     Removed(kScopeEnd,
             "A name can be removed while the file is open: reading and "
             "writing continue to work.")},
    {"disk-full", Removed(kScopeEnd, "Removal needs no room on the disk.")},
    {"replaced",
     {kColumn, nullptr,
      "The TempDir knows the directory by its name. It removes the new one, "
      "which is not its own, and leaves its own, which has another name now.",
      /*absent=*/false, std::nullopt, ""}},
    {"created-at-exit", Absent(kNoAtExit)},
    {"leaked-at-exit", Absent(kNoAtExit)},

    {"emptydir-exit", Left(kNoDrops)},
    {"emptydir-sigkill", Left(kKilled)},
    {"overlay-exit", Left(kNoDrops)},
    {"overlay-sigkill", Left(kKilled)},
    {"rootless-exit", Left(kNoDrops)},
    {"rootless-sigkill", Left(kKilled)},
};

}  // namespace

absl::Span<const OtherExpectation> RustExpectations() { return kExpectations; }

}  // namespace compare
