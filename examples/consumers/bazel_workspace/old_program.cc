// SPDX-License-Identifier: Apache-2.0

// Older than C++17: uses finalize through a library of the consumer's own.
#include "scratch.h"

int main() { return consumer::NewScratchDir().empty() ? 1 : 0; }
