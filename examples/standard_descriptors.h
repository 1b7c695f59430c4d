// SPDX-License-Identifier: Apache-2.0

// OpenStandardDescriptors, for the beginning of a program.
//
// If a standard descriptor is closed when the program begins, a file or a
// socket that it opens takes that place: what it prints ends up there, and a
// program that it starts gets that file as its standard input or output.
#ifndef EXAMPLES_STANDARD_DESCRIPTORS_H_
#define EXAMPLES_STANDARD_DESCRIPTORS_H_

namespace examples {

// Opens /dev/null as each of descriptors 0 to 2 that is closed.
void OpenStandardDescriptors();

}  // namespace examples

#endif  // EXAMPLES_STANDARD_DESCRIPTORS_H_
