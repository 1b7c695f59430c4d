// SPDX-License-Identifier: Apache-2.0

#include "tests/support/send_signal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace finalize_test {
namespace {

// Allocates nothing: the caller may be a child of a process with threads.
[[noreturn]] void Refuse(const char* what, pid_t number, const char* why) {
  char text[160];
  const int size =
      snprintf(text, sizeof text, "%s %d: %s\n", what, number, why);
  (void)!write(STDERR_FILENO, text, static_cast<size_t>(size));
  abort();
}

void Require(bool condition, const char* what, pid_t number, const char* why) {
  if (!condition) Refuse(what, number, why);
}

void RequireOwn(const char* what, pid_t process) {
  if (process == getpid()) return;
  Require(process > 1, what, process, "this is no process of the test");
  Require(IsUnreapedChild(process), what, process,
          "neither this process nor a child that was not waited for");
}

// Returns the parent of `process`, or 0 if it is not known.
pid_t ParentOf(pid_t process) {
  char text[512];
  snprintf(text, sizeof text, "/proc/%d/stat", process);
  FILE* const file = fopen(text, "re");
  if (file == nullptr) return 0;
  const size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[size] = '\0';
  // number (name) state parent: the name may hold anything.
  const char* const name_end = strrchr(text, ')');
  int parent = 0;
  if (name_end == nullptr) return 0;
  return sscanf(name_end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

bool IsDescendant(pid_t process) {
  const pid_t self = getpid();
  for (process = ParentOf(process); process > 1; process = ParentOf(process)) {
    if (process == self) return true;
  }
  return process == self;
}

bool SendTo(int descriptor, int signal) {
  return syscall(SYS_pidfd_send_signal, descriptor, signal, nullptr, 0) == 0;
}

// If the opened process turns out not to have been reaped, it still has the
// number, so what /proc said in between was about that process.
int Hold(pid_t process) {
  const char* const what = "HeldProcess";
  Require(process > 1, what, process, "this is no process of the test");
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  Require(descriptor >= 0, what, process, strerror(errno));
  Require(IsDescendant(process), what, process,
          "not a descendant of this process");
  Require(SendTo(descriptor, 0), what, process, "it was waited for already");
  return descriptor;
}

}  // namespace

bool IsUnreapedChild(pid_t process) {
  siginfo_t info;
  return process > 1 && waitid(P_PID, static_cast<id_t>(process), &info,
                               WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

void SendSignal(pid_t process, int signal) {
  RequireOwn("SendSignal", process);
  Require(kill(process, signal) == 0, "SendSignal", process, strerror(errno));
}

void QueueSignal(pid_t process, int signal, int value) {
  RequireOwn("QueueSignal", process);
  sigval with = {};
  with.sival_int = value;
  Require(sigqueue(process, signal, with) == 0, "QueueSignal", process,
          strerror(errno));
}

void SendToGroup(pid_t leader, int signal) {
  const char* const what = "SendToGroup";
  Require(leader > 1 && IsUnreapedChild(leader), what, leader,
          "not a child that was not waited for");
  Require(getpgid(leader) == leader, what, leader, "it leads no group");
  Require(kill(-leader, signal) == 0, what, leader, strerror(errno));
}

void SendToThread(pid_t thread, int signal) {
  const char* const what = "SendToThread";
  Require(thread > 0, what, thread, "this is no thread");
  Require(syscall(SYS_tgkill, getpid(), thread, signal) == 0, what, thread,
          strerror(errno));
}

HeldProcess::HeldProcess(pid_t process)
    : number_(process), descriptor_(Hold(process)) {}

HeldProcess::~HeldProcess() { close(descriptor_); }

void HeldProcess::Send(int signal) {
  Require(SendTo(descriptor_, signal), "HeldProcess", number_, strerror(errno));
}

void HeldProcess::AwaitEnd() {
  pollfd end = {descriptor_, POLLIN, 0};
  while (poll(&end, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace finalize_test
