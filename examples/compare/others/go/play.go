// SPDX-License-Identifier: Apache-2.0

// Plays one way in which a Go program with a temp dir can end:
//
//	play COLUMN SCENARIO CONTENT FILTERS
//
// Each temp dir is made by os.MkdirTemp and removed by a deferred os.RemoveAll.
// CONTENT is a directory; each temp dir gets a copy of what is in it. FILTERS
// has the seccomp programs that make system calls fail. Descriptor 3 gets a mark
// before each step, as in ../../subject/stage.h.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"
)

// --- what the scenarios are made of ---

var watched []string

func stage(whatHappensNext string) {
	var now syscall.Timespec
	const clockMonotonic = 1
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic,
		uintptr(unsafe.Pointer(&now)), 0)
	var mark [64]byte
	binary.LittleEndian.PutUint64(mark[0:], uint64(now.Nano()))
	for _, path := range watched {
		if _, err := os.Lstat(path); err == nil {
			mark[8] = 1
		}
	}
	copy(mark[12:63], whatHappensNext)
	syscall.Write(3, mark[:])
}

func check(condition bool, what string) {
	if !condition {
		fmt.Fprintln(os.Stderr, "cannot be played:", what)
		syscall.Exit(70)
	}
}

func makeDir() string {
	dir, err := os.MkdirTemp("", "play-")
	check(err == nil, "MkdirTemp")
	err = exec.Command("cp", "-RP", os.Args[3]+"/.", dir).Run()
	check(err == nil, "cp")
	watched = append(watched, dir)
	return dir
}

// refuse makes system calls of this goroutine's thread fail, which must be
// locked to it.
func refuse(filter string) {
	code, err := os.ReadFile(os.Args[4] + "/" + filter)
	check(err == nil, "the filter")
	program := struct {
		length uint16
		code   unsafe.Pointer
	}{uint16(len(code) / 8), unsafe.Pointer(&code[0])}
	const noNewPrivs, seccomp, filterMode = 38, 22, 2
	_, _, first := syscall.RawSyscall6(syscall.SYS_PRCTL, noNewPrivs, 1, 0, 0, 0, 0)
	_, _, second := syscall.RawSyscall(syscall.SYS_PRCTL, seccomp, filterMode,
		uintptr(unsafe.Pointer(&program)))
	check(first == 0 && second == 0, "no seccomp filter can be had here")
	runtime.KeepAlive(code)
}

func leaveNoCore() {
	const dumpable = 4
	syscall.RawSyscall(syscall.SYS_PRCTL, dumpable, 0, 0)
}

// failToRemove calls os.RemoveAll on a thread for which no file can be removed.
func failToRemove(dir string) {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this
		refuse("forbid_unlink")
		done <- os.RemoveAll(dir)
	}()
	check(errors.Is(<-done, syscall.EPERM), "RemoveAll says nothing")
}

type owner struct {
	dir   string
	other *owner
}

var held, other *owner

// --- the scenarios ---

func scopeEnd() int {
	func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		stage("at scope end")
	}()
	stage("at exit")
	return 0
}

func remove() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	stage("by Remove()")
	check(os.RemoveAll(dir) == nil, "RemoveAll")
	stage("at scope end")
	return 0
}

func removeTwice() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	stage("by Remove()")
	check(os.RemoveAll(dir) == nil, "RemoveAll")
	stage("by the second Remove()")
	check(os.RemoveAll(dir) == nil, "the second RemoveAll")
	stage("at scope end")
	return 0
}

func assignedOver() int {
	func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		stage("by the assignment")
		dir = makeDir()
		defer os.RemoveAll(dir)
		stage("at scope end")
	}()
	stage("at exit")
	return 0
}

func returned() int {
	create := func() (string, func()) {
		dir := makeDir()
		stage("by the return")
		return dir, func() { os.RemoveAll(dir) }
	}
	func() {
		_, removeDir := create()
		defer removeDir()
		stage("at scope end")
	}()
	stage("at exit")
	return 0
}

func exceptionCaught() int {
	throw := func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		stage("by exception")
		panic("no such record")
	}
	func() {
		defer func() {
			check(recover() != nil, "no panic")
			stage("at exit")
		}()
		throw()
	}()
	return 0
}

func returnFromMain() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	stage("at return")
	return 3
}

func giveUp(depth int) {
	if depth == 0 {
		stage("at exit")
		os.Exit(3)
	}
	giveUp(depth - 1)
}

func exitNested() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	giveUp(5)
	return 0
}

func exitOtherThread() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	go func() {
		stage("at exit")
		os.Exit(3)
	}()
	select {}
}

func underscoreExit() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	stage("at _exit")
	syscall.Exit(3)
	return 0
}

func execAnother() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	stage("at exec")
	err := syscall.Exec("/bin/sh", []string{"sh", "-c", "exit 3"}, os.Environ())
	check(err == nil, "exec")
	return 0
}

func signalled(number syscall.Signal) func() int {
	return func() int {
		dir := makeDir()
		defer os.RemoveAll(dir)
		stage("by the signal")
		check(syscall.Kill(os.Getpid(), number) == nil, "kill")
		for {
			syscall.Pause()
		}
	}
}

func signalledTwice() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	stage("by the signal")
	check(syscall.Kill(os.Getpid(), syscall.SIGTERM) == nil, "kill")
	check(syscall.Kill(os.Getpid(), syscall.SIGTERM) == nil, "kill")
	for {
		syscall.Pause()
	}
}

func exceptionUncaught() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	leaveNoCore()
	stage("by the panic")
	panic("no such record")
}

// writeToForbiddenPage makes the wild write of a program with a bug.
func writeToForbiddenPage() {
	page, err := syscall.Mmap(-1, 0, os.Getpagesize(), syscall.PROT_NONE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON)
	check(err == nil, "mmap")
	stage("by the signal")
	page[0] = 1
}

func sigsegv() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	leaveNoCore()
	writeToForbiddenPage()
	return 0
}

func sigsegvBusy() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	leaveNoCore()
	for i := 0; i < 8; i++ {
		name := fmt.Sprintf("%s/busy-%d", dir, i)
		text := make([]byte, 4096)
		check(os.WriteFile(name, text, 0o600) == nil, "write")
		go func() {
			for {
				os.WriteFile(name, text, 0o600)
			}
		}()
	}
	writeToForbiddenPage()
	return 0
}

func ownerThrows() int {
	newOwner := func(port int) (o *owner, err error) {
		dir := makeDir()
		defer func() {
			if err != nil {
				os.RemoveAll(dir)
			}
		}()
		stage("by exception")
		if port == 0 {
			return nil, errors.New("no port is free")
		}
		return &owner{dir: dir}, nil
	}
	_, err := newOwner(0)
	check(err != nil, "no error")
	stage("at exit")
	return 0
}

func heapLeaked() int {
	held = &owner{dir: makeDir()}
	stage("at exit")
	return 0
}

func sharedCycle() int {
	a, b := &owner{dir: makeDir()}, &owner{dir: makeDir()}
	a.other, b.other = b, a
	runtime.GC()
	stage("at exit")
	return 0
}

func global() int {
	other = &owner{dir: makeDir()}
	stage("at exit")
	return 0
}

func detachedThread() int {
	made := make(chan bool)
	go func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		made <- true
		select {}
	}()
	<-made
	stage("at exit")
	return 0
}

func fiberSuspended() int {
	suspended := make(chan bool)
	go func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		suspended <- true
		suspended <- false
	}()
	<-suspended
	stage("at exit")
	os.Exit(0)
	return 0
}

func removeFailsOnce() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	stage("by Remove()")
	failToRemove(dir)
	stage("by retry")
	check(os.RemoveAll(dir) == nil, "RemoveAll")
	stage("at scope end")
	return 0
}

func removeFailsScope() int {
	func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		stage("by Remove()")
		failToRemove(dir)
		stage("at scope end")
	}()
	stage("at exit")
	return 0
}

func removeFailsExit() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	stage("by Remove()")
	failToRemove(dir)
	stage("at exit")
	os.Exit(0)
	return 0
}

func undeletable() int {
	runtime.LockOSThread()
	func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		refuse("forbid_unlink")
		stage("at scope end")
	}()
	stage("at exit")
	return 0
}

func openFile() int {
	var file *os.File
	func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		var err error
		file, err = os.Create(dir + "/open")
		check(err == nil, "create")
		_, err = file.WriteString("held")
		check(err == nil, "write")
		stage("at scope end")
	}()
	text := make([]byte, 4)
	_, err := file.ReadAt(text, 0)
	check(err == nil && string(text) == "held", "the open file cannot be read")
	stage("at exit")
	return 0
}

func diskFull() int {
	runtime.LockOSThread()
	func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		refuse("fill_disk")
		_, err := os.Create(dir + "/more")
		check(errors.Is(err, syscall.ENOSPC), "the disk is not full")
		_, err = os.MkdirTemp("", "play-")
		check(errors.Is(err, syscall.ENOSPC), "MkdirTemp on a full disk")
		stage("at scope end")
	}()
	stage("at exit")
	return 0
}

func replaced() int {
	func() {
		dir := makeDir()
		defer os.RemoveAll(dir)
		check(os.Rename(dir, dir+".away") == nil, "rename")
		check(os.Mkdir(dir, 0o700) == nil, "mkdir")
		check(os.WriteFile(dir+"/other", make([]byte, 4096), 0o600) == nil, "write")
		stage("at scope end")
	}()
	stage("at exit")
	return 0
}

func exitInContainer() int {
	dir := makeDir()
	defer os.RemoveAll(dir)
	stage("at exit")
	os.Exit(0)
	return 0
}

func main() {
	scenarios := map[string]func() int{
		"scope-end":          scopeEnd,
		"remove":             remove,
		"remove-twice":       removeTwice,
		"assigned-over":      assignedOver,
		"returned":           returned,
		"exception-caught":   exceptionCaught,
		"return-from-main":   returnFromMain,
		"exit-nested":        exitNested,
		"exit-other-thread":  exitOtherThread,
		"underscore-exit":    underscoreExit,
		"exec":               execAnother,
		"sigterm":            signalled(syscall.SIGTERM),
		"sigint":             signalled(syscall.SIGINT),
		"sighup":             signalled(syscall.SIGHUP),
		"sigterm-twice":      signalledTwice,
		"sigkill":            signalled(syscall.SIGKILL),
		"exception-uncaught": exceptionUncaught,
		"sigsegv":            sigsegv,
		"sigsegv-busy":       sigsegvBusy,
		"owner-throws":       ownerThrows,
		"heap-leaked":        heapLeaked,
		"shared-cycle":       sharedCycle,
		"global":             global,
		"detached-thread":    detachedThread,
		"fiber-suspended":    fiberSuspended,
		"remove-fails-once":  removeFailsOnce,
		"remove-fails-scope": removeFailsScope,
		"remove-fails-exit":  removeFailsExit,
		"undeletable":        undeletable,
		"open-file":          openFile,
		"disk-full":          diskFull,
		"replaced":           replaced,
		"emptydir-exit":      exitInContainer,
		"emptydir-sigkill":   signalled(syscall.SIGKILL),
		"overlay-exit":       exitInContainer,
		"overlay-sigkill":    signalled(syscall.SIGKILL),
		"rootless-exit":      exitInContainer,
		"rootless-sigkill":   signalled(syscall.SIGKILL),
	}
	check(len(os.Args) == 5, "wrong arguments")
	play := scenarios[os.Args[2]]
	check(play != nil, "there is no "+os.Args[2])
	os.Exit(play())
}
