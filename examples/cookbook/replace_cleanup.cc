// SPDX-License-Identifier: Apache-2.0

// A scope guard that exit() runs too. docs/cookbook.md quotes it.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "finalize/finally.h"

void Fill(const std::string& file, bool full) {
  std::ofstream(file) << "text";
  if (full) std::exit(3);  // deep inside, where no destructor runs
}

void Copy(const std::string& file, bool full) {
  // Before: absl::Cleanup remove = [&] { std::remove(file.c_str()); };
  finalize::Finally remove("remove part", [&] {
    std::remove(file.c_str());
    std::puts("the part is removed");
  });
  Fill(file, full);
  // Before: std::move(remove).Cancel();
  remove.Cancel();
  std::puts("the copy is complete");
}

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  Copy(argv[1], false);
  Copy(argv[2], true);
}
