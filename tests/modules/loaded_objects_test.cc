// SPDX-License-Identifier: Apache-2.0

// The list of the loaded objects, in the child of a fork while another thread
// holds the loader's lock.
#include "finalize/internal/system/loaded_objects.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/at_exit.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"

namespace {

using finalize_internal::VisitObjects;
using finalize_test::Forked;
using finalize_test::Latch;

// Where each object lies, and where its program headers do.
using Objects = std::vector<std::pair<ElfW(Addr), const ElfW(Phdr)*>>;

int Add(dl_phdr_info* object, size_t, void* objects) {
  static_cast<Objects*>(objects)->emplace_back(object->dlpi_addr,
                                               object->dlpi_phdr);
  return 0;
}

Objects AllObjects() {
  Objects objects;
  VisitObjects(&Add, &objects);
  return objects;
}

// What a child ends with that hangs.
constexpr unsigned kLimit = 60;

int StatusOf(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Calls `body` in a child that is forked while another thread visits an object.
// The process has registered something, and so has a number.
int StatusOfChild(int (*body)()) {
  finalize::AtExit([] {}).Detach();
  Latch inside(2);
  Latch left(2);
  std::pair<Latch*, Latch*> latches(&inside, &left);
  std::thread visitor([&latches] {
    VisitObjects(
        [](dl_phdr_info*, size_t, void* context) {
          auto& both = *static_cast<std::pair<Latch*, Latch*>*>(context);
          both.first->Arrive();
          both.second->Arrive();
          return 1;
        },
        &latches);
  });
  inside.Arrive();
  const pid_t child = Forked(fork());
  if (child == 0) {
    alarm(kLimit);
    _exit(body());
  }
  const int status = StatusOf(child);
  left.Arrive();
  visitor.join();
  return status;
}

const Objects* expected = nullptr;

// C21: the child sees what its parent sees.
TEST(LoadedObjectsTest, AreTheSameInAChildThatInheritsTheLock) {
  const Objects objects = AllObjects();
  ASSERT_GT(objects.size(), 2u);
  expected = &objects;
  EXPECT_EQ(StatusOfChild([] { return AllObjects() == *expected ? 5 : 6; }), 5);
}

// C21: the child registers, and comes to its end, at which the library looks
// for the object that it is in.
TEST(LoadedObjectsTest, DoNotKeepAChildFromItsEnd) {
  EXPECT_EQ(StatusOfChild([]() -> int {
              finalize::AtExit([] {});
              std::exit(5);
            }),
            5);
}

// C21: so it is in a child that a visitor forks.
TEST(LoadedObjectsTest, MayBeVisitedByOneThatForks) {
  finalize::AtExit([] {}).Detach();
  pid_t child = -1;
  VisitObjects(
      [](dl_phdr_info*, size_t, void* context) {
        *static_cast<pid_t*>(context) = Forked(fork());
        return 1;
      },
      &child);
  if (child == 0) {
    alarm(kLimit);
    _exit(AllObjects().size() > 2 ? 5 : 6);
  }
  EXPECT_EQ(StatusOf(child), 5);
  EXPECT_GT(AllObjects().size(), 2u);
}

}  // namespace

// A child of a process with threads has lost what their stacks point to.
extern "C" const char* __lsan_default_options() { return "detect_leaks=0"; }
