// SPDX-License-Identifier: Apache-2.0

#include "tests/support/refused_calls.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

#include "tests/support/private_mounts.h"

namespace finalize_test {

std::string RefuseCalls(const std::vector<int>& calls, int error) {
  std::vector<sock_filter> program;
  const auto add = [&](sock_filter step) { program.push_back(step); };
  add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (const int call : calls) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    add(BPF_STMT(BPF_RET | BPF_K,
                 SECCOMP_RET_ERRNO | static_cast<unsigned>(error)));
  }
  add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter = {static_cast<unsigned short>(program.size()),
                             program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    return std::string("no filter: ") + strerror(errno);
  }
  return "";
}

std::string HideProc() { return MountPrivateMemory("/proc", nullptr); }

}  // namespace finalize_test
