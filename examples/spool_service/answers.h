// SPDX-License-Identifier: Apache-2.0

// What spool_service and plain_service answer alike.
//
//   POST /upload           200 {"sha256":"…","bytes":N,"entries":N}
//                          413, 415 (a form), 422 (not an archive),
//                          500 (the system fails), 503 (the process ends), 507
//                          (the disk is full)
//   GET /archives/SHA256   200 {"sha256":"…","bytes":N,"entries":[…]}, 404
//   GET /healthz           200, or 503 while the service ends
#ifndef EXAMPLES_SPOOL_SERVICE_ANSWERS_H_
#define EXAMPLES_SPOOL_SERVICE_ANSWERS_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/spool_service/archive.h"
#include "examples/spool_service/http/http_server.h"

namespace spool_service {

// What the parentheses match is the SHA-256.
inline constexpr char kArchivePath[] = "/archives/([0-9a-f]{64})";

// `append` gets the body, piece by piece. After a failure it gets no more, and
// the rest of the body is read and dropped. `end` is called if every piece was
// taken.
void AnswerUpload(
    absl::FunctionRef<absl::Status(const char*, size_t)> append,
    absl::FunctionRef<absl::StatusOr<std::shared_ptr<Archive>>()> end,
    Exchange* exchange);

// `archive` is null if it is not known.
void AnswerArchive(const std::shared_ptr<Archive>& archive, Exchange* exchange);

void AnswerHealth(bool ends, Exchange* exchange);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_ANSWERS_H_
