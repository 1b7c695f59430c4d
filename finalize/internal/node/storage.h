// SPDX-License-Identifier: Apache-2.0

// Storage holds a callable in its node, or, if it is too large for a node, in a
// separate allocation (a box).
#ifndef FINALIZE_INTERNAL_NODE_STORAGE_H_
#define FINALIZE_INTERNAL_NODE_STORAGE_H_

#include <cstddef>
#include <new>
#include <utility>

namespace finalize_internal {

// The largest callable that is stored in its node. A larger one, or one of
// unusual alignment, is boxed.
constexpr size_t kLargestInlineCallable = 512;

template <class B>
inline constexpr bool kFitsInline = sizeof(B) <= kLargestInlineCallable &&
                                    alignof(B) <= 16;

// How a node holds a Bound of type B: the object itself, or a pointer to it.
//
// Build constructs it at `where`. Returns false, with the arguments untouched,
// if there is no memory for the box. An UnregisteredCallback is a Storage on
// the stack, for a callback that gets no node.
template <class B, bool kInline = kFitsInline<B>>
struct Storage {
  template <class... Args>
  explicit Storage(std::in_place_t, Args&&... args)
      : bound(std::in_place, std::forward<Args>(args)...) {}
  template <class... Args>
  static bool Build(void* where, Args&&... args) {
    new (where) Storage(std::in_place, std::forward<Args>(args)...);
    return true;
  }
  static void Destroy(Storage* storage) { storage->~Storage(); }
  B& get() { return bound; }
  const B& get() const { return bound; }

  B bound;
};
template <class B>
struct Storage<B, false> {
  template <class... Args>
  static bool Build(void* where, Args&&... args) {
    B* const box =
        new (std::nothrow) B(std::in_place, std::forward<Args>(args)...);
    if (box == nullptr) return false;
    new (where) Storage{box};
    return true;
  }
  static void Destroy(Storage* storage) { delete storage->bound; }
  B& get() { return *bound; }
  const B& get() const { return *bound; }

  B* bound;
};

template <class B, bool kInline = kFitsInline<B>>
struct UnregisteredCallback {
  template <class... Args>
  explicit UnregisteredCallback(Args&&... args)
      : storage(std::in_place, std::forward<Args>(args)...) {}
  Storage<B> storage;
};
template <class B>
struct UnregisteredCallback<B, false> {
  template <class... Args>
  explicit UnregisteredCallback(Args&&... args)
      : bound(std::in_place, std::forward<Args>(args)...), storage{&bound} {}
  UnregisteredCallback(const UnregisteredCallback&) = delete;
  UnregisteredCallback& operator=(const UnregisteredCallback&) = delete;
  B bound;
  Storage<B> storage;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_STORAGE_H_
