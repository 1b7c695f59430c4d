// SPDX-License-Identifier: Apache-2.0

#include "tests/support/refused_calls.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <utility>

#include "tests/support/private_mounts.h"

namespace finalize_test {

namespace {

sock_filter Load(size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset));
}
// Skips `steps` steps unless what was loaded is `value`.
sock_filter SkipUnless(int value, unsigned char steps) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(value), 0,
                  steps);
}
sock_filter Fail(int error) {
  return BPF_STMT(BPF_RET | BPF_K,
                  SECCOMP_RET_ERRNO | static_cast<unsigned>(error));
}

// What no step of `program` has decided is allowed.
std::string Install(std::vector<sock_filter> program) {
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter = {static_cast<unsigned short>(program.size()),
                             program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    return std::string("no filter: ") + strerror(errno);
  }
  return "";
}

}  // namespace

std::string RefuseCalls(const std::vector<int>& calls, int error) {
  std::vector<sock_filter> program = {Load(offsetof(seccomp_data, nr))};
  for (const int call : calls) {
    program.push_back(SkipUnless(call, 1));
    program.push_back(Fail(error));
  }
  return Install(std::move(program));
}

std::string RefuseAdvice(int advice, int error) {
  // The low half of the third argument.
  constexpr size_t kLow =
      __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? sizeof(uint32_t) : 0;
  return Install(
      {Load(offsetof(seccomp_data, nr)), SkipUnless(SYS_madvise, 3),
       Load(offsetof(seccomp_data, args) + 2 * sizeof(uint64_t) + kLow),
       SkipUnless(advice, 1), Fail(error)});
}

std::string HideProc() { return MountPrivateMemory("/proc", nullptr); }

}  // namespace finalize_test
