// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/answers.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace spool_service {
namespace {

using nlohmann::json;

void AnswerJson(int status, const json& body, Exchange* exchange) {
  // Names in archives need not be UTF-8.
  exchange->Answer(
      status, body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n",
      "application/json");
}

void AnswerFailure(int status, absl::string_view message, Exchange* exchange) {
  AnswerJson(status, {{"error", std::string(message)}}, exchange);
}

int StatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 422;
    case absl::StatusCode::kResourceExhausted:
      return 507;
    case absl::StatusCode::kCancelled:
      return 503;
    default:
      return 500;
  }
}

}  // namespace

void AnswerUpload(
    absl::FunctionRef<absl::Status(const char*, size_t)> append,
    absl::FunctionRef<absl::StatusOr<std::shared_ptr<Archive>>()> end,
    Exchange* exchange) {
  if (exchange->is_form()) {
    return AnswerFailure(415, "send the archive itself as the body", exchange);
  }
  absl::Status status;
  // Reads all of the body even if `append` refuses it: a client that is still
  // sending does not read the answer.
  const bool received = exchange->ReadBody([&](const char* data, size_t size) {
    if (status.ok()) status = append(data, size);
  });
  if (!received) return;
  const absl::StatusOr<std::shared_ptr<Archive>> archive =
      status.ok() ? end() : absl::StatusOr<std::shared_ptr<Archive>>(status);
  if (!archive.ok()) {
    return AnswerFailure(StatusOf(archive.status()), archive.status().message(),
                         exchange);
  }
  AnswerJson(200,
             {{"sha256", (*archive)->sha256},
              {"bytes", (*archive)->bytes},
              {"entries", (*archive)->entries.size()}},
             exchange);
}

void AnswerArchive(const std::shared_ptr<Archive>& archive,
                   Exchange* exchange) {
  if (archive == nullptr) {
    return AnswerFailure(404, "this process does not know it", exchange);
  }
  json entries = json::array();
  for (const ArchiveEntry& entry : archive->entries) {
    entries.push_back(
        {{"name", entry.name}, {"kind", entry.kind}, {"bytes", entry.bytes}});
  }
  AnswerJson(200,
             {{"sha256", archive->sha256},
              {"bytes", archive->bytes},
              {"entries", std::move(entries)}},
             exchange);
}

void AnswerHealth(bool ends, Exchange* exchange) {
  exchange->Answer(ends ? 503 : 200, ends ? "ending\n" : "ok\n", "text/plain");
}

}  // namespace spool_service
