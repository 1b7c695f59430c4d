// SPDX-License-Identifier: Apache-2.0

// What tools/check_valgrind runs under memcheck, helgrind and drd: threads that
// share registries, lifetimes and weak references with their data, exit hooks,
// and a temp dir. Nothing in it is wrong, unless it is asked:
//
//   busy          does all of that
//   busy leak     and loses a block
//   busy race     and has a race on an int
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/weak_value_map.h"
#include "tempdir/temp_dir.h"

namespace {

constexpr int kThreads = 3;
constexpr int kKeys = 8;

struct Image {
  explicit Image(std::string text) : name(std::move(text)) {}
  std::string name;
  finalize::Lifetime lifetime;
};

using Images = finalize::WeakValueMap<int, Image>;

// Values that another thread has created are read, replaced and dropped.
size_t UseImages(Images* images) {
  size_t letters = 0;
  std::vector<std::shared_ptr<Image>> kept;
  for (int i = 0; i < 4 * kKeys; ++i) {
    auto image = finalize::MakeShared<Image>("image " + std::to_string(i));
    finalize::OnDestroy(image, [name = image->name] { return void(name); });
    finalize::OnDestroy(image->lifetime, [] {});
    images->insert_or_assign(i % kKeys, image);
    if (i % 2 == 0) kept.push_back(image);
    if (auto other = images->Get((i + 1) % kKeys))
      letters += other->name.size();
    const auto made = images->GetOrCreate(
        kKeys, [] { return finalize::MakeShared<Image>("image of all"); });
    letters += made->name.size();
  }
  return letters + images->size();
}

// What one thread has registered, with its data, the drain of another runs.
void FillRegistry(finalize::Registry* registry) {
  for (int i = 0; i < 20; ++i) {
    auto data = std::make_shared<std::string>(100, 'x');
    auto finalizer = registry->Register([data] { data->clear(); });
    if (i % 3 == 0) finalizer.Run();
    if (i % 3 == 1) finalizer.Cancel();
  }
}

int racy = 0;

void Race() {
  std::thread one([] { ++racy; });
  std::thread two([] { ++racy; });
  one.join();
  two.join();
}

void Lose() {
  int* volatile lost = new int[10];
  *lost = 1;
}

void Work() {
  Images images;
  finalize::Registry registry;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&images, &registry] {
      UseImages(&images);
      FillRegistry(&registry);
      finalize::AtExit([text = std::make_unique<int>(3)] { *text = 4; });
    });
  }
  for (int i = 0; i < 10; ++i) registry.Drain();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "";
  if (!finalize::InstallExitHooks().ok()) return 1;
  auto created = tempdir::TempDir::Create();
  if (!created.ok()) return 1;
  Work();
  if (fault == "race") Race();
  if (fault == "leak") Lose();
}
