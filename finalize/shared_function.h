// SPDX-License-Identifier: Apache-2.0

// SharedFunction: a function that the library keeps, and may call on several
// threads at once: a failure reporter, an observer, ExitHooks::on_signal.
//
//   std::unique_ptr<Log> log = OpenLog();
//   finalize::SetFailureReporter(
//       [log = std::move(log)](const finalize::ReportEntry& entry) {
//         log->Write(entry.ToString());
//       });
//
// It is an absl::AnyInvocable<R(A...) const> that can be copied. Copies share
// one callable, so the callable need not be copyable, but it must be callable
// as a const object.
//
// Lifetime: the last copy destroys the callable.
//
// Thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_SHARED_FUNCTION_H_
#define FINALIZE_SHARED_FUNCTION_H_

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "finalize/internal/base/requirements.h"

namespace finalize {

template <class Signature>
class SharedFunction;

template <class R, class... A>
class SharedFunction<R(A...)> {
  using Target = absl::AnyInvocable<R(A...) const>;
  template <class F>
  using EnableIfTarget =
      std::enable_if_t<!std::is_same_v<std::decay_t<F>, SharedFunction> &&
                           std::is_constructible_v<Target, F&&>,
                       int>;

 public:
  // Empty.
  SharedFunction() = default;
  SharedFunction(std::nullptr_t) {}  // NOLINT(runtime/explicit)
  // Empty if `function` is a null pointer, or an empty function object such as
  // a std::function.
  template <class F, EnableIfTarget<F> = 0>
  SharedFunction(F&& function) {  // NOLINT(runtime/explicit)
    Target target(std::forward<F>(function));
    // Not make_shared: it has a unique symbol, which keeps a module mapped.
    if (target) target_.reset(new Target(std::move(target)));
  }

  // Calls the function, which must not be empty.
  R operator()(A... arguments) const {
    return (*target_)(std::forward<A>(arguments)...);
  }

  explicit operator bool() const noexcept { return target_ != nullptr; }
  friend bool operator==(const SharedFunction& f, std::nullptr_t) noexcept {
    return f.target_ == nullptr;
  }
  friend bool operator!=(const SharedFunction& f, std::nullptr_t) noexcept {
    return f.target_ != nullptr;
  }

 private:
  std::shared_ptr<const Target> target_;
};

}  // namespace finalize

#endif  // FINALIZE_SHARED_FUNCTION_H_
