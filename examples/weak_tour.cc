// SPDX-License-Identifier: Apache-2.0

// weak_tour shows WeakRef, WeakProxy, WeakValueMap, WeakKeyMap, and a
// finalizer.
//
// Prints (the address differs each time):
//
//   owners of Tom: 1
//   owners of Tom with a weak reference: 1
//   <WeakRef to Cat at 0x5581e0>
//   Tom is eating
//   owners of Tom while it is locked: 2
//   Tommy is no more
//   <WeakRef; dead>
//   locked: nothing
//   Tom is eating
//   through the proxy of Tommy: weakly-referenced object no longer exists
//   loaded cat.png
//   loaded dog.png
//   cat.png is still there
//   images held: cat.png
//   note on Tom: likes fish
//   notes when Tom is gone: 0
//   alive: yes
//   result: removed /tmp/tour
//   alive: no, result: nothing
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "finalize/finalizer.h"
#include "finalize/lifetime.h"
#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_proxy.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_value_map.h"

using finalize::MakeShared;
using finalize::WeakKeyMap;
using finalize::WeakProxy;
using finalize::WeakRef;
using finalize::WeakValueMap;

struct Cat {
  void Eat() const { std::printf("%s is eating\n", name.c_str()); }
  std::string name;
};

struct Image {
  std::string file;
};

// A weak reference does not keep its referent alive.
void TwoCats() {
  auto tom = MakeShared<Cat>(Cat{"Tom"});
  auto tommy = MakeShared<Cat>(Cat{"Tommy"});
  std::printf("owners of Tom: %ld\n", tom.use_count());
  WeakRef<Cat> to_tom(tom);
  WeakRef<Cat> to_tommy(tommy, [] { std::puts("Tommy is no more"); });
  std::printf("owners of Tom with a weak reference: %ld\n", tom.use_count());

  std::puts(to_tom.ToString().c_str());
  if (std::shared_ptr<Cat> cat = to_tom.Lock()) {
    cat->Eat();
    std::printf("owners of Tom while it is locked: %ld\n", tom.use_count());
  }
  tommy.reset();
  std::puts(to_tommy.ToString().c_str());
  std::printf("locked: %s\n", to_tommy.Lock() ? "a cat" : "nothing");
}

// A proxy is used like its referent, and throws if the referent is dead.
void Proxies() {
  auto tom = MakeShared<Cat>(Cat{"Tom"});
  auto tommy = MakeShared<Cat>(Cat{"Tommy"});
  WeakProxy<Cat> of_tom(tom);
  WeakProxy<Cat> of_tommy(tommy);
  of_tom->Eat();
  tommy.reset();
  try {
    of_tommy->Eat();
  } catch (const finalize::ReferenceError& error) {
    std::printf("through the proxy of Tommy: %s\n", error.what());
  }
}

// A cache that does not keep what it caches.
std::shared_ptr<Image> Load(WeakValueMap<std::string, Image>& cache,
                            const std::string& file) {
  bool loaded = false;
  std::shared_ptr<Image> image = cache.GetOrCreate(file, [&] {
    loaded = true;
    return MakeShared<Image>(Image{file});
  });
  std::printf(loaded ? "loaded %s\n" : "%s is still there\n", file.c_str());
  return image;
}

void ImageCache() {
  WeakValueMap<std::string, Image> cache;
  std::shared_ptr<Image> cat = Load(cache, "cat.png");
  Load(cache, "dog.png");  // not held
  std::shared_ptr<Image> again = Load(cache, "cat.png");
  std::printf("images held:");
  for (const auto& [file, image] : cache) std::printf(" %s", file.c_str());
  std::puts("");
}

// A note is removed with its object.
void Notes() {
  WeakKeyMap<Cat, std::string> notes;
  auto tom = MakeShared<Cat>(Cat{"Tom"});
  notes.insert_or_assign(tom, "likes fish");
  std::printf("note on Tom: %s\n", notes.Get(tom)->c_str());
  tom.reset();
  std::printf("notes when Tom is gone: %zu\n", notes.size());
}

// A finalizer is alive until it runs: by a call, at the end of its referent, or
// at exit.
void Finalizers() {
  auto tom = MakeShared<Cat>(Cat{"Tom"});
  auto remove = finalize::OnDestroy(
      tom, "remove files",
      [](const std::string& path) { return "removed " + path; },
      std::string("/tmp/tour"));
  std::printf("alive: %s\n", remove.alive() ? "yes" : "no");
  std::printf("result: %s\n", remove.Run().value_or("nothing").c_str());
  std::printf("alive: %s, result: %s\n", remove.alive() ? "yes" : "no",
              remove.Run().value_or("nothing").c_str());
}

int main() {
  TwoCats();
  Proxies();
  ImageCache();
  Notes();
  Finalizers();
}
