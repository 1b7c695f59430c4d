// SPDX-License-Identifier: Apache-2.0

//! Plays one way in which a Rust program with a `tempfile::TempDir` can end:
//!
//!     play COLUMN SCENARIO CONTENT FILTERS
//!
//! CONTENT is a directory; each temp dir gets a copy of what is in it. FILTERS
//! has the seccomp programs that make system calls fail. Descriptor 3 gets a
//! mark before each step, as in ../../subject/stage.h.

use std::cell::RefCell;
use std::future::Future;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::{Command, ExitCode};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::{env, fs, future, io, panic, process, thread};

use tempfile::TempDir;

// The C library that Rust's standard library uses.
mod c {
    #[repr(C)]
    pub struct Timespec {
        pub seconds: i64,
        pub nanos: i64,
    }
    #[repr(C)]
    pub struct FilterProgram {
        pub length: u16,
        pub code: *const u8,
    }
    #[repr(C, align(8))]
    pub struct SignalSet([u8; 128]);
    pub const NO_SIGNALS: SignalSet = SignalSet([0; 128]);
    extern "C" {
        pub fn _exit(code: i32) -> !;
        pub fn clock_gettime(clock: i32, now: *mut Timespec) -> i32;
        pub fn close(descriptor: i32) -> i32;
        pub fn fork() -> i32;
        pub fn kill(process: i32, signal: i32) -> i32;
        pub fn pause() -> i32;
        pub fn pipe(ends: *mut i32) -> i32;
        pub fn prctl(option: i32, ...) -> i32;
        pub fn pthread_sigmask(how: i32, set: *const SignalSet, old: *mut SignalSet) -> i32;
        pub fn raise(signal: i32) -> i32;
        pub fn read(descriptor: i32, to: *mut u8, size: usize) -> isize;
        pub fn sigaddset(set: *mut SignalSet, signal: i32) -> i32;
        pub fn sigemptyset(set: *mut SignalSet) -> i32;
        pub fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
        pub fn write(descriptor: i32, from: *const u8, size: usize) -> isize;
    }
    pub const SIGHUP: i32 = 1;
    pub const SIGINT: i32 = 2;
    pub const SIGKILL: i32 = 9;
    pub const SIGTERM: i32 = 15;
}

// --- what the scenarios are made of ---

static WATCHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn stage(what_happens_next: &str) {
    let present = WATCHED
        .lock()
        .unwrap()
        .iter()
        .any(|path| path.symlink_metadata().is_ok());
    let mut now = c::Timespec { seconds: 0, nanos: 0 };
    const CLOCK_MONOTONIC: i32 = 1;
    unsafe { c::clock_gettime(CLOCK_MONOTONIC, &mut now) };
    let mut mark = [0u8; 64];
    mark[..8].copy_from_slice(&(now.seconds * 1_000_000_000 + now.nanos).to_ne_bytes());
    mark[8..12].copy_from_slice(&(present as i32).to_ne_bytes());
    mark[12..12 + what_happens_next.len()].copy_from_slice(what_happens_next.as_bytes());
    unsafe { c::write(3, mark.as_ptr(), mark.len()) };
}

fn check(condition: bool, what: &str) {
    if !condition {
        eprintln!("cannot be played: {what}");
        unsafe { c::_exit(70) };
    }
}

fn argument(n: usize) -> String {
    env::args().nth(n).unwrap_or_default()
}

fn make() -> TempDir {
    let dir = tempfile::tempdir().expect("tempdir");
    let copied = Command::new("cp")
        .arg("-RP")
        .arg(argument(3) + "/.")
        .arg(dir.path())
        .status();
    check(copied.map_or(false, |status| status.success()), "cp");
    WATCHED.lock().unwrap().push(dir.path().to_path_buf());
    dir
}

/// Makes system calls of this thread, and of those it starts, fail.
fn refuse(filter: &str) {
    let code = fs::read(PathBuf::from(argument(4)).join(filter)).expect("the filter");
    let program = c::FilterProgram {
        length: (code.len() / 8) as u16,
        code: code.as_ptr(),
    };
    const NO_NEW_PRIVS: i32 = 38;
    const SECCOMP: i32 = 22;
    const FILTER_MODE: u64 = 2;
    let done = unsafe {
        c::prctl(NO_NEW_PRIVS, 1u64, 0u64, 0u64, 0u64) == 0
            && c::prctl(SECCOMP, FILTER_MODE, &program as *const c::FilterProgram) == 0
    };
    check(done, "no seccomp filter can be had here");
}

fn leave_no_core() {
    const DUMPABLE: i32 = 4;
    unsafe { c::prctl(DUMPABLE, 0u64) };
}

/// Calls close() on a thread for which no file can be removed.
fn fail_to_remove(dir: TempDir) {
    let unlucky = thread::spawn(move || {
        refuse("forbid_unlink");
        dir.close()
    });
    let error = unlucky.join().unwrap().expect_err("close() says nothing");
    check(error.kind() == io::ErrorKind::PermissionDenied, "the error");
}

fn fork() -> i32 {
    let child = unsafe { c::fork() };
    check(child >= 0, "fork");
    child
}

fn await_child(child: i32, ending: i32) {
    let mut status = 0;
    let found = unsafe { c::waitpid(child, &mut status, 0) };
    check(found == child && status == ending, "the child's end");
}

/// Lets a forked child wait for the end of its parent.
struct ParentsEnd([i32; 2]);

impl ParentsEnd {
    fn new() -> Self {
        let mut ends = [0; 2];
        check(unsafe { c::pipe(ends.as_mut_ptr()) } == 0, "pipe");
        ParentsEnd(ends)
    }

    fn await_in_child(&self) {
        let mut byte = 0u8;
        unsafe { c::close(self.0[1]) };
        let count = unsafe { c::read(self.0[0], &mut byte, 1) };
        check(count == 0, "the parent's pipe");
    }
}

struct Owner {
    _dir: TempDir,
    other: RefCell<Option<Rc<Owner>>>,
}

impl Owner {
    fn new() -> Self {
        Owner { _dir: make(), other: RefCell::new(None) }
    }

    fn listening(port: u16) -> Result<Self, &'static str> {
        let owner = Owner::new();
        stage("by exception");
        if port == 0 {
            return Err("no port is free");
        }
        Ok(owner)
    }
}

// --- ordinary ends ---

fn scope_end() -> u8 {
    {
        let _dir = make();
        stage("at scope end");
    }
    stage("at exit");
    0
}

fn remove() -> u8 {
    let dir = make();
    stage("by Remove()");
    dir.close().expect("close");
    stage("at scope end");
    0
}

fn moved() -> u8 {
    {
        let _outer = {
            let inner = make();
            stage("by the move");
            let moved_to = inner;
            stage("with the one moved from");
            moved_to
        };
        stage("at scope end");
    }
    stage("at exit");
    0
}

fn assigned_over() -> u8 {
    {
        let mut dir = make();
        let first = dir.path().to_path_buf();
        stage("by the assignment");
        dir = make();
        check(!first.exists(), "the first one is still there");
        check(dir.path().exists(), "the second one is gone");
        stage("at scope end");
    }
    stage("at exit");
    0
}

fn returned() -> u8 {
    fn create() -> TempDir {
        let dir = make();
        stage("by the return");
        dir
    }
    {
        let _dir = create();
        stage("at scope end");
    }
    stage("at exit");
    0
}

fn exception_caught() -> u8 {
    let caught = panic::catch_unwind(|| {
        let _dir = make();
        stage("by exception");
        panic!("no such record");
    });
    check(caught.is_err(), "no panic");
    stage("at exit");
    0
}

// --- exits ---

fn return_from_main() -> u8 {
    let _dir = make();
    stage("at return");
    3
}

fn exit_nested() -> u8 {
    fn give_up(depth: i32) {
        if depth == 0 {
            stage("at exit");
            process::exit(3);
        }
        give_up(depth - 1);
    }
    let _dir = make();
    give_up(5);
    0
}

fn exit_other_thread() -> u8 {
    let _dir = make();
    let other = thread::spawn(|| {
        stage("at exit");
        process::exit(3);
    });
    let _: Result<(), _> = other.join();
    0
}

fn underscore_exit() -> u8 {
    let _dir = make();
    stage("at _exit");
    unsafe { c::_exit(3) }
}

fn exec_another() -> u8 {
    let _dir = make();
    stage("at exec");
    let error = Command::new("/bin/sh").args(["-c", "exit 3"]).exec();
    check(false, &error.to_string());
    0
}

// --- signals and crashes ---

fn signalled(number: i32) -> u8 {
    let _dir = make();
    stage("by the signal");
    check(unsafe { c::kill(process::id() as i32, number) } == 0, "kill");
    loop {
        unsafe { c::pause() };
    }
}

/// One that the thread has and one that the process has: both arrive, one right
/// after the other.
fn signalled_twice() -> u8 {
    const BLOCK: i32 = 0;
    const UNBLOCK: i32 = 1;
    let _dir = make();
    let mut term = c::NO_SIGNALS;
    unsafe {
        c::sigemptyset(&mut term);
        c::sigaddset(&mut term, c::SIGTERM);
        c::pthread_sigmask(BLOCK, &term, std::ptr::null_mut());
        c::raise(c::SIGTERM);
        c::kill(process::id() as i32, c::SIGTERM);
    }
    stage("by the signal");
    unsafe { c::pthread_sigmask(UNBLOCK, &term, std::ptr::null_mut()) };
    loop {
        unsafe { c::pause() };
    }
}

fn exception_uncaught() -> u8 {
    let _dir = make();
    leave_no_core();
    stage("by the panic");
    panic!("no such record");
}

fn abort() -> u8 {
    let _dir = make();
    leave_no_core();
    stage("at abort");
    process::abort()
}

fn sigsegv() -> u8 {
    let _dir = make();
    leave_no_core();
    stage("by the signal");
    unsafe { (16 as *mut u8).write_volatile(1) };
    0
}

fn sigsegv_busy() -> u8 {
    let dir = make();
    leave_no_core();
    for i in 0..8 {
        let name = dir.path().join(format!("busy-{i}"));
        fs::write(&name, [0; 4096]).expect("write");
        thread::spawn(move || loop {
            let _ = fs::write(&name, [0; 4096]);
        });
    }
    stage("by the signal");
    unsafe { (16 as *mut u8).write_volatile(1) };
    0
}

// --- forks ---

fn fork_child_exits() -> u8 {
    let _dir = make();
    let child = fork();
    if child == 0 {
        stage("by the child");
        process::exit(0);
    }
    await_child(child, 0);
    stage("by the parent");
    0
}

fn fork_child_returns() -> u8 {
    let _dir = make();
    let child = fork();
    if child == 0 {
        stage("by the child");
        return 0;
    }
    await_child(child, 0);
    stage("by the parent");
    0
}

fn fork_child_killed() -> u8 {
    let _dir = make();
    let child = fork();
    if child == 0 {
        stage("by the child");
        unsafe { c::kill(process::id() as i32, c::SIGKILL) };
    }
    await_child(child, c::SIGKILL);
    stage("by the parent");
    0
}

fn fork_parent_first() -> u8 {
    let _dir = make();
    let end = ParentsEnd::new();
    if fork() == 0 {
        end.await_in_child();
        stage("by the child");
        return 0;
    }
    stage("by the parent");
    0
}

fn fork_daemon() -> u8 {
    let _dir = make();
    let end = ParentsEnd::new();
    if fork() == 0 {
        end.await_in_child();
        stage("by the child");
        return 0;
    }
    stage("at _exit");
    unsafe { c::_exit(0) }
}

// --- ownership ---

fn owner_throws() -> u8 {
    check(Owner::listening(0).is_err(), "no error");
    stage("at exit");
    0
}

fn heap_leaked() -> u8 {
    Box::leak(Box::new(Owner::new()));
    stage("at exit");
    0
}

fn shared_cycle() -> u8 {
    let a = Rc::new(Owner::new());
    let b = Rc::new(Owner::new());
    *a.other.borrow_mut() = Some(b.clone());
    *b.other.borrow_mut() = Some(a.clone());
    stage("at exit");
    0
}

static GLOBAL: Mutex<Option<TempDir>> = Mutex::new(None);

fn global() -> u8 {
    *GLOBAL.lock().unwrap() = Some(make());
    stage("at exit");
    0
}

fn static_local() -> u8 {
    static LOCAL: Mutex<Option<TempDir>> = Mutex::new(None);
    *LOCAL.lock().unwrap() = Some(make());
    stage("at exit");
    0
}

thread_local! {
    static OF_THREAD: RefCell<Option<TempDir>> = RefCell::new(None);
}

fn of_thread() -> u8 {
    OF_THREAD.with(|dir| *dir.borrow_mut() = Some(make()));
    stage("at exit");
    0
}

fn thread_local_ended() -> u8 {
    let worker = thread::spawn(|| {
        OF_THREAD.with(|dir| *dir.borrow_mut() = Some(make()));
        stage("at thread end");
    });
    worker.join().unwrap();
    stage("at exit");
    0
}

fn detached_thread() -> u8 {
    let (made, is_made) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let _dir = make();
        made.send(()).unwrap();
        loop {
            thread::park();
        }
    });
    is_made.recv().unwrap();
    stage("at exit");
    0
}

async fn own_and_suspend() {
    let _dir = make();
    future::pending::<()>().await;
}

struct NobodyWakes;

impl Wake for NobodyWakes {
    fn wake(self: Arc<Self>) {}
}

/// Runs `future` until it waits for something.
fn suspend<T>(future: &mut Pin<Box<impl Future<Output = T>>>) {
    let waker = Waker::from(Arc::new(NobodyWakes));
    let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
    check(poll.is_pending(), "it is not suspended");
}

fn future_destroyed() -> u8 {
    {
        let mut future = Box::pin(own_and_suspend());
        suspend(&mut future);
        stage("at the fiber's end");
    }
    stage("at exit");
    0
}

fn future_suspended() -> u8 {
    let mut future = Box::pin(own_and_suspend());
    suspend(&mut future);
    stage("at exit");
    process::exit(0)
}

// --- trouble ---

fn remove_fails_scope() -> u8 {
    {
        let dir = make();
        stage("by Remove()");
        fail_to_remove(dir);
        stage("at scope end");
    }
    stage("at exit");
    0
}

fn remove_fails_exit() -> u8 {
    let dir = make();
    stage("by Remove()");
    fail_to_remove(dir);
    stage("at exit");
    process::exit(0)
}

fn undeletable() -> u8 {
    {
        let _dir = make();
        refuse("forbid_unlink");
        stage("at scope end");
    }
    stage("at exit");
    0
}

fn open_file() -> u8 {
    let mut file = {
        let dir = make();
        let mut file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .open(dir.path().join("open"))
            .expect("open");
        file.write_all(b"held").expect("write");
        stage("at scope end");
        file
    };
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).expect("seek");
    file.read_to_string(&mut text).expect("read");
    check(text == "held", "the open file cannot be read");
    stage("at exit");
    0
}

fn disk_full() -> u8 {
    {
        const NO_SPACE: i32 = 28;
        let dir = make();
        refuse("fill_disk");
        let more = fs::File::create(dir.path().join("more"));
        check(
            more.map_or_else(|e| e.raw_os_error() == Some(NO_SPACE), |_| false),
            "the disk is not full",
        );
        check(tempfile::tempdir().is_err(), "tempdir() on a full disk");
        stage("at scope end");
    }
    stage("at exit");
    0
}

fn replaced() -> u8 {
    {
        let dir = make();
        let away = PathBuf::from(dir.path().display().to_string() + ".away");
        fs::rename(dir.path(), away).expect("rename");
        fs::create_dir(dir.path()).expect("mkdir");
        fs::write(dir.path().join("other"), [0; 4096]).expect("write");
        stage("at scope end");
    }
    stage("at exit");
    0
}

fn exit_in_container() -> u8 {
    let _dir = make();
    stage("at exit");
    process::exit(0)
}

fn play(scenario: &str) -> u8 {
    match scenario {
        "scope-end" => scope_end(),
        "remove" => remove(),
        "moved" => moved(),
        "assigned-over" => assigned_over(),
        "returned" => returned(),
        "exception-caught" => exception_caught(),
        "return-from-main" => return_from_main(),
        "exit-nested" => exit_nested(),
        "exit-other-thread" => exit_other_thread(),
        "underscore-exit" => underscore_exit(),
        "exec" => exec_another(),
        "sigterm" => signalled(c::SIGTERM),
        "sigint" => signalled(c::SIGINT),
        "sighup" => signalled(c::SIGHUP),
        "sigterm-twice" => signalled_twice(),
        "sigkill" => signalled(c::SIGKILL),
        "exception-uncaught" => exception_uncaught(),
        "abort" => abort(),
        "sigsegv" => sigsegv(),
        "sigsegv-busy" => sigsegv_busy(),
        "fork-child-exits" => fork_child_exits(),
        "fork-child-returns" => fork_child_returns(),
        "fork-child-killed" => fork_child_killed(),
        "fork-parent-first" => fork_parent_first(),
        "fork-daemon" => fork_daemon(),
        "owner-throws" => owner_throws(),
        "heap-leaked" => heap_leaked(),
        "shared-cycle" => shared_cycle(),
        "global" => global(),
        "static-local" => static_local(),
        "thread-local" => of_thread(),
        "thread-local-ended" => thread_local_ended(),
        "detached-thread" => detached_thread(),
        "fiber-destroyed" => future_destroyed(),
        "fiber-suspended" => future_suspended(),
        "remove-fails-scope" => remove_fails_scope(),
        "remove-fails-exit" => remove_fails_exit(),
        "undeletable" => undeletable(),
        "open-file" => open_file(),
        "disk-full" => disk_full(),
        "replaced" => replaced(),
        "emptydir-exit" | "overlay-exit" | "rootless-exit" => exit_in_container(),
        "emptydir-sigkill" | "overlay-sigkill" | "rootless-sigkill" => signalled(c::SIGKILL),
        _ => {
            check(false, &format!("there is no {scenario}"));
            70
        }
    }
}

fn main() -> ExitCode {
    ExitCode::from(play(&argument(2)))
}
