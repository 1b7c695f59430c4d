// SPDX-License-Identifier: Apache-2.0

#include "examples/with_tempdir/group_witness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "examples/send_signal.h"

namespace with_tempdir {
namespace {

constexpr timespec kNow = {0, 0};
constexpr timespec kPause = {0, 1'000'000};
constexpr int kMaxPauses = 1000;

bool Take(int number, siginfo_t* info) {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  return sigtimedwait(&only, info, &kNow) == number;
}

ssize_t Receive(int socket, char* byte) {
  ssize_t size;
  do {
    size = read(socket, byte, 1);
  } while (size < 0 && errno == EINTR);
  return size;
}

[[noreturn]] void Witness(int socket, char** argv) {
  prctl(PR_SET_NAME, "group-witness");
  for (; *argv != nullptr; ++argv) memset(*argv, 0, strlen(*argv));
  dup2(socket, 0);
  close_range(1, ~0U, 0);
  char byte;
  while (Receive(0, &byte) == 1) {
    siginfo_t info;
    byte = Take(byte, &info) ? 1 : 0;
    if (send(0, &byte, 1, MSG_NOSIGNAL) != 1) break;
  }
  _exit(0);
}

// Whether it may be about to send more.
bool IsBusy(pid_t pid) {
  char text[512];
  snprintf(text, sizeof text, "/proc/%d/stat", pid);
  const int file = open(text, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  text[std::max<ssize_t>(size, 0)] = '\0';
  const char* const name_end = strrchr(text, ')');
  if (name_end == nullptr || name_end[1] == '\0') return false;
  return name_end[2] == 'R' || name_end[2] == 'D';
}

void AwaitRest(const siginfo_t& signal) {
  if (signal.si_code > 0 || signal.si_pid <= 0 || signal.si_pid == getpid()) {
    return;
  }
  for (int i = 0; i < kMaxPauses && IsBusy(signal.si_pid); ++i) {
    nanosleep(&kPause, nullptr);
  }
}

}  // namespace

GroupWitness::GroupWitness(char** argv) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  pid_ = fork();
  if (pid_ == 0) Witness(ends[1], argv);
  close(ends[1]);
  socket_ = ends[0];
}

GroupWitness::~GroupWitness() {
  if (socket_ >= 0) close(socket_);
  if (pid_ <= 0) return;
  examples::SendSignal(pid_, SIGCONT);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool GroupWitness::Ask(int number, bool* has_got) {
  if (pid_ <= 0) return false;
  // The kernel does not change a group while it sends to it: this waits for
  // that.
  setpgid(0, getpgrp());
  // It may have been stopped along with the group.
  examples::SendSignal(pid_, SIGCONT);
  char byte = static_cast<char>(number);
  if (send(socket_, &byte, 1, MSG_NOSIGNAL) != 1) return false;
  if (Receive(socket_, &byte) != 1) return false;
  *has_got = byte == 1;
  return true;
}

bool GroupWitness::Saw(const siginfo_t& signal) {
  bool has_got;
  if (!Ask(signal.si_signo, &has_got)) return signal.si_code == SI_KERNEL;
  if (!has_got) {
    AwaitRest(signal);
    if (!Ask(signal.si_signo, &has_got) || !has_got) return false;
  }
  // A signal that arrived while it was asked.
  siginfo_t repeated;
  while (Take(signal.si_signo, &repeated)) {
    if (Ask(signal.si_signo, &has_got) && has_got) continue;
    if (repeated.si_pid == signal.si_pid) continue;
    raise(signal.si_signo);
    break;
  }
  return true;
}

void GroupWitness::Forget(int number) {
  bool has_got;
  Ask(number, &has_got);
}

}  // namespace with_tempdir
