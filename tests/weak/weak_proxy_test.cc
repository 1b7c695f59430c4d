// SPDX-License-Identifier: Apache-2.0

// WeakProxy: used like its referent, and never without it (contract C32).
#include "finalize/weak_proxy.h"

#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "finalize/shared.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"

namespace {

using finalize::MakeShared;
using finalize::ReferenceError;
using finalize::WeakProxy;
using finalize_test::EventLog;

struct Cat {
  explicit Cat(std::string name_in, EventLog* log_in = nullptr)
      : name(std::move(name_in)), log(log_in) {}
  ~Cat() {
    if (log != nullptr) log->Add("destructor");
  }
  std::string Eat(const std::string& what) { return name + " eats " + what; }
  Cat* Self() { return this; }
  explicit operator bool() const { return !name.empty(); }
  friend bool operator==(const Cat& a, const Cat& b) {
    return a.name == b.name;
  }
  friend bool operator<(const Cat& a, const Cat& b) { return a.name < b.name; }
  friend std::ostream& operator<<(std::ostream& out, const Cat& cat) {
    return out << cat.name;
  }
  std::string name;
  EventLog* log;
};

std::string Greet(Cat& cat) { return "hello " + cat.name; }
std::string GreetConst(const Cat& cat) { return "hello " + cat.name; }

// C32: `->` and `*`.
TEST(WeakProxyTest, ForwardsMembersAndArguments) {
  auto tom = MakeShared<Cat>("Tom");
  WeakProxy<Cat> proxy(tom);
  EXPECT_EQ(proxy->Eat("fish"), "Tom eats fish");
  EXPECT_EQ(Greet(*proxy), "hello Tom");
  EXPECT_EQ(GreetConst(*proxy), "hello Tom");
  proxy->name = "Tommy";
  EXPECT_EQ(tom->name, "Tommy");
  EXPECT_EQ(tom.use_count(), 1);
}

// C32: any shared_ptr is accepted, and const is kept.
TEST(WeakProxyTest, TakesForeignAndConstPointers) {
  std::shared_ptr<const Cat> tom = std::make_shared<Cat>("Tom");
  const WeakProxy proxy(tom);
  static_assert(std::is_same_v<decltype(proxy), const WeakProxy<const Cat>>);
  EXPECT_EQ(proxy->name, "Tom");
  tom.reset();
  EXPECT_THROW((void)proxy->name.size(), ReferenceError);
}

// C32: the referent cannot die before the end of the full expression.
TEST(WeakProxyTest, ArrowPinsForTheExpression) {
  EventLog log;
  auto tom = MakeShared<Cat>("Tom", &log);
  WeakProxy<Cat> proxy(tom);
  const auto kill_and_fish = [&] {
    tom.reset();
    log.Add("killed");
    return std::string("fish");
  };
  proxy->Self()->Self()->Eat(kill_and_fish());
  log.Add("after");
  EXPECT_EQ(log.Text(), "killed destructor after");
}

// C32: `*` as well.
TEST(WeakProxyTest, StarPinsForTheExpression) {
  EventLog log;
  auto tom = MakeShared<Cat>("Tom", &log);
  WeakProxy<Cat> proxy(tom);
  const auto kill_and_greet = [&](Cat& cat) {
    tom.reset();
    log.Add("killed");
    return Greet(cat);
  };
  EXPECT_EQ(kill_and_greet(*proxy), "hello Tom");
  EXPECT_EQ(log.Text(), "killed destructor");
}

// C32: a call too.
TEST(WeakProxyTest, CallPinsForTheExpression) {
  EventLog log;
  struct Callable {
    ~Callable() { log->Add("destructor"); }
    int operator()(std::shared_ptr<Callable>* owner, int n) const {
      owner->reset();
      log->Add("called");
      return n + offset;
    }
    EventLog* log;
    int offset;
  };
  auto callable =
      finalize::Adopt(std::unique_ptr<Callable>(new Callable{&log, 2}));
  const WeakProxy<Callable> proxy(callable);
  EXPECT_EQ(proxy(&callable, 40), 42);
  EXPECT_EQ(log.Text(), "called destructor");
  EXPECT_THROW(proxy(&callable, 40), ReferenceError);
}

struct Returns {
  std::string& operator()() { return text; }
  std::string text = "text";
};
struct ReturnsPointer {
  const char* operator()() { return text.c_str(); }
  std::string text = "text";
};

// A reference into the referent is given to the full expression only.
TEST(WeakProxyTest, CallThatReturnsAReferenceGoesThroughThePin) {
  auto callable = MakeShared<Returns>();
  const WeakProxy<Returns> proxy(callable);
  static_assert(!std::is_invocable_v<WeakProxy<Returns>>);
  static_assert(!std::is_invocable_v<WeakProxy<ReturnsPointer>>);
  EXPECT_EQ((*proxy)(), "text");
}

// C32: iteration pins to its end, and elements can be reached.
TEST(WeakProxyTest, IteratesAndIndexes) {
  EventLog log;
  auto numbers = MakeShared<std::vector<int>>(std::vector<int>{1, 2, 3});
  WeakProxy<std::vector<int>> proxy(numbers);
  EXPECT_EQ((*proxy)[1], 2);
  EXPECT_EQ(proxy->size(), 3u);
  int sum = 0;
  for (int& number : *proxy) {
    numbers.reset();
    sum += number;
  }
  EXPECT_EQ(sum, 6);
  EXPECT_TRUE(proxy.expired());
}

// C32: comparisons, with values and with proxies.
TEST(WeakProxyTest, ComparesValues) {
  auto tom = MakeShared<Cat>("Tom");
  auto twin = MakeShared<Cat>("Tom");
  auto zoe = MakeShared<Cat>("Zoe");
  const WeakProxy<Cat> a(tom);
  const WeakProxy<Cat> b(twin);
  const WeakProxy<Cat> c(zoe);
  EXPECT_TRUE(a == b);
  EXPECT_TRUE(a == Cat("Tom"));
  EXPECT_TRUE(Cat("Tom") == a);
  EXPECT_TRUE(a < c);
  EXPECT_TRUE(Cat("A") < a);
  auto one = MakeShared<int>(1);
  const WeakProxy<int> number(one);
  EXPECT_TRUE(number != 2);
  EXPECT_TRUE(number <= 1);
  EXPECT_TRUE(number >= 1);
  EXPECT_TRUE(2 > number);
}

template <class A, class B, class = void>
inline constexpr bool kCanBeEqual = false;
template <class A, class B>
inline constexpr bool kCanBeEqual<
    A, B, std::void_t<decltype(std::declval<A>() == std::declval<B>())>> = true;

struct Plain {};

// C32: only what T has.
TEST(WeakProxyTest, HasNoOperatorThatItsReferentLacks) {
  EXPECT_TRUE((kCanBeEqual<WeakProxy<Cat>, Cat>));
  EXPECT_FALSE((kCanBeEqual<WeakProxy<Plain>, Plain>));
  EXPECT_TRUE((std::is_constructible_v<bool, WeakProxy<Cat>>));
  EXPECT_FALSE((std::is_constructible_v<bool, WeakProxy<Plain>>));
  EXPECT_FALSE((std::is_invocable_v<WeakProxy<Plain>>));
}

// C32: bool is the referent's.
TEST(WeakProxyTest, BoolIsOfTheReferent) {
  auto tom = MakeShared<Cat>("Tom");
  auto nobody = MakeShared<Cat>("");
  EXPECT_TRUE(static_cast<bool>(WeakProxy<Cat>(tom)));
  EXPECT_FALSE(static_cast<bool>(WeakProxy<Cat>(nobody)));
}

TEST(WeakProxyTest, StreamsItsReferent) {
  auto tom = MakeShared<Cat>("Tom");
  std::ostringstream out;
  out << WeakProxy<Cat>(tom);
  EXPECT_EQ(out.str(), "Tom");
}

// C32: everything on a dead one throws.
TEST(WeakProxyTest, DeadOneThrows) {
  auto tom = MakeShared<Cat>("Tom");
  const WeakProxy<Cat> proxy(tom);
  tom.reset();
  std::ostringstream out;
  EXPECT_THROW(proxy->Eat("fish"), ReferenceError);
  EXPECT_THROW(Greet(*proxy), ReferenceError);
  EXPECT_THROW((void)(proxy == proxy), ReferenceError);
  EXPECT_THROW((void)(proxy == Cat("Tom")), ReferenceError);
  EXPECT_THROW((void)static_cast<bool>(proxy), ReferenceError);
  EXPECT_THROW(out << proxy, ReferenceError);
  EXPECT_THROW(WeakProxy<Cat>()->Eat("fish"), ReferenceError);
}

TEST(WeakProxyTest, ErrorSaysWhat) {
  try {
    WeakProxy<Cat>()->Eat("fish");
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "weakly-referenced object no longer exists");
  }
}

// What asks about the proxy does not throw.
TEST(WeakProxyTest, DeadOneCanBeAskedAbout) {
  auto tom = MakeShared<Cat>("Tom");
  const WeakProxy<Cat> proxy(tom);
  EXPECT_EQ(proxy.Lock(), tom);
  EXPECT_EQ(proxy.ToString().rfind("<WeakProxy to ", 0), 0u);
  tom.reset();
  EXPECT_TRUE(proxy.expired());
  EXPECT_EQ(proxy.Lock(), nullptr);
  EXPECT_EQ(proxy.ToString(), "<WeakProxy; dead>");
  EXPECT_TRUE(proxy.ref().expired());
}

// C32: never hashable, whatever its referent.
TEST(WeakProxyTest, HasNoHash) {
  EXPECT_FALSE(
      (std::is_default_constructible_v<std::hash<WeakProxy<std::string>>>));
}

// The callback gets the proxy; copies share it.
TEST(WeakProxyTest, CallbackGetsTheProxy) {
  EventLog log;
  auto tom = MakeShared<Cat>("Tom", &log);
  auto proxy =
      std::make_unique<WeakProxy<Cat>>(tom, [&log](const WeakProxy<Cat>& self) {
        log.Add(self.expired() ? "expired" : "alive");
      });
  const WeakProxy<Cat> copy = *proxy;
  proxy.reset();
  tom.reset();
  EXPECT_EQ(log.Text(), "destructor expired");
}

TEST(WeakProxyTest, CallbackIsDestroyedWithTheProxy) {
  EventLog log;
  auto tom = MakeShared<Cat>("Tom", &log);
  { const WeakProxy<Cat> proxy(tom, log.Adds("callback")); }
  tom.reset();
  EXPECT_EQ(log.Text(), "destructor");
}

}  // namespace
