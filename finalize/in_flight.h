// SPDX-License-Identifier: Apache-2.0

// InFlight counts the requests that a service has begun and not yet answered.
// When the process ends, it refuses new ones and waits for those inside.
//
//   finalize::InFlight requests("requests");
//
//   void Handle(const Request& request, Answer answer) {
//     absl::StatusOr<finalize::InFlight::Ticket> ticket =
//         requests.Enter(request.path);
//     if (!ticket.ok()) return answer.Send(503);  // the process ends
//     workers.Run([request, answer, ticket = *std::move(ticket)]() mutable {
//       answer.Send(200, Load(request));
//       ticket.Leave();
//     });
//   }  // the handler returns here; the request is still in flight
//
// A request is in flight from Enter until its ticket leaves. Let the ticket
// travel with whatever sends the answer (a std::function: in a shared_ptr).
//
// The end: an InFlight is one finalizer of the process registry. Its callback
//   closes the InFlight and waits until the last ticket has left. When the time
//   that is not kept for later callbacks (InFlightOptions::later_share) has
//   passed, it fails with DeadlineExceeded, which names the requests that are
//   still in flight. Those run on beside the rest of the drain, which removes
//   the temp dirs that they use: let no callback free what they may use.
// Order: in phase kFinishWorkPhase unless set: after the listeners are closed,
//   and before what requests use is cleaned up. Until its turn, requests may
//   still enter, also from callbacks of the drain. Until the wait ends, every
//   thread may register in lower phases, and so create temp dirs.
// Threads: a ticket may leave on any thread, also in a callback of the drain.
//   The drain cannot see that it waits for itself: if a ticket is on the stack
//   of the thread that calls exit(), or in a callback of a lower phase, the
//   time passes in vain, and the ticket is named. Call Leave() before exit().
//   exit() in a signal handler that interrupted Enter or Leave waits for no
//   request, and reports that.
// Failure: reported (failure_reporter.h), and in the report of the drain; it
//   counts for ExitOptions::failure_exit_code. If there is no memory, Enter
//   returns ResourceExhausted, and messages may lack names.
// Lifetime: the destructor closes the InFlight and does not wait. Tickets may
//   outlive it. The end of the process waits for them nevertheless, so an
//   InFlight with static storage is safe.
// Fork: in a child, an inherited InFlight is open and empty, and the child's
//   first Enter registers its finalizer there; inherited tickets do nothing. A
//   child that adopts (adopt_after_fork.h) takes over the requests as well.
// Cost: Enter and Leave take one lock for a few instructions, the same one for
//   every InFlight. Enter allocates once, and once more for a name of more than
//   15 bytes.
//
// Not for: work that has to be stopped rather than waited for (at_exit.h).
//
// Thread-safe, except: the destructor.
#ifndef FINALIZE_IN_FLIGHT_H_
#define FINALIZE_IN_FLIGHT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "finalize/export.h"
#include "finalize/options.h"

namespace finalize_internal {
struct InFlightState;
struct InFlightEntry;
}  // namespace finalize_internal

namespace finalize {

// Where in the drain an InFlight waits, and how long.
struct InFlightOptions {
  int phase = kFinishWorkPhase;
  // How much of the time that remains is kept for the callbacks behind this
  // one, from 0 to 1. The time is ExitTimeLeft() (process_end.h) at the
  // beginning of the wait, or ExitOptions::phase_limit if that is shorter. If
  // it is a third or less, a thread that waits in exit() may take the drain
  // over before the wait has ended (ExitOptions::take_over).
  double later_share = 0.5;
};

// A request that is in flight.
struct InFlightRequest {
  // Returns text such as
  //   "GET /report" for 3.1s
  FINALIZE_EXPORT std::string ToString() const;

  std::string name;
  absl::Duration age;  // since it entered
};

class InFlight {
 public:
  // The right of one request to be waited for. It can be moved, and destroyed
  // on any thread, during any drain and after its InFlight.
  //
  // Thread-compatible (const calls may run concurrently).
  class [[nodiscard]] Ticket {
   public:
    // An empty ticket, which has left. So is one that was moved from.
    Ticket() noexcept = default;
    ~Ticket() { Leave(); }
    Ticket(Ticket&& other) noexcept = default;
    Ticket& operator=(Ticket&& other) noexcept {
      if (this != &other) {
        Leave();
        entry_ = std::move(other.entry_);
      }
      return *this;
    }

    // The request has been answered. A second call does nothing.
    void Leave() noexcept {
      if (entry_ != nullptr) LeaveNow();
    }
    // Whether the ticket has not left.
    bool inside() const noexcept { return entry_ != nullptr; }

   private:
    friend class InFlight;
    explicit Ticket(std::shared_ptr<finalize_internal::InFlightEntry> entry)
        : entry_(std::move(entry)) {}
    FINALIZE_EXPORT void LeaveNow() noexcept;

    std::shared_ptr<finalize_internal::InFlightEntry> entry_;
  };

  // `name` is the name of the finalizer. Throws std::bad_alloc if there is no
  // memory. If `options` break a rule above, the process ends with a message.
  // If the process registry refuses the finalizer, Enter returns why.
  FINALIZE_EXPORT explicit InFlight(std::string_view name,
                                    const InFlightOptions& options = {},
                                    CallerPlace place = CallerPlace::Here());
  FINALIZE_EXPORT ~InFlight();
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  // Returns the ticket of a request that begins, or why it cannot: Unavailable
  // if the InFlight is closed, or if the drain is past its phase;
  // ResourceExhausted if there is no memory; FailedPrecondition if the process
  // is past its exit handlers or their deadline. The name is for people: it is
  // copied, its first 255 bytes at most, and shown escaped.
  FINALIZE_EXPORT absl::StatusOr<Ticket> Enter(std::string_view name);

  // Refuses every later Enter, permanently. The end of the process does it, and
  // any other drain of the process registry.
  FINALIZE_EXPORT void Close();

  // Waits until none is in flight. Returns DeadlineExceeded, which names those
  // that are, if `deadline` comes first; Aborted if exit() in a signal handler
  // has interrupted a change of the requests. Without Close(), others may enter
  // as soon as it returns.
  FINALIZE_EXPORT absl::Status Wait(
      absl::Time deadline = absl::InfiniteFuture());

  FINALIZE_EXPORT bool closed() const;
  // Returns how many are in flight.
  FINALIZE_EXPORT size_t size() const;

  // Returns at most `limit` of the requests in flight, the oldest first. Throws
  // std::bad_alloc if there is no memory.
  FINALIZE_EXPORT std::vector<InFlightRequest> ByAge(size_t limit) const;

 private:
  const std::shared_ptr<finalize_internal::InFlightState> state_;
};

}  // namespace finalize

#endif  // FINALIZE_IN_FLIGHT_H_
