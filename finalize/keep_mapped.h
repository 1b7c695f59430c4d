// KeepMapped: keeps the code of a module where it is, for a library that starts
// a thread which nobody joins.
//
//   if (finalize::KeepMapped(reinterpret_cast<const void*>(&Serve))) {
//     StartDetached(&Serve);
//   }
//
// From then on dlclose() of that module does nothing; what it has registered
// runs at exit (module.h). There is no way back. Thread-safe. It takes the lock
// of the dynamic linker: call it with no lock held.
#ifndef FINALIZE_KEEP_MAPPED_H_
#define FINALIZE_KEEP_MAPPED_H_

#include "finalize/internal/module.h"

namespace finalize {

// Whether the module that holds `address` stays mapped to the end of the
// process. True for the program itself.
inline bool KeepMapped(const void* address) {
  return finalize_internal::KeepMapped(address);
}

}  // namespace finalize

#endif  // FINALIZE_KEEP_MAPPED_H_
