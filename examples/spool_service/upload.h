// SPDX-License-Identifier: Apache-2.0

// Upload: the body of one request, spooled into a temp dir of its own.
//
//   absl::StatusOr<std::unique_ptr<Upload>> upload = Upload::Begin(spool);
//   ...
//   status = (*upload)->Append(data, size);  // for each piece
//   ...
//   absl::StatusOr<std::shared_ptr<Archive>> archive = (*upload)->End(&cache);
//
// The directory is removed in the background when the Upload is destroyed, or
// when the process ends, whichever comes first.
#ifndef EXAMPLES_SPOOL_SERVICE_UPLOAD_H_
#define EXAMPLES_SPOOL_SERVICE_UPLOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/spool_service/archive.h"
#include "examples/spool_service/archive_cache.h"
#include "finalize/lifetime.h"
#include "tempdir/temp_dir.h"

namespace spool_service {

// How many uploads this process has begun, and what became of them. The others
// are open.
struct UploadCounts {
  uint64_t begun = 0;
  uint64_t unpacked = 0;  // also those that were found in the cache
  uint64_t failed = 0;    // refused, or left by the client or by the process
};
UploadCounts CountUploads();

// Confined to one thread.
class Upload {
 public:
  // Returns ResourceExhausted if the disk is full, Cancelled if the process
  // ends, and Internal if the system fails otherwise. So does Append.
  static absl::StatusOr<std::unique_ptr<Upload>> Begin(
      const std::string& spool);
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  absl::Status Append(const char* data, size_t size);

  // Everything has arrived. Fails as Unpack (archive.h) does.
  absl::StatusOr<std::shared_ptr<Archive>> End(ArchiveCache* cache);

 private:
  class Hash;
  struct Outcome;

  explicit Upload(tempdir::TempDir directory);
  absl::Status Open();
  absl::StatusOr<Archive> UnpackInto(const std::string& sha256);

  tempdir::TempDir directory_;
  int file_ = -1;
  uint64_t bytes_ = 0;
  std::unique_ptr<Hash> hash_;
  std::shared_ptr<Outcome> outcome_;
  finalize::Lifetime lifetime_;  // last: what it runs comes first
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_UPLOAD_H_
