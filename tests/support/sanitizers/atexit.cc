// SPDX-License-Identifier: Apache-2.0

// Linked into every program of --config=asan and --config=tsan.
// AddressSanitizer's __cxa_atexit adds a second exit handler behind each one,
// which only returns. If two threads are in exit() and both return from a
// handler, glibc before 2.41 may free the same block of its list twice. The
// hooks of this library do not return to a second thread, and nothing else in
// these programs is newer: so std::atexit() is the C library's here, and
// exit() meets the same handlers as without AddressSanitizer.
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#include <dlfcn.h>
#include <stdlib.h>

extern "C" {

extern void* __dso_handle;

int atexit(void (*handler)()) {
  using CxaAtexit = int (*)(void (*)(void*), void*, void*);
  const auto add =
      reinterpret_cast<CxaAtexit>(dlsym(RTLD_NEXT, "__cxa_atexit"));
  if (add == nullptr) abort();
  return add(reinterpret_cast<void (*)(void*)>(handler), nullptr,
             &__dso_handle);
}

}  // extern "C"
#endif
#endif
