// Throws for headers, which compile without exceptions.
#ifndef FINALIZE_INTERNAL_OUT_OF_RANGE_H_
#define FINALIZE_INTERNAL_OUT_OF_RANGE_H_

namespace finalize_internal {

// Throws std::out_of_range.
[[noreturn]] void ThrowOutOfRange(const char* what);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_OUT_OF_RANGE_H_
