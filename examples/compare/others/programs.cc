// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/others/programs.h"

namespace others {

const char kGo[] =
#include "examples/compare/others/go/play.go.inc"
    ;
const char kPython[] =
#include "examples/compare/others/python/play.py.inc"
    ;
const char kRust[] =
#include "examples/compare/others/rust/play.rs.inc"
    ;

}  // namespace others
