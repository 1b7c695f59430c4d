// SPDX-License-Identifier: Apache-2.0

#include <signal.h>

#include "examples/compare/scenarios/other_columns.h"

namespace compare {
namespace {

// What is said of the first holds for both, where the second has none.
constexpr char kBoth[] = "python-del";
constexpr char kFinalize[] = "python-finalize";

constexpr Expectation Removed(const char* stage, const char* why) {
  return {kBoth, stage, why};
}
constexpr Expectation Left(const char* why) { return {kBoth, nullptr, why}; }
constexpr Expectation Absent(const char* why) {
  return {kBoth, nullptr, why, /*absent=*/true};
}
constexpr Expectation FinalizeRemoved(const char* stage, const char* why) {
  return {kFinalize, stage, why};
}
constexpr Expectation FinalizeLeft(const char* why) {
  return {kFinalize, nullptr, why};
}

constexpr char kScopeEnd[] = "at scope end";
constexpr char kRemove[] = "by Remove()";
constexpr char kHandlerEnds[] = "at the end of the handler";
constexpr char kExit[] = "at exit";
constexpr char kChild[] = "by the child";
constexpr char kParent[] = "by the parent";

constexpr char kLastReference[] =
    "The function ends, and with it the last reference to the object. CPython "
    "destroys the object at once; other Pythons do so later.";
constexpr char kHandlerHolds[] =
    "The exception holds its traceback, and the traceback holds the local "
    "variables of each function. They go when the handler ends.";
constexpr char kNoHandler[] =
    "Python has no handler for this signal unless the program installs one: "
    "the default action ends the process.";
constexpr char kTornDown[] =
    "Python destroys the objects of its modules when it exits, and __del__ "
    "runs. It is not promised, nor is it that what __del__ calls still works "
    "by then.";
constexpr char kAtExit[] =
    "weakref.finalize registers an atexit function, which calls the finalizers "
    "that are still alive.";
constexpr char kChildRemoves[] =
    "The child has a copy of the object and does not ask whose directory it "
    "is: it removes what the parent still uses. The parent then fails to "
    "remove it, and prints a FileNotFoundError.";
constexpr char kDeadAfterFailure[] =
    "A finalizer is dead once it was called, also if it failed: `removed` is "
    "true, the directory is still there, and nobody tries again.";
constexpr char kUnwinds[] =
    "sys.exit() raises SystemExit, which unwinds all functions, in a container "
    "as anywhere else.";
constexpr char kKilled[] =
    "A process cannot handle SIGKILL, and the next one there cannot know that "
    "the directory has lost its owner.";
constexpr char kNotFound[] = "FileNotFoundError";

constexpr OtherExpectation kExpectations[] = {
    {"scope-end", Removed(kScopeEnd, kLastReference)},
    {"remove",
     Removed(kRemove,
             "remove() calls shutil.rmtree(), and raises what that raises.")},
    {"remove-twice",
     Removed(kRemove,
             "The second call finds the name gone, and does nothing.")},
    {"remove-twice",
     FinalizeRemoved(kRemove,
                     "A dead finalizer does nothing when it is called.")},
    {"moved",
     Removed(kScopeEnd,
             "There is one object, and what moves are references to it. It is "
             "destroyed with the last of them.")},
    {"assigned-over",
     Removed(kScopeEnd,
             "The variable gives up its reference to the first object, which "
             "is destroyed. The second one is at the end of the function.")},
    {"returned",
     Removed(kScopeEnd, "The caller gets a reference to the same object.")},
    {"exception-caught", Removed(kHandlerEnds, kHandlerHolds)},

    {"return-from-main", Removed("at return", kLastReference)},
    {"exit-nested",
     Removed(kExit,
             "sys.exit() raises SystemExit, which unwinds all functions up to "
             "the first, and destroys their variables.")},
    {"exit-other-thread",
     Absent("sys.exit() on another thread ends that thread, and not the "
            "process.")},
    {"quick-exit", Absent("Python has no quick_exit().")},
    {"underscore-exit",
     Left("os._exit() is the system call: no more of Python runs.")},
    {"exec", Left("os.execv() discards the whole program with its objects and "
                  "atexit functions.")},

    {"sigterm", Left(kNoHandler)},
    {"sigint",
     {kBoth, "by the signal",
      "Python makes a KeyboardInterrupt of SIGINT, which unwinds. Python "
      "prints it, exits, and kills itself by the signal.",
      /*absent=*/false, std::nullopt, "KeyboardInterrupt"}},
    {"sighup", Left(kNoHandler)},
    {"sigterm-twice", Left(kNoHandler)},
    {"sigterm-again", Left("The first signal ends the process: no atexit "
                           "function runs that could hang.")},
    {"sigterm-in-exit",
     Left("A global holds the object, since sys.exit() would drop local "
          "variables before. The signal ends the process while atexit "
          "functions run.")},
    {"sigkill", Left("A process cannot handle SIGKILL.")},

    {"exception-uncaught",
     {kBoth, kExit,
      "Python prints the exception and exits with 1. sys.last_traceback holds "
      "the object until the modules are torn down; then __del__ runs.",
      /*absent=*/false, Exits(1)}},
    {"exception-uncaught",
     {kFinalize, kExit,
      "Python prints the exception and exits with 1, and that runs atexit "
      "functions as every exit does.",
      /*absent=*/false, Exits(1)}},
    {"terminate", Absent("Python has no std::terminate().")},
    {"abort", Left("os.abort() ends the process by SIGABRT: no more of Python "
                   "runs.")},
    {"sigsegv", Left("The program writes by ctypes, as an extension module "
                     "with a bug does. The kernel ends the process.")},

    {"sigsegv-busy", Left("The kernel ends the process with all its threads, "
                          "whichever of them has the interpreter.")},

    {"fork-child-exits",
     {kBoth, kChild, kChildRemoves, /*absent=*/false, std::nullopt, kNotFound}},
    {"fork-child-returns",
     {kBoth, kChild, kChildRemoves, /*absent=*/false, std::nullopt, kNotFound}},
    {"fork-child-killed",
     Removed(kParent,
             "The child runs nothing. The parent's object is "
             "destroyed later.")},
    {"fork-parent-first",
     {kBoth, kParent,
      "The first process that destroys its object removes the directory. The "
      "child then fails to remove it, and prints a FileNotFoundError.",
      /*absent=*/false, std::nullopt, kNotFound}},
    {"fork-daemon",
     Removed(kChild,
             "The child has a copy of the object, and destroys it. That is "
             "what the daemon wants, and an accident in every other fork.")},
    {"fork-daemon-adopts",
     Absent("There is nothing to adopt: every process that destroys its copy "
            "of the object removes the directory.")},

    {"owner-throws", Removed(kHandlerEnds, kHandlerHolds)},
    {"heap-leaked",
     Left("One reference too many is counted, as after a bug in an extension "
          "module: the object is never destroyed.")},
    {"heap-leaked", FinalizeRemoved(kExit, kAtExit)},
    {"shared-cycle",
     Removed(kExit,
             "The garbage collector finds the cycle, here when Python exits. "
             "It may run earlier or not at all.")},
    {"shared-cycle", FinalizeRemoved(kExit, kAtExit)},
    {"global", Removed(kExit, kTornDown)},
    {"global", FinalizeRemoved(kExit, kAtExit)},
    {"static-local", Removed(kExit, kTornDown)},
    {"static-local", FinalizeRemoved(kExit, kAtExit)},
    {"thread-local", Removed(kExit, kTornDown)},
    {"thread-local", FinalizeRemoved(kExit, kAtExit)},
    {"thread-local-ended",
     Removed("at thread end",
             "The end of a thread drops what its threading.local() has.")},
    {"detached-thread",
     Left("A daemon thread is stopped where it is: its variables are never "
          "dropped.")},
    {"detached-thread",
     FinalizeRemoved(kExit,
                     "weakref.finalize removes the directory when "
                     "Python exits, while its owner is still busy.")},

    {"fiber-destroyed",
     Removed("at the fiber's end",
             "The owner is a local variable of a generator. To destroy a "
             "suspended generator raises GeneratorExit in it, which unwinds "
             "it.")},
    {"fiber-suspended",
     Removed(kExit,
             "sys.exit() unwinds the function that has the generator, and that "
             "destroys the generator with its variables.")},

    {"remove-fails-once",
     Removed("by retry",
             "The name is forgotten only after rmtree() has succeeded.")},
    {"remove-fails-once", FinalizeLeft(kDeadAfterFailure)},
    {"remove-fails-scope",
     Removed(kScopeEnd, "__del__ tries again, and succeeds.")},
    {"remove-fails-scope", FinalizeLeft(kDeadAfterFailure)},
    {"remove-fails-exit",
     Removed(kExit, "SystemExit unwinds, and __del__ tries again.")},
    {"remove-fails-exit", FinalizeLeft(kDeadAfterFailure)},
    {"undeletable",
     {kBoth, nullptr,
      "A file that cannot be removed stays. Nobody can catch what __del__ or a "
      "finalizer raises: Python prints it, and continues.",
      /*absent=*/false, std::nullopt, "PermissionError"}},
    {"open-file",
     Removed(kScopeEnd,
             "A name can be removed while the file is open: reading and "
             "writing continue to work.")},
    {"disk-full", Removed(kScopeEnd, "Removal needs no room on the disk.")},
    {"replaced",
     {kBoth, nullptr,
      "The class knows the directory by its name. It removes the new one, "
      "which is not its own, and leaves its own, which has another name now.",
      /*absent=*/false, std::nullopt, ""}},
    {"created-at-exit", Removed("later at exit", kTornDown)},
    {"created-at-exit",
     FinalizeLeft(
         "atexit functions are running: one that is registered now, as "
         "by the first weakref.finalize of the program, is not called.")},
    {"leaked-at-exit", Left("It is never destroyed.")},
    {"leaked-at-exit",
     FinalizeLeft(
         "atexit functions are running: one that is registered now, as "
         "by the first weakref.finalize of the program, is not called.")},

    {"emptydir-exit", Removed(kExit, kUnwinds)},
    {"emptydir-sigkill", Left(kKilled)},
    {"overlay-exit", Removed(kExit, kUnwinds)},
    {"overlay-sigkill", Left(kKilled)},
    {"rootless-exit", Removed(kExit, kUnwinds)},
    {"rootless-sigkill", Left(kKilled)},
};

}  // namespace

absl::Span<const OtherExpectation> PythonExpectations() {
  return kExpectations;
}

}  // namespace compare
