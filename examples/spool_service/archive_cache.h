// SPDX-License-Identifier: Apache-2.0

// The archives that this process has unpacked, by their SHA-256. It keeps those
// alive that were unpacked last; an older one is in it as long as a request
// uses it.
#ifndef EXAMPLES_SPOOL_SERVICE_ARCHIVE_CACHE_H_
#define EXAMPLES_SPOOL_SERVICE_ARCHIVE_CACHE_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "examples/spool_service/archive.h"
#include "finalize/weak_value_map.h"

namespace spool_service {

// Thread-safe. Must never be destroyed, because threads may use it until the
// end of the process.
class ArchiveCache {
 public:
  // Returns null if it is not in the cache.
  std::shared_ptr<Archive> Find(const std::string& sha256);

  // Calls `unpack` if it is not in the cache; one thread at a time does so for
  // an archive, and others wait for it. Fails as `unpack` does.
  absl::StatusOr<std::shared_ptr<Archive>> FindOrUnpack(
      const std::string& sha256,
      absl::FunctionRef<absl::StatusOr<Archive>()> unpack);

 private:
  static constexpr size_t kRecent = 64;

  void KeepAlive(std::shared_ptr<Archive> archive);

  finalize::WeakValueMap<std::string, Archive> archives_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Archive>> recent_;
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_ARCHIVE_CACHE_H_
