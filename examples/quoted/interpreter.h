// SPDX-License-Identifier: Apache-2.0

// What interpreter_host.cc needs of an interpreter with one lock. The comments
// name CPython's functions.
#ifndef EXAMPLES_QUOTED_INTERPRETER_H_
#define EXAMPLES_QUOTED_INTERPRETER_H_

namespace script {

struct Object;

// Returns whether the interpreter runs: Py_IsInitialized() and not
// Py_IsFinalizing().
bool InterpreterRuns();

// Drops one reference to `object`; the lock must be held: Py_DECREF.
void Unreference(Object* object);

// Calls `object`; the lock must be held: PyObject_CallNoArgs. Returns false if
// the call raised an exception.
bool Call(Object* object);

// Holds the interpreter's lock: PyGILState_Ensure, PyGILState_Release.
class InterpreterLock {
 public:
  InterpreterLock();
  ~InterpreterLock();
  InterpreterLock(const InterpreterLock&) = delete;
  InterpreterLock& operator=(const InterpreterLock&) = delete;
};

// Releases the lock that this thread holds, and takes it again:
// Py_BEGIN_ALLOW_THREADS, Py_END_ALLOW_THREADS.
class InterpreterUnlock {
 public:
  InterpreterUnlock();
  ~InterpreterUnlock();
  InterpreterUnlock(const InterpreterUnlock&) = delete;
  InterpreterUnlock& operator=(const InterpreterUnlock&) = delete;
};

}  // namespace script

#endif  // EXAMPLES_QUOTED_INTERPRETER_H_
