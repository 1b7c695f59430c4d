// SPDX-License-Identifier: Apache-2.0

// PluginLoader: opens and closes the plugin of a test program.
//
// The plugin of x_child is x_plugin.so beside it; it exports `GetPlugin`, which
// returns a pointer to a table of functions.
#ifndef TESTS_MODULES_PLUGIN_LOADER_H_
#define TESTS_MODULES_PLUGIN_LOADER_H_

#include <dlfcn.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/support/scenario.h"

namespace finalize_test {

template <class Table>
class PluginLoader {
 public:
  const Table& Open() {
    handle_ = dlopen(Path().c_str(), RTLD_NOW | RTLD_LOCAL);
    Require(handle_ != nullptr, handle_ == nullptr ? dlerror() : "");
    using Get = const Table* (*)();
    const Get get = reinterpret_cast<Get>(dlsym(handle_, "GetPlugin"));
    Require(get != nullptr, "dlsym");
    Require(IsMapped(), "mapped");
    return *get();
  }

  void Close() { Require(dlclose(handle_) == 0, "dlclose"); }

  // Whether its text is there.
  static bool IsMapped() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find("_plugin.so") != std::string::npos) return true;
    }
    return false;
  }

  void CloseAndSay() {
    Close();
    Say(IsMapped() ? "still mapped" : "unmapped");
  }

 private:
  static std::string Path() {
    char path[4096];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
    Require(size > 0, "readlink");
    const std::string program(path, static_cast<size_t>(size));
    return program.substr(0, program.rfind("_child")) + "_plugin.so";
  }

  void* handle_ = nullptr;
};

}  // namespace finalize_test

#endif  // TESTS_MODULES_PLUGIN_LOADER_H_
