// The descriptor that tells a shutdown loop of the first signal.
#ifndef FINALIZE_INTERNAL_SIGNALS_SHUTDOWN_DESCRIPTOR_H_
#define FINALIZE_INTERNAL_SIGNALS_SHUTDOWN_DESCRIPTOR_H_

namespace finalize_internal {

// Returns that of this process: the same each time, unless the program has
// closed it. -1 if there is none to be had. For one thread at a time.
int OpenShutdownDescriptor();

// Makes it readable. False if the program has closed it.
bool WriteShutdownDescriptor(int descriptor);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_SHUTDOWN_DESCRIPTOR_H_
