// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/archive_cache.h"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/shared.h"

namespace spool_service {

std::shared_ptr<Archive> ArchiveCache::Find(const std::string& sha256) {
  return archives_.Get(sha256);
}

absl::StatusOr<std::shared_ptr<Archive>> ArchiveCache::FindOrUnpack(
    const std::string& sha256,
    absl::FunctionRef<absl::StatusOr<Archive>()> unpack) {
  absl::Status failure =
      absl::InternalError("the archive is being unpacked by this thread");
  bool unpacked = false;
  std::shared_ptr<Archive> archive =
      archives_.GetOrCreate(sha256, [&]() -> std::shared_ptr<Archive> {
        absl::StatusOr<Archive> fresh = unpack();
        failure = fresh.status();
        if (!fresh.ok()) return nullptr;  // for this request alone
        unpacked = true;
        return finalize::MakeShared<Archive>(*std::move(fresh));
      });
  if (archive == nullptr) return failure;
  if (unpacked) KeepAlive(archive);
  return archive;
}

void ArchiveCache::KeepAlive(std::shared_ptr<Archive> archive) {
  std::shared_ptr<Archive> oldest;  // destroyed without the lock
  const std::lock_guard<std::mutex> lock(mutex_);
  recent_.push_back(std::move(archive));
  if (recent_.size() <= kRecent) return;
  oldest = std::move(recent_.front());
  recent_.pop_front();
}

}  // namespace spool_service
