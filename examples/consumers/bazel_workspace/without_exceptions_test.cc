// SPDX-License-Identifier: Apache-2.0

// A program without exceptions, with a library that has them.
#include <memory>

#include "finalize/at_exit.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/weak_proxy.h"
#include "finalize/weak_value_map.h"

#ifdef __cpp_exceptions
#error "to be compiled with -fno-exceptions"
#endif

namespace {

struct Image {
  int width = 3;
};

bool WeakReferencesWork() {
  auto image = finalize::MakeShared<Image>();
  finalize::WeakProxy<Image> proxy(image);
  finalize::WeakValueMap<int, Image> images;
  images.insert_or_assign(1, image);
  if (proxy->width != 3 || images.size() != 1) return false;
  image.reset();
  if (!proxy.expired() || images.size() != 0) return false;
  image = images.GetOrCreate(2, [] { return finalize::MakeShared<Image>(); });
  return images.Get(2) == image;
}

}  // namespace

int main() {
  int runs = 0;
  {
    finalize::Lifetime lifetime;
    finalize::OnDestroy(lifetime, [&runs] { ++runs; });
  }
  finalize::Registry registry;
  registry.Register([&runs] { ++runs; });
  registry.Drain();
  auto last = finalize::AtExit([&runs] { ++runs; });
  last.Run();
  return runs == 3 && WeakReferencesWork() ? 0 : 1;
}
