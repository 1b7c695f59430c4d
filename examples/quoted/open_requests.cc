// SPDX-License-Identifier: Apache-2.0

// How a service answers its open requests before it ends: docs/faq.md.
#include "examples/quoted/open_requests.h"

#include <utility>

#include "absl/status/statusor.h"
#include "finalize/in_flight.h"

finalize::InFlight requests("requests");

void Handle(const Request& request, Answer answer) {
  absl::StatusOr<finalize::InFlight::Ticket> ticket =
      requests.Enter(request.path);
  if (!ticket.ok()) return answer.Send(503);  // the process ends
  workers.Run([request, answer, ticket = *std::move(ticket)]() mutable {
    answer.Send(200, Load(request));
    ticket.Leave();
  });
}  // the handler returns here; the request is still in flight
