// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/random_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace tempdir_internal {
namespace {

// Up to 256 bytes come in one piece, whatever signals arrive.
bool FromKernel(unsigned char* bytes, size_t size) {
  constexpr unsigned kNonBlock = 1;  // GRND_NONBLOCK
  long got;
  do {
    got = syscall(SYS_getrandom, bytes, size, kNonBlock);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<long>(size);
}

bool FromDevice(unsigned char* bytes, size_t size) {
  const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t got;
  do {
    got = read(fd, bytes, size);
  } while (got < 0 && errno == EINTR);
  close(fd);
  return got == static_cast<ssize_t>(size);
}

uint64_t RotateLeft(uint64_t word, int by) {
  return word << by | word >> (64 - by);
}

// SipHash-2-4 of two words: the same bytes protect the stack, so they must not
// be computable from what comes out.
class SipHash {
 public:
  SipHash(uint64_t key0, uint64_t key1)
      : v_{key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d,
           key0 ^ 0x6c7967656e657261, key1 ^ 0x7465646279746573} {}

  uint64_t operator()(uint64_t first, uint64_t second) {
    Absorb(first);
    Absorb(second);
    Absorb(uint64_t{16} << 56);
    v_[2] ^= 0xff;
    for (int i = 0; i < 4; ++i) Round();
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  void Absorb(uint64_t word) {
    v_[3] ^= word;
    Round();
    Round();
    v_[0] ^= word;
  }
  void Round() {
    v_[0] += v_[1];
    v_[1] = RotateLeft(v_[1], 13) ^ v_[0];
    v_[0] = RotateLeft(v_[0], 32);
    v_[2] += v_[3];
    v_[3] = RotateLeft(v_[3], 16) ^ v_[2];
    v_[0] += v_[3];
    v_[3] = RotateLeft(v_[3], 21) ^ v_[0];
    v_[2] += v_[1];
    v_[1] = RotateLeft(v_[1], 17) ^ v_[2];
    v_[2] = RotateLeft(v_[2], 32);
  }

  uint64_t v_[4];
};

void FromStart(unsigned char* bytes, size_t size) {
  static std::atomic<uint64_t> calls{0};
  uint64_t key[2] = {};
  const auto* start = reinterpret_cast<const void*>(getauxval(AT_RANDOM));
  if (start != nullptr) memcpy(key, start, sizeof key);
  struct timespec time = {};
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    clock_gettime(CLOCK_REALTIME, &time);
    const uint64_t call = calls.fetch_add(1, std::memory_order_relaxed);
    const uint64_t clock = time.tv_sec * uint64_t{1000000000} + time.tv_nsec;
    const uint64_t process = static_cast<uint64_t>(getpid()) << 40;
    const uint64_t word = SipHash(key[0], key[1])(clock, process + call);
    memcpy(bytes + at, &word,
           size - at < sizeof word ? size - at : sizeof word);
  }
}

}  // namespace

void FillRandomBytes(unsigned char* bytes, size_t size) {
  const int saved = errno;
  if (!FromKernel(bytes, size) && !FromDevice(bytes, size)) {
    FromStart(bytes, size);
  }
  errno = saved;
}

}  // namespace tempdir_internal
