// Options: what may be said of a finalizer when it is registered.
//
//   finalize::AtExit(
//       finalize::Options("flush journal").Phase(10).IfClosed(
//           finalize::IfClosed::kRunNow),
//       FlushJournal, "/var/lib/app/journal");
//
// An Options remembers the file and line at which it was made, and that is the
// place a report names: the caller's own line in every form (`Options o;`,
// `Options{}`, `Options("name")`, or `{}` as an argument).
//
// The name is not copied here but when the finalizer is registered; it has to
// live until then. Kept are its bytes up to the first zero, and 255 at most. An
// Options is a value; it is thread-compatible (const calls may run
// concurrently).
#ifndef FINALIZE_OPTIONS_H_
#define FINALIZE_OPTIONS_H_

#include <cstdint>
#include <string_view>

#include "finalize/requirements.h"

namespace finalize {

// A line of source. `file` has static storage duration; null where unknown.
struct Place {
  // Returns the line of its caller.
  static constexpr Place Caller(const char* file = __builtin_FILE(),
                                int line = __builtin_LINE()) {
    return Place{file, line};
  }

  const char* file = nullptr;
  int line = 0;
};

// What becomes of a registration that its registry refuses because it is
// sealed, because a drain closed it, because the process is past its exit
// handlers or past the deadline of its exit drain, or because there is no
// memory.
enum class IfClosed : uint8_t {
  kRefuse,  // a dead handle, and a report to the failure reporter
  kRunNow,  // the callback runs at once, on the calling thread
};

class Options {
 public:
  // NOLINTNEXTLINE(runtime/explicit): a name is all that most callers say.
  constexpr Options(std::string_view name = {},
                    const char* file = __builtin_FILE(),
                    int line = __builtin_LINE())
      : name_(name), place_{file, line} {}
  // NOLINTNEXTLINE(runtime/explicit): AtExit("flush journal", FlushJournal).
  constexpr Options(const char* name, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE())
      : name_(name), place_{file, line} {}

  // Higher phases drain first; phase.h names some. 0 unless told otherwise.
  constexpr Options& Phase(int phase) {
    phase_ = phase;
    return *this;
  }
  // Whether drains at the end of the process run it. True unless told
  // otherwise. Run(), the end of its referent, Registry::Drain() and the end
  // of its registry run it whatever this says.
  constexpr Options& AtExit(bool at_exit) {
    at_exit_ = at_exit;
    return *this;
  }
  constexpr Options& IfClosed(finalize::IfClosed if_closed) {
    if_closed_ = if_closed;
    return *this;
  }
  // The place to report instead of the line that made this Options: for code
  // that registers on behalf of its own caller.
  constexpr Options& At(Place place) {
    place_ = place;
    return *this;
  }

  constexpr std::string_view name() const { return name_; }
  constexpr Place place() const { return place_; }
  constexpr int phase() const { return phase_; }
  constexpr bool at_exit() const { return at_exit_; }
  constexpr finalize::IfClosed if_closed() const { return if_closed_; }

 private:
  std::string_view name_;
  Place place_;
  int phase_ = 0;
  bool at_exit_ = true;
  finalize::IfClosed if_closed_ = finalize::IfClosed::kRefuse;
};

}  // namespace finalize

#endif  // FINALIZE_OPTIONS_H_
