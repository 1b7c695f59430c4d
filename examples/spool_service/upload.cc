// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/upload.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "examples/spool_service/system_error.h"
#include "tempdir/temp_dir_options.h"

namespace spool_service {
namespace {

std::atomic<uint64_t> begun{0};
std::atomic<uint64_t> unpacked{0};
std::atomic<uint64_t> failed{0};

// Its code does not tell a full disk from a process without descriptors; its
// message does.
absl::Status SpoolError(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kCancelled) return status;
  for (int error : {ENOSPC, EDQUOT}) {
    if (absl::StrContains(status.message(), std::strerror(error))) {
      return SystemError(error, "spooling the upload");
    }
  }
  return absl::InternalError(status.message());
}

}  // namespace

UploadCounts CountUploads() {
  UploadCounts counts;
  counts.unpacked = unpacked;
  counts.failed = failed;
  counts.begun = begun;
  return counts;
}

class Upload::Hash {
 public:
  Hash() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    works_ = context_ != nullptr &&
             EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  }
  void Add(const char* data, size_t size) {
    works_ = works_ && EVP_DigestUpdate(context_.get(), data, size) == 1;
  }
  // Returns an empty string if the library has failed.
  std::string End() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!works_ || EVP_DigestFinal_ex(context_.get(), digest, &size) != 1) {
      return "";
    }
    return absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(digest), size));
  }

 private:
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
  bool works_ = false;
};

// Shared with the finalizer, which must not use the Upload.
struct Upload::Outcome {
  std::atomic<bool> unpacked{false};
};

absl::StatusOr<std::unique_ptr<Upload>> Upload::Begin(
    const std::string& spool) {
  absl::StatusOr<tempdir::TempDir> directory =
      tempdir::TempDir::Create(tempdir::TempDirOptions()
                                   .set_parent(spool)
                                   .set_prefix("upload-")
                                   .set_remove_in_background());
  if (!directory.ok()) return SpoolError(directory.status());
  std::unique_ptr<Upload> upload(new Upload(*std::move(directory)));
  if (absl::Status status = upload->Open(); !status.ok()) return status;
  return upload;
}

Upload::Upload(tempdir::TempDir directory)
    : directory_(std::move(directory)),
      hash_(std::make_unique<Hash>()),
      outcome_(std::make_shared<Outcome>()) {
  ++begun;
  // Also for a request that is stuck when the process ends.
  finalize::OnDestroy(lifetime_, "count upload", [outcome = outcome_] {
    ++(outcome->unpacked ? unpacked : failed);
  });
}

Upload::~Upload() {
  if (file_ >= 0) close(file_);
}

absl::Status Upload::Open() {
  const std::string path = (directory_.path() / "body").string();
  file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return file_ >= 0 ? absl::OkStatus()
                    : SystemError(errno, "spooling the upload");
}

absl::Status Upload::Append(const char* data, size_t size) {
  hash_->Add(data, size);
  bytes_ += size;
  while (size > 0) {
    const ssize_t written = write(file_, data, size);
    if (written < 0 && errno != EINTR) {
      return SystemError(errno, "spooling the upload");
    }
    if (written <= 0) continue;
    data += written;
    size -= static_cast<size_t>(written);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Archive>> Upload::End(ArchiveCache* cache) {
  const std::string sha256 = hash_->End();
  if (sha256.empty()) return absl::InternalError("SHA-256 is not available");
  absl::StatusOr<std::shared_ptr<Archive>> archive =
      cache->FindOrUnpack(sha256, [&] { return UnpackInto(sha256); });
  outcome_->unpacked = archive.ok();
  return archive;
}

absl::StatusOr<Archive> Upload::UnpackInto(const std::string& sha256) {
  const std::string content = (directory_.path() / "content").string();
  if (mkdir(content.c_str(), 0700) != 0) {
    return SystemError(errno, "unpacking the upload");
  }
  absl::StatusOr<std::vector<ArchiveEntry>> entries =
      Unpack((directory_.path() / "body").string(), content);
  if (!entries.ok()) return entries.status();
  return Archive{sha256, bytes_, *std::move(entries)};
}

}  // namespace spool_service
