// SPDX-License-Identifier: Apache-2.0

// The descriptor that reports the first signal to a shutdown loop.
#ifndef FINALIZE_INTERNAL_SIGNALS_SHUTDOWN_DESCRIPTOR_H_
#define FINALIZE_INTERNAL_SIGNALS_SHUTDOWN_DESCRIPTOR_H_

namespace finalize_internal {

// Returns the descriptor of this process: the same each time, unless the
// program has closed it. Returns -1 if none is available. Confined to one
// thread at a time.
int OpenShutdownDescriptor();

// Makes it readable. Returns false if the program has closed it.
bool WriteShutdownDescriptor(int descriptor);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_SHUTDOWN_DESCRIPTOR_H_
