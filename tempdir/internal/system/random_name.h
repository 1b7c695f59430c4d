// SPDX-License-Identifier: Apache-2.0

// Random names: what an attacker cannot guess, from the kernel's generator.
//
// The letters are those of base 32 (a-z, 2-7), so a name survives a file
// system that folds case, and five bits come with each. A few hundred bytes
// are fetched at a time; a forked child does not use what its parent fetched.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_SYSTEM_RANDOM_NAME_H_
#define TEMPDIR_INTERNAL_SYSTEM_RANDOM_NAME_H_

#include <cstddef>
#include <string>

namespace tempdir_internal {

// Appends `letters` random letters. Returns false, with errno set, where the
// kernel gives no random bytes.
bool AppendRandomLetters(std::string* name, size_t letters);

// Throws away what was fetched, so that the next letters are fresh.
void DiscardRandomBytes();

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_RANDOM_NAME_H_
