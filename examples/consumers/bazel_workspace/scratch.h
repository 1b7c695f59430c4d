// SPDX-License-Identifier: Apache-2.0

// Scratch space: the consumer's use of tempdir.
#ifndef CONSUMER_SCRATCH_H_
#define CONSUMER_SCRATCH_H_

#include <string>

namespace consumer {

// Creates a temp dir that the end of the process removes, and returns its path;
// empty if none could be created.
std::string NewScratchDir();

}  // namespace consumer

#endif  // CONSUMER_SCRATCH_H_
