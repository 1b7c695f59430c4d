// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/server.h"

#include <signal.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "examples/spool_service/answers.h"
#include "examples/spool_service/archive.h"
#include "examples/spool_service/upload.h"
#include "finalize/exit_hooks.h"

namespace spool_service {

Server::Server(const Settings& settings, int listener,
               finalize::InFlight* requests)
    : settings_(settings),
      requests_(requests),
      http_(new HttpServer(listener, Hooks())) {
  failures_.Install();
  AddUploadRoutes();
  AddDebugRoutes();
  if (settings_.faults) AddFaultRoutes();
}

void Server::Start() {
  // An upload beyond the limit of file sizes is an error of write().
  signal(SIGXFSZ, SIG_IGN);
  http_->Start(settings_.threads);
}

void Server::StopAccepting() { http_->StopAccepting(); }

HttpHooks Server::Hooks() {
  HttpHooks hooks;
  // A request is in flight until its answer has been written.
  hooks.admit = [this](const std::string& name) -> Ticket {
    absl::StatusOr<finalize::InFlight::Ticket> ticket = requests_->Enter(name);
    if (!ticket.ok()) return nullptr;  // the process ends
    return std::make_shared<finalize::InFlight::Ticket>(*std::move(ticket));
  };
  hooks.begin_thread = [this] {
    if (settings_.crash_tier && !finalize::AddCrashStack()) {
      std::fprintf(stderr, "spool_service: a thread has no crash stack\n");
    }
  };
  hooks.answered = [this](int status) { metrics_.CountAnswer(status); };
  return hooks;
}

void Server::AddUploadRoutes() {
  http_->Post("/upload", [this](Exchange* exchange) { TakeUpload(exchange); });
  http_->Get(kArchivePath, [this](Exchange* exchange) {
    AnswerArchive(cache_.Find(exchange->match()), exchange);
  });
  http_->Get("/healthz", [this](Exchange* exchange) {
    AnswerHealth(http_->stopping(), exchange);
  });
}

void Server::TakeUpload(Exchange* exchange) {
  const absl::StatusOr<std::unique_ptr<Upload>> upload =
      Upload::Begin(settings_.spool);
  AnswerUpload(
      [&](const char* data, size_t size) {
        return upload.ok() ? (*upload)->Append(data, size) : upload.status();
      },
      [&]() -> absl::StatusOr<std::shared_ptr<Archive>> {
        if (!upload.ok()) return upload.status();
        absl::StatusOr<std::shared_ptr<Archive>> archive =
            (*upload)->End(&cache_);
        if (archive.ok()) {
          metrics_.CountUpload((*archive)->bytes, (*archive)->entries.size());
        }
        return archive;
      },
      exchange);
}

void Server::AddDebugRoutes() {
  http_->Get("/debug/finalizers",
             [this](Exchange* exchange) { AnswerFinalizers(exchange); });
  http_->Get("/metrics",
             [this](Exchange* exchange) { AnswerMetrics(exchange); });
}

void Server::AnswerFinalizers(Exchange* exchange) {
  DebugOptions options;
  options.requests = requests_;
  options.failures = &failures_;
  const ProcessState state = InspectProcess(options);
  const std::string format = exchange->parameter("format");
  if (format == "text") {
    exchange->Answer(200, DebugText(state), "text/plain; charset=utf-8");
  } else if (format == "json") {
    exchange->Answer(200, DebugJson(state), "application/json");
  } else {
    exchange->Answer(200, DebugHtml(state), "text/html; charset=utf-8");
  }
}

void Server::AnswerMetrics(Exchange* exchange) {
  const UploadCounts counts = CountUploads();
  MetricsText uploads;
  uploads.Single("spool_uploads_begun_total", "counter",
                 "Uploads that have begun.", static_cast<double>(counts.begun));
  uploads.Single("spool_uploads_failed_total", "counter",
                 "Uploads that were refused, or left by the client or at "
                 "the end of the process.",
                 static_cast<double>(counts.failed));
  exchange->Answer(200, metrics_.Text(requests_) + uploads.text(),
                   kMetricsContentType);
}

void Server::AddFaultRoutes() {
  http_->Post("/fault/stuck", [](Exchange* exchange) {
    // Not sleep(), which ends when a signal arrives.
    std::this_thread::sleep_for(std::chrono::seconds(
        std::atoi(exchange->parameter("seconds").c_str())));
  });
  http_->Post("/fault/crash", [](Exchange*) {
    // A real one: raise() does nothing in process 1 of a container.
    void* const page =
        mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<volatile char*>(page) = 1;
  });
}

}  // namespace spool_service
