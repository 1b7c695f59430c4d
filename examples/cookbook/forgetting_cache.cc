// SPDX-License-Identifier: Apache-2.0

// A cache that shares what is in use, and keeps nothing alive. docs/cookbook.md
// quotes it.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "finalize/shared.h"
#include "finalize/weak_value_map.h"

struct Image {
  explicit Image(std::string file_in) : file(std::move(file_in)) {
    std::printf("%s is loaded\n", file.c_str());
  }
  ~Image() { std::printf("%s is freed\n", file.c_str()); }
  std::string file;
};

// Never destroyed, because other threads may use it until the end.
auto& images = *new finalize::WeakValueMap<std::string, Image>;

std::shared_ptr<Image> Open(const std::string& file) {
  return images.GetOrCreate(file,
                            [&] { return finalize::MakeShared<Image>(file); });
}

int main() {
  std::shared_ptr<Image> cat = Open("cat.png");
  std::shared_ptr<Image> again = Open("cat.png");  // loads nothing
  std::printf("the same: %s\n", cat == again ? "yes" : "no");
  cat.reset();
  again.reset();  // the last user
  std::printf("in the cache: %zu\n", images.size());
}
