// SPDX-License-Identifier: Apache-2.0

// Registry: what it holds (contract C26), and which it is.
#include "finalize/registry.h"

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "finalize/finalizer.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"

namespace {

using finalize::Options;
using finalize::Registry;
using finalize_test::EventLog;

// C26: size counts what is pending.
TEST(RegistryTest, SizeCountsPending) {
  Registry registry;
  EXPECT_EQ(registry.size(), 0u);
  auto a = registry.Register([] {});
  auto b = registry.Register(Options().set_phase(3), [] {});
  auto c = registry.Register(Options().set_at_exit(false), [] {});
  EXPECT_EQ(registry.size(), 3u);
  a.Run();
  EXPECT_EQ(registry.size(), 2u);
  b.Detach();
  EXPECT_EQ(registry.size(), 1u);
  c.set_at_exit(true);
  EXPECT_EQ(registry.size(), 1u);
  registry.Drain();
  EXPECT_EQ(registry.size(), 0u);
}

// C26: ForEach visits in drain order.
TEST(RegistryTest, ForEachVisitsInDrainOrder) {
  Registry registry;
  registry.Register(Options("a"), [] {});
  registry.Register(Options("b").set_phase(-1), [] {});
  registry.Register(Options("c").set_phase(7), [] {});
  registry.Register(Options("d").set_at_exit(false), [] {});
  std::string names;
  registry.ForEach([&](const finalize::Info& info) { names += info.name; });
  EXPECT_EQ(names, "cdab");
}

// C26: the visitor holds no lock: it may run, detach, register and drain.
TEST(RegistryTest, ForEachMayChangeTheRegistry) {
  EventLog log;
  Registry registry;
  auto older = registry.Register(Options("older"), log.Adds("older"));
  auto newer = registry.Register(Options("newer"), log.Adds("newer"));
  std::string visited;
  registry.ForEach([&](const finalize::Info& info) {
    visited += info.name + " ";
    newer.Run();
    registry.Register(Options("late"), [] {});
    older.Detach();  // pending when the call began, but no longer
  });
  EXPECT_EQ(visited, "newer ");
  EXPECT_EQ(log.Text(), "newer");
}

// C26: the visitor may have the handle of each, too.
TEST(RegistryTest, ForEachHandsOutHandles) {
  EventLog log;
  Registry registry;
  registry.Register("keep", log.Adds("keep"));
  auto f = registry.Register("cancel", log.Adds("cancel"));
  registry.Register("run", [&log] {
    log.Add("run");
    return 1;
  });
  registry.ForEach(
      [&](const finalize::Finalizer<>& finalizer, const finalize::Info& info) {
        EXPECT_EQ(finalizer == f, info.name == "cancel");
        if (info.name == "run") finalizer.Run();
        if (info.name == "cancel") finalizer.Cancel();
      });
  EXPECT_EQ(log.Text(), "run");
  registry.Drain();
  EXPECT_EQ(log.Text(), "run keep");
}

// The numbers of a dump are unique among finalizers that exist.
TEST(RegistryTest, NumbersAreUnique) {
  Registry registry;
  std::set<uint64_t> numbers;
  for (int i = 0; i < 3000; ++i) {
    if (i % 2 == 0) {
      registry.Register([] {});
    } else {
      registry.Register(
          {}, [](std::string) {}, std::string(i % 50, 'x'));
    }
  }
  registry.ForEach(
      [&](const finalize::Info& info) { numbers.insert(info.number); });
  EXPECT_EQ(numbers.size(), 3000u);
}

// Registry::Process is one object.
TEST(RegistryTest, ProcessRegistryIsOne) {
  Registry* other = nullptr;
  std::thread([&] { other = &Registry::Process(); }).join();
  EXPECT_EQ(other, &Registry::Process());
  auto f = Registry::Process().Register([] { return 3; });
  EXPECT_EQ(f.Run(), 3);
}

// Registries are independent of each other.
TEST(RegistryTest, DrainTouchesNoOtherRegistry) {
  int runs = 0;
  Registry a, b;
  auto f = b.Register([&] { ++runs; });
  a.Register([] {});
  EXPECT_EQ(a.Drain().ran, 1u);
  EXPECT_EQ(runs, 0);
  EXPECT_TRUE(f.alive());
}

// Many registries: each is a set of its own, whatever they share inside.
TEST(RegistryTest, ManyRegistriesAreIndependent) {
  std::vector<std::unique_ptr<Registry>> registries;
  std::vector<int> runs(200);
  for (int& count : runs) {
    registries.push_back(std::make_unique<Registry>());
    registries.back()->Register([&count] { ++count; });
  }
  for (size_t i = 0; i < registries.size(); ++i) {
    EXPECT_EQ(runs[i], 0);
    registries[i].reset();
    EXPECT_EQ(runs[i], 1);
  }
}

}  // namespace
