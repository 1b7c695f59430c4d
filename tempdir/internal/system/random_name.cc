// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/random_name.h"

#include <cstdint>

#include "finalize/owner_process.h"
#include "tempdir/internal/system/random_bytes.h"

namespace tempdir_internal {
namespace {

constexpr size_t kFetched = 256;

struct RandomBytes {
  uint32_t process = 0;
  size_t left = 0;
  unsigned char bytes[kFetched] = {};
};
thread_local RandomBytes random_bytes;

void Fetch() {
  FillRandomBytes(random_bytes.bytes, kFetched);
  random_bytes.left = kFetched;
  random_bytes.process = finalize::OwnerProcess().number();
}

}  // namespace

bool AppendRandomLetters(std::string* name, size_t letters) {
  if (random_bytes.process != finalize::OwnerProcess().number()) {
    DiscardRandomBytes();
  }
  for (; letters > 0; --letters) {
    if (random_bytes.left == 0) Fetch();
    const unsigned char byte = random_bytes.bytes[--random_bytes.left];
    name->push_back("abcdefghijklmnopqrstuvwxyz234567"[byte & 31]);
  }
  return true;
}

void DiscardRandomBytes() { random_bytes.left = 0; }

}  // namespace tempdir_internal
