// SPDX-License-Identifier: Apache-2.0

#include "examples/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

namespace examples {

void OpenStandardDescriptors() {
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) {
    descriptor = open("/dev/null", O_RDWR);
  }
  if (descriptor >= 0) close(descriptor);
}

}  // namespace examples
