// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/subject/system_call_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstdint>
#include <vector>

namespace compare {
namespace {

using Program = std::vector<sock_filter>;

sock_filter Load(size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}

sock_filter Return(uint32_t what) { return BPF_STMT(BPF_RET | BPF_K, what); }

// The next instruction is run if the accumulator is `value`, else `skip` are
// skipped.
sock_filter IfEqual(uint32_t value, uint8_t skip) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip);
}
// The same, if any of `bits` is set; or if none is.
sock_filter IfAny(uint32_t bits, uint8_t skip) {
  return BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, skip);
}
sock_filter IfNone(uint32_t bits, uint8_t skip) {
  return BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, skip, 0);
}

// Where an argument is in seccomp_data; its low half, on little-endian ones.
size_t Argument(int n) { return offsetof(seccomp_data, args) + 8 * n; }

// `call` fails with `error`.
void Refuse(Program* program, uint32_t call, int error) {
  program->insert(program->end(),
                  {Load(offsetof(seccomp_data, nr)), IfEqual(call, 1),
                   Return(SECCOMP_RET_ERRNO | error)});
}

// The same, where `condition` holds of argument `n`.
void RefuseIf(Program* program, uint32_t call, int n, sock_filter condition,
              int error) {
  program->insert(
      program->end(),
      {Load(offsetof(seccomp_data, nr)), IfEqual(call, 3), Load(Argument(n)),
       condition, Return(SECCOMP_RET_ERRNO | error)});
}

absl::Status Install(Program program) {
  const sock_fprog filter = {static_cast<unsigned short>(program.size()),
                             program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    return absl::ErrnoToStatus(errno, "no seccomp filter can be had here");
  }
  return absl::OkStatus();
}

std::string Bytes(const Program& program) {
  return std::string(reinterpret_cast<const char*>(program.data()),
                     program.size() * sizeof(sock_filter));
}

Program UnlinkForbidden() {
  Program program;
#ifdef __NR_unlink
  Refuse(&program, __NR_unlink, EPERM);
#endif
  RefuseIf(&program, __NR_unlinkat, 2, IfNone(AT_REMOVEDIR, 1), EPERM);
  program.push_back(Return(SECCOMP_RET_ALLOW));
  return program;
}

Program DiskFilled() {
  Program program;
#ifdef __NR_open
  RefuseIf(&program, __NR_open, 1, IfAny(O_CREAT, 1), ENOSPC);
  Refuse(&program, __NR_creat, ENOSPC);
  Refuse(&program, __NR_mkdir, ENOSPC);
  Refuse(&program, __NR_link, ENOSPC);
  Refuse(&program, __NR_symlink, ENOSPC);
  Refuse(&program, __NR_rename, ENOSPC);
#endif
#ifdef __NR_renameat
  Refuse(&program, __NR_renameat, ENOSPC);
#endif
  RefuseIf(&program, __NR_openat, 2, IfAny(O_CREAT, 1), ENOSPC);
  for (const uint32_t call :
       {__NR_mkdirat, __NR_linkat, __NR_symlinkat, __NR_renameat2}) {
    Refuse(&program, call, ENOSPC);
  }
  program.push_back(Return(SECCOMP_RET_ALLOW));
  return program;
}

}  // namespace

absl::Status ForbidUnlink() { return Install(UnlinkForbidden()); }

absl::Status FillDisk() { return Install(DiskFilled()); }

std::string ForbidUnlinkProgram() { return Bytes(UnlinkForbidden()); }

std::string FillDiskProgram() { return Bytes(DiskFilled()); }

}  // namespace compare
