// An array with static storage duration that is all zeros before any code runs.
//
// gcc 12 fills a bare array of atomics, and of classes with an atomic in them,
// at run time: what the constructors of another file have put there by then is
// lost. Declare one of these ABSL_CONST_INIT instead.
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
