// SPDX-License-Identifier: Apache-2.0

// The service as one writes it without this library: each upload has a
// directory from mkdtemp(), in a class whose destructor removes it. HTTP, the
// form of the answers (answers.h) and the arguments are those of spool_service.
// It differs in what removes an upload, in its cache and in its end, has no
// tickets, counters or debug page, and ignores the arguments about workers,
// faults and the end.
//
// When it ends by a signal or a crash, what it has spooled is left.
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "examples/spool_service/answers.h"
#include "examples/spool_service/archive.h"
#include "examples/spool_service/http/http_server.h"
#include "examples/spool_service/listener.h"
#include "examples/spool_service/settings.h"
#include "examples/spool_service/system_error.h"

namespace {

using spool_service::Archive;
using spool_service::ArchiveEntry;
using spool_service::SystemError;

class PlainTempDir {
 public:
  explicit PlainTempDir(const std::string& parent)
      : path_(parent + "/upload-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) {
      error_ = errno;
      path_.clear();
    }
  }
  ~PlainTempDir() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  PlainTempDir(const PlainTempDir&) = delete;
  PlainTempDir& operator=(const PlainTempDir&) = delete;

  const std::string& path() const { return path_; }
  int error() const { return error_; }  // why there is none

 private:
  std::string path_;
  int error_ = 0;
};

// The most recent archives, as ArchiveCache keeps them.
class RecentArchives {
 public:
  std::shared_ptr<Archive> Find(const std::string& sha256) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = archives_.find(sha256);
    return found == archives_.end() ? nullptr : found->second;
  }
  void Add(const std::shared_ptr<Archive>& archive) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!archives_.emplace(archive->sha256, archive).second) return;
    order_.push_back(archive->sha256);
    if (order_.size() <= kRecent) return;
    archives_.erase(order_.front());
    order_.pop_front();
  }

 private:
  static constexpr size_t kRecent = 64;

  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Archive>> archives_;
  std::deque<std::string> order_;
};

// The body of one request.
class Upload {
 public:
  explicit Upload(const std::string& spool)
      : directory_(spool), digest_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr);
    error_ = directory_.error();
    if (error_ != 0) return;
    file_ =
        open(BodyPath().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file_ < 0) error_ = errno;
  }
  ~Upload() {
    if (file_ >= 0) close(file_);
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  absl::Status Append(const char* data, size_t size) {
    if (file_ < 0) return SystemError(error_, "spooling");
    EVP_DigestUpdate(digest_.get(), data, size);
    bytes_ += size;
    while (size > 0) {
      const ssize_t written = write(file_, data, size);
      if (written < 0 && errno != EINTR) return SystemError(errno, "spooling");
      if (written <= 0) continue;
      data += written;
      size -= static_cast<size_t>(written);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<Archive>> End(RecentArchives* recent) {
    if (file_ < 0) return SystemError(error_, "spooling");
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(digest_.get(), digest, &size);
    const std::string sha256 = absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(digest), size));
    if (std::shared_ptr<Archive> known = recent->Find(sha256)) return known;
    const std::string content = directory_.path() + "/content";
    if (mkdir(content.c_str(), 0700) != 0) {
      return SystemError(errno, "unpacking");
    }
    absl::StatusOr<std::vector<ArchiveEntry>> entries =
        spool_service::Unpack(BodyPath(), content);
    if (!entries.ok()) return entries.status();
    auto archive =
        std::make_shared<Archive>(Archive{sha256, bytes_, *std::move(entries)});
    recent->Add(archive);
    return archive;
  }

 private:
  std::string BodyPath() const { return directory_.path() + "/body"; }

  const PlainTempDir directory_;
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest_;
  int file_ = -1;
  int error_ = 0;
  uint64_t bytes_ = 0;
};

[[noreturn]] void Fail(const absl::Status& status) {
  const std::string text(status.message());
  std::fprintf(stderr, "plain_service: %s\n", text.c_str());
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace spool_service;  // NOLINT(build/namespaces)
  const absl::StatusOr<Settings> settings = ParseSettings(argc, argv);
  if (!settings.ok()) Fail(settings.status());
  const absl::StatusOr<int> listener = OpenListener(*settings);
  if (!listener.ok()) Fail(listener.status());

  RecentArchives recent;
  auto* const http = new HttpServer(*listener, {});
  http->Post("/upload", [&](Exchange* exchange) {
    Upload upload(settings->spool);
    const auto append = [&](const char* data, size_t size) {
      return upload.Append(data, size);
    };
    AnswerUpload(
        append, [&] { return upload.End(&recent); }, exchange);
  });
  http->Get(kArchivePath, [&](Exchange* exchange) {
    AnswerArchive(recent.Find(exchange->match()), exchange);
  });
  http->Get("/healthz",
            [](Exchange* exchange) { AnswerHealth(/*ends=*/false, exchange); });
  http->Start(settings->threads);
  std::printf("listening on %s\n", ListenerName(*listener).c_str());
  std::fflush(stdout);
  for (;;) pause();
}
