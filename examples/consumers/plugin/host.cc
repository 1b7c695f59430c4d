// SPDX-License-Identifier: Apache-2.0

// A program that loads a plugin, and closes it before its end:
//
//   host close|keep PLUGIN
#include <dlfcn.h>

#include <cstdio>
#include <string>

#include "finalize/at_exit.h"

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  finalize::AtExit("end", [] { std::puts("host ends"); });
  void* const plugin = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    std::fprintf(stderr, "host: %s\n", dlerror());
    return 66;
  }
  reinterpret_cast<void (*)()>(dlsym(plugin, "Start"))();
  if (argv[1] == std::string("close")) {
    dlclose(plugin);
    std::puts(dlopen(argv[2], RTLD_NOW | RTLD_NOLOAD) == nullptr
                  ? "plugin is unmapped"
                  : "plugin stays mapped");
  }
  std::puts("main ends");
}
