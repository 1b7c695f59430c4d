// TempDir: the temporary directory to use where there is no reason for the
// other one. See finalizer_temp_dir.h.
//
//   auto dir = tempdir::TempDir::Create();
//   if (dir.ok()) Work(dir->path());
//
// In a module that may be closed, with a copy of the library of its own, see
// finalize/module.h: a thread of the library's keeps it mapped.
#ifndef TEMPDIR_TEMP_DIR_H_
#define TEMPDIR_TEMP_DIR_H_

#include "tempdir/finalizer_temp_dir.h"

namespace tempdir {

using TempDir = FinalizerTempDir;

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_DIR_H_
