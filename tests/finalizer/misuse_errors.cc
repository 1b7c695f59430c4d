// Misuse that does not compile, and says why. Compiled once for each CASE_: see
// misuse_test.cc.
#include <memory>
#include <string>

#include "finalize/cause.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
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
      cat.lifetime_by_value(), [](int) {}, 1);
#elif defined(CASE_temporary_lifetime_with_options)
  finalize::OnDestroy(finalize::Lifetime(), {}, [] {});
#elif defined(CASE_temporary_lifetime_in_a_registry)
  registry.OnDestroy(cat.lifetime_by_value(), {}, [] {});
#elif defined(CASE_temporary_lifetime_to_be_tried_again)
  registry.OnDestroyRetryable(cat.lifetime_by_value(), {}, [] {});
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
