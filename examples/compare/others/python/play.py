# SPDX-License-Identifier: Apache-2.0

"""Plays one way in which a Python program with a temp dir can end.

    python3 -I -S play.py COLUMN SCENARIO CONTENT FILTERS

COLUMN is python-del or python-finalize: the two forms of the class below.
CONTENT is a directory; each temp dir gets a copy of what is in it. FILTERS has
the seccomp programs that make system calls fail.

Descriptor 3 gets a mark before each step, as in ../subject/stage.h.
"""

import atexit
import ctypes
import errno
import os
import shutil
import signal
import struct
import sys
import tempfile
import threading
import time
import weakref

COLUMN, SCENARIO, CONTENT, FILTERS = sys.argv[1:]


class DelTempDir:
    """Removes its directory when it is destroyed."""

    name = None  # where mkdtemp() fails, __del__ runs without it

    def __init__(self):
        self.name = tempfile.mkdtemp()

    def remove(self):
        if self.name is not None:
            shutil.rmtree(self.name)
            self.name = None

    @property
    def removed(self):
        return self.name is None

    def __del__(self):
        self.remove()


class FinalizeTempDir:
    """Removes its directory when it is destroyed or when Python exits."""

    def __init__(self):
        self.name = tempfile.mkdtemp()
        self._finalizer = weakref.finalize(self, shutil.rmtree, self.name)

    def remove(self):
        self._finalizer()

    @property
    def removed(self):
        return not self._finalizer.alive


TempDir = {"python-del": DelTempDir, "python-finalize": FinalizeTempDir}[COLUMN]


# --- what the scenarios are made of ---

watched = []


def stage(what_happens_next):
    present = any(os.path.lexists(path) for path in watched)
    mark = struct.pack(
        "=qi52s", time.monotonic_ns(), present, what_happens_next.encode()
    )
    try:
        os.write(3, mark)
    except OSError:
        pass  # nobody compares


def check(condition, what):
    if not condition:
        os.write(2, f"cannot be played: {what}\n".encode())
        os._exit(70)


def make():
    temp_dir = TempDir()
    shutil.copytree(CONTENT, temp_dir.name, symlinks=True, dirs_exist_ok=True)
    watched.append(temp_dir.name)
    return temp_dir


class Owner:
    """An object with a temp dir, as most temp dirs are held."""

    def __init__(self, port=1):
        self.temp_dir = make()
        self.other = None
        if port == 0:
            stage("at the end of the handler")
            raise RuntimeError("no port is free")


def leak(thing):
    """Holds a reference forever, as an extension module with a bug does."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def refuse(filter_name):
    """Makes system calls of this thread, and of those it starts, fail."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    with open(os.path.join(FILTERS, filter_name), "rb") as file:
        code = file.read()
    buffer = ctypes.create_string_buffer(code, len(code))
    program = Program(len(code) // 8, ctypes.addressof(buffer))
    prctl = ctypes.CDLL(None).prctl
    number = ctypes.c_ulong
    no_new_privs, seccomp, filter_mode = 38, 22, number(2)
    check(
        prctl(no_new_privs, number(1), number(0), number(0), number(0)) == 0
        and prctl(seccomp, filter_mode, ctypes.byref(program)) == 0,
        "no seccomp filter can be had here",
    )


def leave_no_core():
    dumpable = 4
    ctypes.CDLL(None).prctl(dumpable, ctypes.c_ulong(0))


def fail_to_remove(temp_dir):
    """Calls remove() on a thread for which no file can be removed."""
    errors = []

    def try_to_remove():
        refuse("forbid_unlink")
        try:
            temp_dir.remove()
        except PermissionError as error:
            errors.append(error.errno)

    unlucky = threading.Thread(target=try_to_remove)
    unlucky.start()
    unlucky.join()
    check(errors == [errno.EPERM], "remove() says nothing")


def await_child(child, ending):
    check(os.waitpid(child, 0) == (child, ending), "the child's end")


class ParentsEnd:
    """Lets a forked child wait for the end of its parent."""

    def __init__(self):
        self.read_end, self.write_end = os.pipe()

    def await_in_child(self):
        os.close(self.write_end)
        check(os.read(self.read_end, 1) == b"", "the parent's pipe")


# --- ordinary ends ---


def scope_end():
    def scope():
        temp_dir = make()
        stage("at scope end")
        return temp_dir.removed

    scope()
    stage("at exit")


def remove():
    temp_dir = make()
    stage("by Remove()")
    temp_dir.remove()
    check(temp_dir.removed, "removed is false after remove()")
    stage("at scope end")


def remove_twice():
    temp_dir = make()
    stage("by Remove()")
    temp_dir.remove()
    stage("by the second Remove()")
    temp_dir.remove()
    stage("at scope end")


def moved():
    def pass_on():
        inner = make()
        stage("by the move")
        moved_to = inner
        del inner
        stage("with the one moved from")
        return moved_to

    def scope():
        outer = pass_on()
        stage("at scope end")
        return outer.removed

    scope()
    stage("at exit")


def assigned_over():
    def scope():
        temp_dir = make()
        first = temp_dir.name
        stage("by the assignment")
        temp_dir = make()
        check(not os.path.exists(first), "the first one is still there")
        stage("at scope end")
        return temp_dir.removed

    scope()
    stage("at exit")


def returned():
    def create():
        temp_dir = make()
        stage("by the return")
        return temp_dir

    def scope():
        temp_dir = create()
        stage("at scope end")
        return temp_dir.removed

    scope()
    stage("at exit")


def exception_caught():
    def throw():
        temp_dir = make()
        stage("by exception")
        raise RuntimeError(f"no such record: {temp_dir.removed}")

    try:
        throw()
    except RuntimeError:
        stage("at the end of the handler")
    stage("at exit")


# --- exits ---


def return_from_main():
    temp_dir = make()
    stage("at return")
    return 3 if not temp_dir.removed else 70


def exit_nested():
    temp_dir = make()

    def give_up(depth):
        if depth == 0:
            stage("at exit")
            sys.exit(3)
        give_up(depth - 1)

    give_up(5)
    return temp_dir.removed


def underscore_exit():
    temp_dir = make()
    stage("at _exit")
    os._exit(3 if not temp_dir.removed else 70)


def exec_another():
    temp_dir = make()
    stage("at exec")
    os.execv("/bin/sh", ["sh", "-c", "exit 3"])
    return temp_dir.removed


def exit_in_container():
    temp_dir = make()
    stage("at exit")
    sys.exit(70 if temp_dir.removed else 0)


# --- signals and crashes ---


def signalled(number):
    temp_dir = make()
    stage("by the signal")
    os.kill(os.getpid(), number)
    while not temp_dir.removed:
        signal.pause()


def signalled_twice():
    temp_dir = make()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    signal.raise_signal(signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    stage("by the signal")
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    while not temp_dir.removed:
        signal.pause()


def signalled_again():
    temp_dir = make()

    @atexit.register
    def hang_under_signals():
        while True:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)

    stage("by the signal")
    os.kill(os.getpid(), signal.SIGTERM)
    while not temp_dir.removed:
        signal.pause()


def signalled_in_exit():
    global held_by_global
    held_by_global = make()

    @atexit.register
    def save_state():
        stage("by the signal")
        os.kill(os.getpid(), signal.SIGTERM)
        stage("later at exit")

    stage("at exit")
    sys.exit(3)


def exception_uncaught():
    temp_dir = make()
    leave_no_core()
    stage("at exit")
    raise RuntimeError(f"no such record: {temp_dir.removed}")


def abort():
    temp_dir = make()
    leave_no_core()
    stage("at abort")
    os.abort()
    return temp_dir.removed


def sigsegv():
    temp_dir = make()
    leave_no_core()
    stage("by the signal")
    ctypes.memset(0, 1, 1)
    return temp_dir.removed


def sigsegv_busy():
    temp_dir = make()
    leave_no_core()

    def write(name, wrote):
        while True:
            with open(name, "wb") as file:
                file.write(bytes(4096))
            wrote.set()

    for i in range(8):
        wrote = threading.Event()
        name = os.path.join(temp_dir.name, f"busy-{i}")
        threading.Thread(target=write, args=(name, wrote), daemon=True).start()
        wrote.wait()
    stage("by the signal")
    ctypes.memset(0, 1, 1)
    return temp_dir.removed


# --- forks ---


def fork_child_exits():
    temp_dir = make()
    child = os.fork()
    if child == 0:
        stage("by the child")
        sys.exit(0)
    await_child(child, 0)
    stage("by the parent")
    return 70 if temp_dir.removed else 0


def fork_child_returns():
    temp_dir = make()
    child = os.fork()
    if child == 0:
        stage("by the child")
        return 70 if temp_dir.removed else 0
    await_child(child, 0)
    stage("by the parent")
    return 0


def fork_child_killed():
    temp_dir = make()
    child = os.fork()
    if child == 0:
        stage("by the child")
        os.kill(os.getpid(), signal.SIGKILL)
    await_child(child, signal.SIGKILL)
    stage("by the parent")
    return 70 if temp_dir.removed else 0


def fork_parent_first():
    temp_dir = make()
    end = ParentsEnd()
    if os.fork() == 0:
        end.await_in_child()
        stage("by the child")
        return 70 if temp_dir.removed else 0
    stage("by the parent")
    return 0


def fork_daemon():
    temp_dir = make()
    end = ParentsEnd()
    if os.fork() == 0:
        end.await_in_child()
        stage("by the child")
        return 70 if temp_dir.removed else 0
    stage("at _exit")
    os._exit(0)


# --- ownership ---


def owner_throws():
    try:
        Owner(port=0)
    except RuntimeError:
        stage("at the end of the handler")
    stage("at exit")


def heap_leaked():
    leak(Owner())
    stage("at exit")


def shared_cycle():
    a, b = Owner(), Owner()
    a.other, b.other = b, a
    stage("at exit")


held_by_global = None


def held_by_a_global():
    global held_by_global
    held_by_global = make()
    stage("at exit")


def static_local():
    static_local.temp_dir = make()
    stage("at exit")


of_thread = threading.local()


def thread_local():
    of_thread.temp_dir = make()
    stage("at exit")


def thread_local_ended():
    def work():
        of_thread.temp_dir = make()
        stage("at thread end")

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    stage("at exit")


def detached_thread():
    made = threading.Event()

    def work():
        temp_dir = make()
        made.set()
        while not temp_dir.removed:
            threading.Event().wait()

    threading.Thread(target=work, daemon=True).start()
    made.wait()
    stage("at exit")


def own_and_suspend():
    temp_dir = make()
    yield
    check(False, f"continued: {temp_dir.removed}")


def generator_destroyed():
    generator = own_and_suspend()
    next(generator)
    stage("at the fiber's end")
    del generator
    stage("at exit")


def generator_suspended():
    generator = own_and_suspend()
    next(generator)
    stage("at exit")
    sys.exit(0)


# --- trouble ---


def remove_fails_once():
    temp_dir = make()
    stage("by Remove()")
    fail_to_remove(temp_dir)
    stage("by retry")
    temp_dir.remove()
    stage("at scope end")


def remove_fails_scope():
    def scope():
        temp_dir = make()
        stage("by Remove()")
        fail_to_remove(temp_dir)
        stage("at scope end")

    scope()
    stage("at exit")


def remove_fails_exit():
    temp_dir = make()
    stage("by Remove()")
    fail_to_remove(temp_dir)
    stage("at exit")
    sys.exit(0)


def undeletable():
    def scope():
        temp_dir = make()
        refuse("forbid_unlink")
        stage("at scope end")
        return temp_dir.removed

    scope()
    stage("at exit")


def open_file():
    def scope():
        temp_dir = make()
        file = open(os.path.join(temp_dir.name, "open"), "wb+", buffering=0)
        file.write(b"held")
        stage("at scope end")
        return file

    file = scope()
    file.seek(0)
    check(file.read() == b"held", "the open file cannot be read")
    file.close()
    stage("at exit")


def disk_full():
    def scope():
        temp_dir = make()
        refuse("fill_disk")
        try:
            TempDir()
        except OSError as error:
            check(error.errno == errno.ENOSPC, f"on a full disk: {error}")
        else:
            check(False, "the disk is not full")
        stage("at scope end")
        return temp_dir.removed

    scope()
    stage("at exit")


def replaced():
    def scope():
        temp_dir = make()
        path = temp_dir.name
        os.rename(path, path + ".away")
        os.mkdir(path)
        with open(os.path.join(path, "other"), "wb") as file:
            file.write(bytes(4096))
        stage("at scope end")

    scope()
    stage("at exit")


def created_at_exit():
    @atexit.register
    def save_state():
        global held_by_global
        held_by_global = make()
        stage("later at exit")


def leaked_at_exit():
    @atexit.register
    def save_state():
        leak(make())
        stage("later at exit")


SCENARIOS = {
    "scope-end": scope_end,
    "remove": remove,
    "remove-twice": remove_twice,
    "moved": moved,
    "assigned-over": assigned_over,
    "returned": returned,
    "exception-caught": exception_caught,
    "return-from-main": return_from_main,
    "exit-nested": exit_nested,
    "underscore-exit": underscore_exit,
    "exec": exec_another,
    "sigterm": lambda: signalled(signal.SIGTERM),
    "sigint": lambda: signalled(signal.SIGINT),
    "sighup": lambda: signalled(signal.SIGHUP),
    "sigterm-twice": signalled_twice,
    "sigterm-again": signalled_again,
    "sigterm-in-exit": signalled_in_exit,
    "sigkill": lambda: signalled(signal.SIGKILL),
    "exception-uncaught": exception_uncaught,
    "abort": abort,
    "sigsegv": sigsegv,
    "sigsegv-busy": sigsegv_busy,
    "fork-child-exits": fork_child_exits,
    "fork-child-returns": fork_child_returns,
    "fork-child-killed": fork_child_killed,
    "fork-parent-first": fork_parent_first,
    "fork-daemon": fork_daemon,
    "owner-throws": owner_throws,
    "heap-leaked": heap_leaked,
    "shared-cycle": shared_cycle,
    "global": held_by_a_global,
    "static-local": static_local,
    "thread-local": thread_local,
    "thread-local-ended": thread_local_ended,
    "detached-thread": detached_thread,
    "fiber-destroyed": generator_destroyed,
    "fiber-suspended": generator_suspended,
    "remove-fails-once": remove_fails_once,
    "remove-fails-scope": remove_fails_scope,
    "remove-fails-exit": remove_fails_exit,
    "undeletable": undeletable,
    "open-file": open_file,
    "disk-full": disk_full,
    "replaced": replaced,
    "created-at-exit": created_at_exit,
    "leaked-at-exit": leaked_at_exit,
    "emptydir-exit": exit_in_container,
    "emptydir-sigkill": lambda: signalled(signal.SIGKILL),
    "overlay-exit": exit_in_container,
    "overlay-sigkill": lambda: signalled(signal.SIGKILL),
    "rootless-exit": exit_in_container,
    "rootless-sigkill": lambda: signalled(signal.SIGKILL),
}

check(SCENARIO in SCENARIOS, f"there is no {SCENARIO}")
sys.exit(SCENARIOS[SCENARIO]())
