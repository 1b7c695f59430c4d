// SPDX-License-Identifier: Apache-2.0

// A plugin with a temp dir and a callback, which dlclose() runs.
#include <cstdio>

#include "finalize/at_exit.h"
#include "finalize/module.h"
#include "tempdir/temp_dir.h"

extern "C" void Start() {
  auto* dir = new auto(tempdir::TempDir::Create());  // never deleted
  if (!dir->ok()) return;
  finalize::AtExit("stop", [] { std::puts("plugin stops"); });
  std::puts("plugin starts");
}
