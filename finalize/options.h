// Options: the name of a finalizer and whatever else its registration says.
//
//   finalize::AtExit("flush journal", FlushJournal, "/var/lib/app/journal");
//
//   finalize::AtExit(finalize::Options("flush journal")
//                        .set_phase(finalize::kFinishWorkPhase)
//                        .set_if_closed(finalize::IfClosed::kRunNow),
//                    FlushJournal, "/var/lib/app/journal");
//
// A name alone is a set of options, and `{}` is one without a name.
//
// An Options remembers the file and line at which it was made, and reports name
// that place: the caller's own line in every form (`Options o;`, `Options{}`,
// `Options("name")`, a name as an argument, or `{}` as an argument).
//
// The name is copied when the finalizer is registered, not here: it has to live
// until then. Its bytes up to the first zero are kept, and 255 at most. A
// setter on a temporary returns a value, so that no reference to the temporary
// is left.
//
// An Options is a value; it is thread-compatible (const calls may run
// concurrently).
#ifndef FINALIZE_OPTIONS_H_
#define FINALIZE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

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

// The line of a call that has no options, as a default argument. It converts
// from nothing, so that no bound argument is taken for it.
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
  // The same for a string literal, a std::string and whatever else converts to
  // a std::string_view, so that AtExit(name, callback) takes each of them.
  template <class S,
            std::enable_if_t<std::is_convertible_v<const S&, std::string_view>,
                             int> = 0>
  // NOLINTNEXTLINE(runtime/explicit): AtExit("flush journal", FlushJournal).
  constexpr Options(const S& name, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE())
      : name_(static_cast<std::string_view>(name)), place_{file, line} {}
  Options(std::nullptr_t) = delete;

  // Higher phases drain first; phase.h names some. 0 unless set.
  constexpr Options& set_phase(int phase) & {
    phase_ = phase;
    return *this;
  }
  constexpr Options set_phase(int phase) && { return set_phase(phase); }
  // Whether drains at the end of the process run it. True unless set. Run(),
  // the end of its referent, Registry::Drain() and the end of its registry run
  // it in any case.
  constexpr Options& set_at_exit(bool at_exit) & {
    at_exit_ = at_exit;
    return *this;
  }
  constexpr Options set_at_exit(bool at_exit) && {
    return set_at_exit(at_exit);
  }
  // What becomes of it if its registry refuses it. IfClosed::kRefuse unless
  // set.
  constexpr Options& set_if_closed(IfClosed if_closed) & {
    if_closed_ = if_closed;
    return *this;
  }
  constexpr Options set_if_closed(IfClosed if_closed) && {
    return set_if_closed(if_closed);
  }
  // The place to report instead of the line that made this Options: for code
  // that registers on behalf of its own caller.
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
  int phase_ = 0;
  bool at_exit_ = true;
  IfClosed if_closed_ = IfClosed::kRefuse;
};

}  // namespace finalize

#endif  // FINALIZE_OPTIONS_H_
