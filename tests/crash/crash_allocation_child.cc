// SPDX-License-Identifier: Apache-2.0

// A process that says how often it allocated while it handled a crash.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "tests/crash/crash_scene.h"
#include "tests/crash/crash_ways.h"
#include "tests/support/scenario.h"

namespace {
uint64_t allocations = 0;
uint64_t before = 0;
}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED_BY_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTED_BY_SANITIZER 1
#endif
#endif

#ifdef COUNTED_BY_SANITIZER
// The sanitizers have an allocator of their own, with a hook.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, size_t),
    void (*free_hook)(const volatile void*));
namespace {
const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, size_t) { ++allocations; },
    [](const volatile void*) { ++allocations; });
}  // namespace
#else
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void __libc_free(void*);
void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  ++allocations;
  return __libc_realloc(old, size);
}
void free(void* block) {
  ++allocations;
  __libc_free(block);
}
}
#endif

namespace {

void Crash() {
  finalize_test::Install();
  // Before the removal is added: called after it.
  finalize_test::AddCallback([](const finalize::Crash&) {
    if (before == 0) finalize_test::SaySafely("nothing was counted\n");
    if (allocations == before) finalize_test::SaySafely("none\n");
    if (allocations != before) finalize_test::SaySafely("some\n");
  });
  tempdir::TempDir& dir = finalize_test::MakeDir();
  const int fd =
      finalize_test::MakeDirectory(AT_FDCWD, (dir.path() / "much").c_str());
  close(finalize_test::MakeDeep(fd, 100));
  finalize_test::Require(finalize_test::MakeTree(fd, 10, 20, 3), "no content");
  finalize_test::Require(finalize_test::MakeWide(fd, 3000), "no content");
  before = allocations;
  finalize_test::CrashBy("segv");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv, {{"crash", Crash}});
}
