// SPDX-License-Identifier: Apache-2.0

// ConstInitArray is an array for static storage that is all zeros before any
// code runs.
//
// gcc 12 fills a plain array of atomics, or of classes that contain an atomic,
// at run time. Values that static constructors of another file stored there
// before are lost. Declare a ConstInitArray with ABSL_CONST_INIT instead.
#ifndef FINALIZE_INTERNAL_BASE_CONST_INIT_ARRAY_H_
#define FINALIZE_INTERNAL_BASE_CONST_INIT_ARRAY_H_

#include <cstddef>

namespace finalize_internal {

template <typename T, size_t kSize>
class ConstInitArray {
 public:
  constexpr ConstInitArray() : elements_{} {}

  T& operator[](size_t i) { return elements_[i]; }
  T* begin() { return elements_; }
  T* end() { return elements_ + kSize; }

 private:
  T elements_[kSize];
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_CONST_INIT_ARRAY_H_
