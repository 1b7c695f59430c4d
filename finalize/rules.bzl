# SPDX-License-Identifier: Apache-2.0

"""The rules of the library's own targets: the usual ones, with what each needs.

A BUILD file of finalize/ or tempdir/ loads them under their usual names, so
that a new target has the same.
"""

load("@rules_cc//cc:defs.bzl", _cc_binary = "cc_binary", _cc_library = "cc_library")

# What the sources need, whatever the workspace that builds them says: Bazel's
# own default is C++11. A target that includes the headers needs it, too; they
# say so (internal/base/requirements.h).
_COPTS = ["-std=c++17"]

# A part of the library. It shows other shared objects only what finalize/export.h
# marks. In Bazel's default mode a test has a shared object of each target; these
# have none (linkstatic), and are together in the program: the parts need what
# they hide from everybody else.
def cc_library(copts = [], **kwargs):
    _cc_library(
        copts = _COPTS + ["-fvisibility=hidden"] + copts,
        linkstatic = True,
        **kwargs
    )

def cc_binary(copts = [], **kwargs):
    _cc_binary(copts = _COPTS + copts, **kwargs)
