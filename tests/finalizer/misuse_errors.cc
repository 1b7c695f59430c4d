// SPDX-License-Identifier: Apache-2.0

// Misuse that does not compile, and says why. Compiled once for each CASE_: see
// misuse_test.cc.
#include <memory>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/cause.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/thread_exit.h"
#include "finalize/weak_method.h"
#include "finalize/weak_proxy.h"
#include "finalize/weak_ref.h"

namespace {

struct Cat {
  int Eat() { return lives; }
  int& Lives() { return lives; }
  finalize::Lifetime& lifetime() { return life; }
  finalize::Lifetime lifetime_by_value() { return life; }
  int lives = 9;
  finalize::Lifetime life;
};

[[maybe_unused]] void Misuse(Cat& cat, const std::shared_ptr<Cat>& tom) {
  (void)cat, (void)tom;
  [[maybe_unused]] finalize::Registry& registry = finalize::Registry::Process();
#if defined(CASE_none)
  finalize::OnDestroy(cat.lifetime(), [] {});
  finalize::OnDestroy(std::shared_ptr<Cat>(tom), [] {});
  finalize::AtExit([] {});
  finalize::AtExit(
      "name", [](int, const std::string&) {}, 1, "two");
  finalize::AtExit(
      {}, [](finalize::Place) {}, finalize::Place{"mine", 7});
  finalize::AtThreadExit(
      std::string("name"), [](auto...) {}, 1, 2, 3, 4, 5);
  finalize::Finally scope(
      "name", [](const finalize::Cause&, int) {}, 1);
  finalize::WeakMethod<int()> eat(tom, &Cat::Eat);
  finalize::WeakMethod<int()> lives(
      tom, +[](Cat& of) { return of.lives; });
  finalize::WeakMethod<int()> same(tom, [](Cat& of) { return of.lives; });
  finalize::WeakRef<Cat> ref(tom, [](const finalize::WeakRef<Cat>&) {});
  finalize::WeakRef<Cat> any(tom, [](const auto&) {});
  finalize::WeakProxy<Cat> proxy(tom, [](const finalize::Cause&) {});
#elif defined(CASE_temporary_lifetime)
  finalize::OnDestroy(cat.lifetime_by_value(), [] {});
#elif defined(CASE_temporary_lifetime_with_argument)
  finalize::OnDestroy(
      cat.lifetime_by_value(), {}, [](int) {}, 1);
#elif defined(CASE_temporary_lifetime_with_options)
  finalize::OnDestroy(finalize::Lifetime(), {}, [] {});
#elif defined(CASE_temporary_lifetime_in_a_registry)
  registry.OnDestroy(cat.lifetime_by_value(), {}, [] {});
#elif defined(CASE_temporary_lifetime_to_be_tried_again)
  registry.OnDestroyRetryable(cat.lifetime_by_value(), {}, [] {});
#elif defined(CASE_arguments_without_options)
  auto f = finalize::AtExit([](int, int) { return 1; }, 1, 2);
  f.Cancel();
#elif defined(CASE_arguments_without_options_on_a_lifetime)
  finalize::Finalizer<> f = finalize::OnDestroy(
      cat.lifetime(), [](int) {}, 1);
  f.Cancel();
#elif defined(CASE_arguments_without_options_in_a_registry)
  auto f = registry.TryRegister([](int) {}, 1);
  f.status().IgnoreError();
#elif defined(CASE_arguments_without_options_at_thread_exit)
  finalize::AtThreadExit([](int) {}, 1).Cancel();
#elif defined(CASE_arguments_without_options_in_a_scope)
  finalize::Finally f([](int) {}, 1);
  f.Cancel();
#elif defined(CASE_place_without_options)
  finalize::AtExit([](finalize::Place) {}, finalize::Place{"mine", 7});
#elif defined(CASE_name_alone)
  registry.RegisterRetryable("name");
#elif defined(CASE_name_alone_on_a_lifetime)
  registry.OnDestroy(cat.lifetime(), std::string("name"));
#elif defined(CASE_wrong_arguments)
  auto f = finalize::AtExit(
      "name", [](int) {}, tom);
  f.Cancel();
#elif defined(CASE_wrong_arguments_to_be_tried_again)
  registry.RegisterRetryable(
      "name", [](std::string&&) {}, std::string());
#elif defined(CASE_argument_that_cannot_be_copied)
  const auto owned = std::make_unique<int>(1);
  registry.Register(
      "name", [](std::unique_ptr<int>) {}, owned);
#elif defined(CASE_no_referent)
  finalize::OnDestroy(cat, "name", [] {});
#elif defined(CASE_reference_to_temporary_options)
  auto& options = finalize::Options("name").set_phase(3);
  (void)options;
#elif defined(CASE_method_with_reference)
  finalize::WeakMethod<int&()> lives(tom, &Cat::Lives);
#elif defined(CASE_method_that_is_a_lambda)
  const int more = 1;
  finalize::WeakMethod<int()> lives(tom,
                                    [&](Cat& of) { return of.lives + more; });
#elif defined(CASE_callback_takes_the_referent)
  finalize::WeakRef<Cat> ref(tom, [](const Cat&) {});
#elif defined(CASE_callback_takes_a_pointer)
  finalize::WeakRef<Cat> ref(tom, [](std::shared_ptr<Cat>) {});
#elif defined(CASE_callback_takes_too_much)
  finalize::WeakRef<Cat> ref(
      tom, [](const finalize::WeakRef<Cat>&, const std::string&) {});
#elif defined(CASE_callback_changes_the_reference)
  finalize::WeakRef<Cat> ref(tom, [](finalize::WeakRef<Cat>&) {});
#elif defined(CASE_proxy_callback_takes_a_ref)
  finalize::WeakProxy<Cat> proxy(tom, [](const Cat*) {});
#elif defined(CASE_callback_is_none)
  finalize::WeakRef<Cat> ref(tom, 9);
#endif
}

}  // namespace
