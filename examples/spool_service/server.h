// SPDX-License-Identifier: Apache-2.0

// The HTTP of the service. Only server.cc knows which library speaks it.
//
//   POST /upload            200 {"sha256":"…","bytes":N,"entries":N}
//                           413, 422 (not an archive), 507 (the disk is full)
//   GET /archives/SHA256    200 {"sha256":"…","bytes":N,"entries":[…]}, 404
//   GET /healthz            200, or 503 while the service ends
//   GET /debug/finalizers   what is pending, running and failed, as HTML;
//                           ?format=text, ?format=json
//   GET /metrics            for Prometheus
//   with --faults:
//   POST /fault/stuck?seconds=N, POST /fault/crash
#ifndef EXAMPLES_SPOOL_SERVICE_SERVER_H_
#define EXAMPLES_SPOOL_SERVICE_SERVER_H_

#include <memory>

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
  class Impl;
  Impl* const impl_;
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_SERVER_H_
