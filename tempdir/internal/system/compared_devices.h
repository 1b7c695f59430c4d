// SPDX-License-Identifier: Apache-2.0

// Whether the user accepts that removals of temp dirs tell mount points by the
// device where nothing better tells (RemoveTreeOptions::compare_devices):
// FINALIZE_COMPARE_DEVICES, in tempdir/temp_dir_options.h.

#ifndef TEMPDIR_INTERNAL_SYSTEM_COMPARED_DEVICES_H_
#define TEMPDIR_INTERNAL_SYSTEM_COMPARED_DEVICES_H_

namespace tempdir_internal {

// The environment is read by the first call of a process. The others are
// async-signal-safe. Thread-safe.
bool TempDirsCompareDevices();

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_COMPARED_DEVICES_H_
