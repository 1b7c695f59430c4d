// SPDX-License-Identifier: Apache-2.0

// Child registries (contract C12).
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/registry.h"
#include "finalize/testing.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"

namespace {

using finalize::Cause;
using finalize::DrainOptions;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;

DrainOptions AtProcessEnd() {
  DrainOptions options;
  options.cause = Cause::Kind::kExit;
  return options;
}

// C12: its drain takes place at its place in the parent.
TEST(RegistryChildTest, DrainsAtItsPlace) {
  EventLog log;
  Registry parent;
  parent.Register(log.Adds("older"));
  Registry child(parent);
  parent.Register(log.Adds("newer"));
  child.Register(log.Adds("child-1"));  // later than "newer", but inside
  child.Register(log.Adds("child-2"));
  EXPECT_EQ(parent.size(), 2u + 1u);  // the child is one entry
  parent.Drain();
  EXPECT_EQ(log.Text(), "newer child-2 child-1 older");
  EXPECT_EQ(child.size(), 0u);
}

// C12: the phase of the child is that of its entry; phases inside are its own.
TEST(RegistryChildTest, DrainsInThePhaseOfItsEntry) {
  EventLog log;
  Registry parent;
  Registry child(parent, Options("child").set_phase(-1));
  parent.Register(log.Adds("parent"));
  child.Register(Options().set_phase(100), log.Adds("high"));
  child.Register(Options().set_phase(-100), log.Adds("low"));
  parent.Drain();
  EXPECT_EQ(log.Text(), "parent high low");
}

// C12: a child of a child.
TEST(RegistryChildTest, GrandchildDrainsAtItsPlace) {
  EventLog log;
  Registry parent;
  Registry child(parent);
  child.Register(log.Adds("before"));
  Registry grandchild(child);
  child.Register(log.Adds("after"));
  grandchild.Register(log.Adds("grandchild"));
  Report report = parent.Drain();
  EXPECT_EQ(log.Text(), "after grandchild before");
  EXPECT_EQ(report.ran, 3u + 2u);  // and the two entries
}

// C12: the report of the child is in that of the parent.
TEST(RegistryChildTest, ReportIsAbsorbed) {
  CapturedFailures failures;
  Registry parent;
  Registry child(parent);
  child.Register(Options("good"), [] {});
  child.Register(Options("bad"), [] { return absl::InternalError("x"); });
  Report report = parent.Drain();
  EXPECT_EQ(report.ran, 1u + 1u);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.status(), absl::InternalError("x"));
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.entries[0].name, "bad");
  EXPECT_EQ(failures.size(), 1u);  // once, not once a level
}

// C12: options of the parent's drain hold in the child, its cause too.
TEST(RegistryChildTest, DrainOptionsReachTheChild) {
  Registry parent;
  Registry child(parent, Options("entry"));
  Cause seen = Cause::Kind::kCall;
  child.Register(Options("inner"), [&](const Cause& cause) { seen = cause; });
  DrainOptions options;
  options.cause = Cause(Cause::Kind::kSignal, 2);
  options.entries = DrainOptions::Entries::kAll;
  Report report = parent.Drain(options);
  EXPECT_EQ(seen, Cause(Cause::Kind::kSignal, 2));
  ASSERT_EQ(report.entries.size(), 2u);
  EXPECT_EQ(report.entries[0].name, "inner");
  EXPECT_EQ(report.entries[1].name, "entry");
}

// C12, C15: an entry that a callback runs itself drains the child by itself:
// the drain around that callback has nothing to do with it.
TEST(RegistryChildTest, EntryRunInsideAnotherDrainIsOnItsOwn) {
  CapturedFailures failures;
  Registry parent, unrelated;
  Registry child(parent);
  Cause seen = Cause::Kind::kExit;
  bool ran = false;
  child.Register([&](const Cause& cause) { seen = cause; });
  child.Register(Options().set_at_exit(false), [&] { ran = true; });
  child.Register(Options("bad"), [] { return absl::InternalError("x"); });
  unrelated.Register([&] { EXPECT_TRUE(child.entry().Run()); });
  DrainOptions options = AtProcessEnd();
  options.entries = DrainOptions::Entries::kAll;
  Report report = unrelated.Drain(options);
  EXPECT_EQ(seen, Cause::Kind::kCall);
  EXPECT_TRUE(ran);           // at_exit = false counts at process ends only
  EXPECT_EQ(report.ran, 1u);  // what the child did is not in this report
  EXPECT_EQ(report.failed, 0u);
  EXPECT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(failures.size(), 1u);
}

// C12, C15: nor does its deadline hold there, nor its limit.
TEST(RegistryChildTest, EntryRunInsideAnotherDrainHasItsOwnTime) {
  finalize::testing::FakeClock clock;
  Registry parent, unrelated;
  Registry child(parent);
  int runs = 0;
  child.Register([&] { ++runs; });
  child.Register([&] { clock.Advance(absl::Hours(1)); });
  unrelated.Register([&] { child.entry().Run(); });
  DrainOptions options;
  options.deadline = clock.Now() + absl::Minutes(1);
  unrelated.Drain(options);
  EXPECT_EQ(runs, 1);
}

// C12: detaching the entry takes the group out of the parent; the child lives
// on by itself.
TEST(RegistryChildTest, DetachedEntryIsNotDrained) {
  EventLog log;
  Registry parent;
  {
    Registry child(parent);
    child.Register(log.Adds("child"));
    EXPECT_TRUE(child.entry().Detach());
    parent.Register(log.Adds("parent"));
    parent.Drain();
    EXPECT_EQ(log.Text(), "parent");
    EXPECT_EQ(child.size(), 1u);
  }
  EXPECT_EQ(log.Text(), "parent child");  // by its destructor
}

// C12: running the entry drains the child.
TEST(RegistryChildTest, RunningTheEntryDrainsTheChild) {
  EventLog log;
  Registry parent;
  Registry child(parent);
  child.Register(log.Adds("child"));
  EXPECT_TRUE(child.entry().Run());
  EXPECT_EQ(log.Text(), "child");
  EXPECT_EQ(parent.size(), 0u);
}

// C12: a child that is destroyed first drains itself and leaves the parent.
TEST(RegistryChildTest, DestroyedChildLeavesTheParent) {
  EventLog log;
  Registry parent;
  auto child = std::make_unique<Registry>(parent);
  child->Register(log.Adds("child"));
  child.reset();
  EXPECT_EQ(log.Text(), "child");
  EXPECT_EQ(parent.size(), 0u);
  EXPECT_EQ(parent.Drain().ran, 0u);
}

// C12: a child that is drained by itself stays an entry of the parent.
TEST(RegistryChildTest, ChildThatDrainsItselfStays) {
  EventLog log;
  Registry parent;
  Registry child(parent);
  child.Register(log.Adds("first"));
  child.Drain();
  child.Register(log.Adds("second"));
  parent.Drain();
  EXPECT_EQ(log.Text(), "first second");
}

// C12: at_exit = false inside a child: skipped at process end alone.
TEST(RegistryChildTest, ProcessEndSkipsInsideTheChild) {
  EventLog log;
  Registry parent;
  Registry child(parent);
  child.Register(Options("skipped").set_at_exit(false), log.Adds("skipped"));
  child.Register(log.Adds("run"));
  Report report = parent.Drain(AtProcessEnd());
  EXPECT_EQ(log.Text(), "run");
  EXPECT_EQ(report.left, 1u);
  EXPECT_TRUE(report.status().ok());
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::Outcome::kSkipped);
  child.Drain();
  EXPECT_EQ(log.Text(), "run skipped");
}

// C12: at_exit = false on the entry skips the whole group at process end.
TEST(RegistryChildTest, ProcessEndSkipsTheGroup) {
  EventLog log;
  Registry parent;
  Registry child(parent, Options("group").set_at_exit(false));
  child.Register(log.Adds("child"));
  parent.Drain(AtProcessEnd());
  EXPECT_EQ(log.Text(), "");
  EXPECT_TRUE(child.entry().alive());
  parent.Drain();  // an explicit one runs everything
  EXPECT_EQ(log.Text(), "child");
}

// C10, C12: what a callback of the child registers in either runs in that
// drain.
TEST(RegistryChildTest, CallbackOfTheChildRegistersInBoth) {
  EventLog log;
  Registry parent;
  parent.Register(log.Adds("older"));
  Registry child(parent);
  child.Register(log.Adds("child-older"));
  child.Register([&] {
    parent.Register(log.Adds("in-parent"));
    child.Register(log.Adds("in-child"));
  });
  parent.Drain();
  EXPECT_EQ(log.Text(), "in-child child-older in-parent older");
}

// C12: entries moved to another registry take the child with them.
TEST(RegistryChildTest, MovedEntryIsDrainedByItsNewParent) {
  EventLog log;
  Registry parent, other;
  Registry child(parent);
  child.Register(log.Adds("child"));
  ASSERT_TRUE(parent.MoveTo(other).ok());
  EXPECT_EQ(parent.Drain().ran, 0u);
  EXPECT_EQ(log.Text(), "");
  other.Drain();
  EXPECT_EQ(log.Text(), "child");
}

// C12, C20: a sealed parent refuses a child; the child is a registry all the
// same.
TEST(RegistryChildTest, SealedParentRefusesAChild) {
  CapturedFailures failures;
  EventLog log;
  Registry parent;
  parent.Seal();
  {
    Registry child(parent);
    EXPECT_FALSE(child.entry().alive());
    child.Register(log.Adds("child"));
    parent.Drain();
  }
  EXPECT_EQ(log.Text(), "child");
  EXPECT_EQ(failures.size(), 1u);
}

// A registry without a parent has a dead entry.
TEST(RegistryChildTest, EntryWithoutAParentIsDead) {
  Registry registry;
  EXPECT_FALSE(registry.entry().alive());
}

// The entry names the line at which the child was made.
TEST(RegistryChildTest, EntryNamesThePlaceOfTheChild) {
  Registry parent;
  const int line = __LINE__ + 1;
  Registry plain(parent);
  Registry named(parent, Options("named"));
  EXPECT_EQ(plain.entry().Peek()->place.line, line);
  EXPECT_EQ(std::string(plain.entry().Peek()->place.file), __FILE__);
  EXPECT_EQ(named.entry().Peek()->place.line, line + 1);
}

}  // namespace
