// SPDX-License-Identifier: Apache-2.0

// Linked into a module with a copy of the library of its own in --config=tsan.
// That run-time has an atexit() that does not say which module asks, so that
// what this one asks for would run after dlclose(). The C library has one in
// each module, and so does this.
extern "C" {

extern void* __dso_handle;
int __cxa_atexit(void (*function)(void*), void* argument, void* module);

int atexit(void (*function)()) {
  return __cxa_atexit(
      [](void* asked) { reinterpret_cast<void (*)()>(asked)(); },
      reinterpret_cast<void*>(function), &__dso_handle);
}

}  // extern "C"
