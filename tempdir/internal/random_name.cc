#include "tempdir/internal/random_name.h"

#include <errno.h>
#include <sys/random.h>

#include <cstdint>

#include "finalize/owner_process.h"

namespace tempdir_internal {
namespace {

// Up to 256 bytes come in one piece, whatever signals arrive.
constexpr size_t kFetched = 256;

struct RandomBytes {
  uint32_t process = 0;
  size_t left = 0;
  unsigned char bytes[kFetched] = {};
};
thread_local RandomBytes random_bytes;

bool Fetch() {
  ssize_t got;
  do {
    got = getrandom(random_bytes.bytes, kFetched, 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  random_bytes.left = static_cast<size_t>(got);
  random_bytes.process = finalize::OwnerProcess().number();
  return true;
}

}  // namespace

bool AppendRandomLetters(std::string* name, size_t letters) {
  if (random_bytes.process != finalize::OwnerProcess().number()) {
    DiscardRandomBytes();
  }
  for (; letters > 0; --letters) {
    if (random_bytes.left == 0 && !Fetch()) return false;
    const unsigned char byte = random_bytes.bytes[--random_bytes.left];
    name->push_back("abcdefghijklmnopqrstuvwxyz234567"[byte & 31]);
  }
  return true;
}

void DiscardRandomBytes() { random_bytes.left = 0; }

}  // namespace tempdir_internal
