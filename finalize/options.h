// SPDX-License-Identifier: Apache-2.0

// Options: the name of a finalizer, its phase, and the other settings of its
// registration.
//
//   finalize::AtExit("flush journal", FlushJournal, path);  // a name is enough
//
//   finalize::AtExit(finalize::Options("close listener")
//                        .set_phase(finalize::kStopAcceptingPhase)
//                        .set_if_closed(finalize::IfClosed::kRunNow),
//                    [&] { listener.Close(); });
//
// A name converts to Options; `{}` is an Options without a name.
//
// Place: an Options records the file and line at which it is constructed, and
// reports show this place. It is the caller's own line in every form: `Options
// o;`, `Options{}`, `Options("name")`, a name as an argument, or `{}` as an
// argument.
//
// Order: a drain runs the highest phase first, and the newest finalizer first
//   within a phase. A drain with helper threads begins a phase when the phase
//   above it has ended. While a phase drains, other threads can only register
//   below it, and nothing if it is the last (registry.h).
// Lifetime: the name is copied when the finalizer is registered, not when the
//   Options is constructed, so it must exist until then. The copy ends at the
//   first zero byte, and after 255 bytes. A setter that is called on a
//   temporary returns a value, so that no reference to the temporary remains.
//
// Thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_OPTIONS_H_
#define FINALIZE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "finalize/internal/base/requirements.h"

namespace finalize {

// Phases with a meaning: what a program does when it ends, in this order. A
// phase is an int, and any other value may be used too. Temporary directories
// are removed after all of these, in tempdir::kTempDirPhase
// (tempdir/finalizer_temp_dir.h).
//
// Take no more work: close listeners, leave the load balancer.
constexpr int kStopAcceptingPhase = 200;
// Complete what was begun: answer requests in flight, flush queues and
// journals.
constexpr int kFinishWorkPhase = 100;
// The phase of a finalizer for which no other is set. Callbacks of the phases
// above may still use what it cleans up.
constexpr int kDefaultPhase = 0;
// Release what all the others used: locks, pid files, the log.
constexpr int kReleasePhase = -100;

// A line of source. `file` has static storage duration, or is null if the line
// is not known.
struct Place {
  // Returns the line of its caller.
  static constexpr Place Caller(const char* file = __builtin_FILE(),
                                int line = __builtin_LINE()) {
    return Place{file, line};
  }

  const char* file = nullptr;
  int line = 0;
};

// The line of a call that has no options, as a default argument. Nothing
// converts to it, so a bound argument is never taken for it.
class CallerPlace {
 public:
  static constexpr CallerPlace Here(const char* file = __builtin_FILE(),
                                    int line = __builtin_LINE()) {
    return CallerPlace(Place{file, line});
  }
  constexpr Place place() const { return place_; }

 private:
  constexpr explicit CallerPlace(Place place) : place_(place) {}
  Place place_;
};

// What happens to a callback whose registration is refused (registry.h,
// "Refusal", lists the reasons).
enum class IfClosed : uint8_t {
  kRefuse,  // the handle is dead, and the failure reporter is called
  kRunNow,  // the callback runs immediately, on the calling thread
};

class Options {
 public:
  // NOLINTNEXTLINE(runtime/explicit): most callers only have a name.
  constexpr Options(std::string_view name = {},
                    const char* file = __builtin_FILE(),
                    int line = __builtin_LINE())
      : name_(name), place_{file, line} {}
  // The same for a string literal, a std::string, and any other type that
  // converts to std::string_view, so that AtExit(name, callback) takes each.
  template <class S,
            std::enable_if_t<std::is_convertible_v<const S&, std::string_view>,
                             int> = 0>
  // NOLINTNEXTLINE(runtime/explicit): AtExit("flush journal", FlushJournal).
  constexpr Options(const S& name, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE())
      : name_(static_cast<std::string_view>(name)), place_{file, line} {}
  Options(std::nullptr_t) = delete;

  // Higher phases drain first. kDefaultPhase unless set.
  constexpr Options& set_phase(int phase) & {
    phase_ = phase;
    return *this;
  }
  constexpr Options set_phase(int phase) && { return set_phase(phase); }
  // Whether drains at the end of the process run the finalizer. True unless
  // set. Run(), the destruction of its referent, Registry::Drain() and the
  // destruction of its registry run it in any case.
  constexpr Options& set_at_exit(bool at_exit) & {
    at_exit_ = at_exit;
    return *this;
  }
  constexpr Options set_at_exit(bool at_exit) && {
    return set_at_exit(at_exit);
  }
  // What happens if the registration is refused. IfClosed::kRefuse unless set.
  constexpr Options& set_if_closed(IfClosed if_closed) & {
    if_closed_ = if_closed;
    return *this;
  }
  constexpr Options set_if_closed(IfClosed if_closed) && {
    return set_if_closed(if_closed);
  }
  // Replaces the place, which is the line that constructed this Options: for
  // code that registers on behalf of its own caller.
  constexpr Options& set_place(Place place) & {
    place_ = place;
    return *this;
  }
  constexpr Options set_place(Place place) && { return set_place(place); }

  constexpr std::string_view name() const { return name_; }
  constexpr Place place() const { return place_; }
  constexpr int phase() const { return phase_; }
  constexpr bool at_exit() const { return at_exit_; }
  constexpr IfClosed if_closed() const { return if_closed_; }

 private:
  std::string_view name_;
  Place place_;
  int phase_ = kDefaultPhase;
  bool at_exit_ = true;
  IfClosed if_closed_ = IfClosed::kRefuse;
};

}  // namespace finalize

#endif  // FINALIZE_OPTIONS_H_
