// SPDX-License-Identifier: Apache-2.0

// The service as one writes it without this library: each upload has a
// directory from mkdtemp(), in a class whose destructor removes it. It answers
// POST /upload and GET /archives/SHA256 as spool_service does, and takes the
// same arguments; tools/demonstrate compares the speed of the two.
//
// When it ends by a signal or a crash, what it has spooled is left.
#include <fcntl.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <signal.h>
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
#include "examples/spool_service/archive.h"
#include "examples/spool_service/settings.h"
#include "nlohmann/json.hpp"

namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;
using spool_service::Archive;
using spool_service::ArchiveEntry;

class PlainTempDir {
 public:
  explicit PlainTempDir(const std::string& parent)
      : path_(parent + "/upload-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~PlainTempDir() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  PlainTempDir(const PlainTempDir&) = delete;
  PlainTempDir& operator=(const PlainTempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
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

absl::Status SystemError(const char* what) {
  if (errno == ENOSPC) return absl::ResourceExhaustedError(what);
  return absl::ErrnoToStatus(errno, what);
}

// The body of one request.
class Upload {
 public:
  explicit Upload(const std::string& spool)
      : directory_(spool), digest_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr);
    if (directory_.path().empty()) return;
    file_ =
        open(BodyPath().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  }
  ~Upload() {
    if (file_ >= 0) close(file_);
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  absl::Status Append(const char* data, size_t size) {
    if (file_ < 0) return absl::ResourceExhaustedError("mkdtemp");
    EVP_DigestUpdate(digest_.get(), data, size);
    bytes_ += size;
    while (size > 0) {
      const ssize_t written = write(file_, data, size);
      if (written < 0 && errno != EINTR) return SystemError("write");
      if (written <= 0) continue;
      data += written;
      size -= static_cast<size_t>(written);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<Archive>> End(RecentArchives* recent) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(digest_.get(), digest, &size);
    const std::string sha256 = absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(digest), size));
    if (std::shared_ptr<Archive> known = recent->Find(sha256)) return known;
    const std::string content = directory_.path() + "/content";
    if (mkdir(content.c_str(), 0700) != 0) return SystemError("mkdir");
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
  uint64_t bytes_ = 0;
};

void AnswerJson(Response* response, const json& body) {
  response->set_content(
      body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n",
      "application/json");
}

void TakeUpload(const std::string& spool, RecentArchives* recent,
                const httplib::ContentReader& body, Response* response) {
  Upload upload(spool);
  absl::Status status;
  const bool received = body([&](const char* data, size_t size) {
    if (status.ok()) status = upload.Append(data, size);
    return true;
  });
  if (!received) return;
  if (status.ok()) {
    absl::StatusOr<std::shared_ptr<Archive>> archive = upload.End(recent);
    if (archive.ok()) {
      return AnswerJson(response, {{"sha256", (*archive)->sha256},
                                   {"bytes", (*archive)->bytes},
                                   {"entries", (*archive)->entries.size()}});
    }
    status = archive.status();
  }
  response->status = absl::IsInvalidArgument(status) ? 422 : 507;
  AnswerJson(response, {{"error", std::string(status.message())}});
}

void AnswerArchive(const std::shared_ptr<Archive>& archive,
                   Response* response) {
  if (archive == nullptr) {
    response->status = 404;
    return;
  }
  json entries = json::array();
  for (const ArchiveEntry& entry : archive->entries) {
    entries.push_back(
        {{"name", entry.name}, {"kind", entry.kind}, {"bytes", entry.bytes}});
  }
  AnswerJson(response, {{"sha256", archive->sha256},
                        {"bytes", archive->bytes},
                        {"entries", std::move(entries)}});
}

}  // namespace

int main(int argc, char** argv) {
  const auto settings = spool_service::ParseSettings(argc, argv);
  if (!settings.ok()) {
    std::fprintf(stderr, "plain_service: %s\n",
                 settings.status().ToString().c_str());
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  RecentArchives recent;
  httplib::Server server;
  server.new_task_queue = [&] {
    return new httplib::ThreadPool(settings->threads);
  };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_timeout(15);
  server.set_keep_alive_max_count(1000000);
  server.Post("/upload", [&](const Request&, Response& response,
                             const httplib::ContentReader& body) {
    TakeUpload(settings->spool, &recent, body, &response);
  });
  server.Get("/archives/([0-9a-f]{64})",
             [&](const Request& request, Response& response) {
               AnswerArchive(recent.Find(request.matches[1]), &response);
             });
  server.Get("/healthz", [](const Request&, Response& response) {
    response.set_content("ok\n", "text/plain");
  });

  int port = std::atoi(settings->port.c_str());
  if (port == 0) {
    port = server.bind_to_any_port(settings->address);
  } else if (!server.bind_to_port(settings->address, port)) {
    port = -1;
  }
  if (port < 0) {
    std::perror("plain_service: bind");
    return 1;
  }
  std::printf("listening on %s:%d\n", settings->address.c_str(), port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}
