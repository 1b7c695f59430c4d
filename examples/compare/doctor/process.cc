// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "examples/compare/doctor/environment.h"
#include "examples/compare/doctor/users.h"

namespace compare {
namespace {

constexpr char kMarked = 1;

// Whether a child sees `*page` empty.
bool IsWipedInChild(const volatile char* page) {
  const pid_t child = fork();
  if (child == 0) _exit(*page == 0 ? 0 : 1);
  int status = -1;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Finding Fork() {
  Finding finding;
  finding.name = "forks";
  const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::string refused;
  bool wiped = false;
  if (memory == MAP_FAILED) {
    refused = strerror(errno);
  } else {
    if (madvise(memory, size, MADV_WIPEONFORK) != 0) refused = strerror(errno);
    char* const page = static_cast<char*>(memory);
    *page = kMarked;
    wiped = refused.empty() && IsWipedInChild(page);
    munmap(memory, size);
  }
  if (wiped) {
    finding.found =
        "the kernel empties a page of memory in a forked child "
        "(MADV_WIPEONFORK)";
    finding.meaning =
        "a child knows at no cost that it is another process, and removes no "
        "temp dir of its parent";
    return finding;
  }
  finding.verdict = Verdict::kWeaker;
  finding.found = absl::StrCat(
      "the kernel does not empty memory in a forked child (MADV_WIPEONFORK: ",
      refused.empty() ? "accepted, and not done" : refused, ")");
  finding.meaning =
      "a child still removes no temp dir of its parent, but the library asks "
      "/proc which process it is in: each registration takes some microseconds "
      "more";
  finding.advice =
      "nothing, if that is fast enough; else Linux 4.14 or newer, not gVisor "
      "or qemu-user";
  return finding;
}

// `/proc` of this process, if it is there.
Finding Proc(bool mounted) {
  Finding finding;
  finding.name = "/proc";
  if (mounted) {
    finding.found = "/proc/self can be read";
    finding.meaning =
        "the library learns there what no system call tells it, about this "
        "process, its threads and its descriptors";
    return finding;
  }
  finding.verdict = Verdict::kWeaker;
  finding.found = "/proc/self cannot be read: /proc is not mounted here";
  finding.meaning =
      "if a process creates its temp dirs inside a temp dir of another one, "
      "reapers do not see that the outer one is in use. Before Linux 6.6 the "
      "library cannot restore permissions that stop a removal. An ordinary "
      "user may be unable to keep an anonymous temp file. And compare_tempdirs "
      "plays no "
      "scenario";
  finding.advice = "mount /proc (`mount -t proc proc /proc`)";
  return finding;
}

std::string CLibrary() {
  char text[128] = "";
#ifdef _CS_GNU_LIBC_VERSION
  confstr(_CS_GNU_LIBC_VERSION, text, sizeof text);
#endif
  return text;
}

// The words that follow "user 0".
std::string Namespace(const std::optional<std::string>& map) {
  if (!map) return "; /proc/self/uid_map cannot be read";
  if (map->empty()) {
    return " of a user namespace that maps nobody (its uid_map is empty)";
  }
  return MapsEverybody(map)
             ? ", outside of any user namespace"
             : " of a user namespace that maps only some users of the machine";
}

}  // namespace

Finding ExitLock(const std::string& library, bool reads_tasks) {
  Finding finding;
  finding.name = "exit()";
  int major = 0;
  int minor = 0;
  if (sscanf(library.c_str(), "glibc %d.%d", &major, &minor) != 2) {
    finding.verdict = Verdict::kNote;
    finding.found = "the C library is not glibc";
    finding.meaning =
        "exit() on several threads at once differs: docs/process_end.md says "
        "how, for musl";
    finding.advice = "let one thread call exit()";
    return finding;
  }
  if (major == 2 && minor < 41) {
    finding.found = absl::StrCat(library, ", whose exit() takes no lock");
    finding.meaning =
        "several threads may call exit(), and so may a child that is forked "
        "meanwhile";
    return finding;
  }
  finding.found = absl::StrCat(
      library, ", whose exit() takes a lock and never gives it back");
  finding.meaning =
      "if one thread is in exit() while another one forks, exit() in that "
      "child sleeps forever, with or without this library";
  finding.advice =
      "end such children by finalize::ExitInChild or _exit (docs/fork.md)";
  finding.verdict = Verdict::kNote;
  if (!reads_tasks) {
    finding.verdict = Verdict::kWeaker;
    absl::StrAppend(&finding.found, "; /proc/self/task cannot be read");
    absl::StrAppend(
        &finding.meaning,
        ". And the library cannot see that a callback sleeps on that lock: "
        "such a callback delays the end until the deadline");
    absl::StrAppend(&finding.advice, "; mount /proc");
  }
  return finding;
}

Finding UserNamespace(uid_t user, const std::optional<std::string>& map,
                      uid_t overflow) {
  Finding finding;
  finding.name = "user namespace";
  const bool whole = MapsEverybody(map);
  finding.found = absl::StrCat("user ", user, Namespace(map));
  if (whole || user != overflow) {
    finding.meaning =
        "your temp dirs are told from those of other users, and what your "
        "killed processes left is removed";
    return finding;
  }
  finding.verdict = Verdict::kWeaker;
  finding.meaning = absl::StrCat(
      "user ", overflow,
      " stands for every user who is not mapped here. So the library cannot "
      "tell what is yours, and removes nothing that killed processes left");
  finding.advice =
      "run the program as a user that the namespace maps (podman --userns, "
      "docker --user)";
  return finding;
}

std::vector<Finding> ExamineProcess() {
  std::error_code error;
  const bool reads_tasks = std::filesystem::exists("/proc/self/task", error);
  const bool has_proc = std::filesystem::exists("/proc/self", error);
  return {Fork(), ExitLock(CLibrary(), reads_tasks), Proc(has_proc),
          UserNamespace(geteuid(), UserMap(), OverflowUser()), Environment()};
}

}  // namespace compare
