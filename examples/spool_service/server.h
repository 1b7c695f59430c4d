// SPDX-License-Identifier: Apache-2.0

// The requests that the service answers: those of answers.h, and
//
//   GET /debug/finalizers   what is pending, running and failed, as HTML;
//                           ?format=text, ?format=json
//   GET /metrics            for Prometheus
//   with --faults:
//   POST /fault/stuck?seconds=N, POST /fault/crash
#ifndef EXAMPLES_SPOOL_SERVICE_SERVER_H_
#define EXAMPLES_SPOOL_SERVICE_SERVER_H_

#include "examples/spool_service/archive_cache.h"
#include "examples/spool_service/http/http_server.h"
#include "examples/spool_service/pages/debug_pages.h"
#include "examples/spool_service/pages/metrics.h"
#include "examples/spool_service/settings.h"
#include "finalize/in_flight.h"

namespace spool_service {

// Must never be destroyed: its threads run until the process ends.
class Server {
 public:
  // `requests` must never be destroyed, either.
  Server(const Settings& settings, int listener, finalize::InFlight* requests);
  ~Server() = delete;

  void Start();
  // When it returns, no request begins any more.
  void StopAccepting();

 private:
  HttpHooks Hooks();
  void AddUploadRoutes();
  void AddDebugRoutes();
  void AddFaultRoutes();
  void TakeUpload(Exchange* exchange);
  void AnswerFinalizers(Exchange* exchange);
  void AnswerMetrics(Exchange* exchange);

  const Settings settings_;
  finalize::InFlight* const requests_;
  ArchiveCache cache_;
  FailureLog failures_;
  Metrics metrics_;
  HttpServer* const http_;
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_SERVER_H_
