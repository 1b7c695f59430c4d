# SPDX-License-Identifier: Apache-2.0

"""The rules of the library's own targets: native ones, with what each needs.

A BUILD file of finalize/ or tempdir/ loads them under their native names, so
that a new target has the same.
"""

# What the sources need, whatever the workspace that builds them says: Bazel's
# own default is C++11. A target that includes the headers needs it, too; they
# say so (internal/base/requirements.h).
_COPTS = ["-std=c++17"]

def cc_library(copts = [], **kwargs):
    native.cc_library(copts = _COPTS + copts, **kwargs)

def cc_binary(copts = [], **kwargs):
    native.cc_binary(copts = _COPTS + copts, **kwargs)

# A part of the library that users do not name. Without this, a test in Bazel's
# default mode gets a shared object of each target, and what one part hides
# from users it would hide from the other parts.
def internal_library(**kwargs):
    cc_library(linkstatic = True, **kwargs)
