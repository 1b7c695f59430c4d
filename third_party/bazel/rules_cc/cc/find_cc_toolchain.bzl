# SPDX-License-Identifier: Apache-2.0

"""The C++ toolchain, as a rule of Debian's Bazel finds it: by an attribute."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

find_cc_toolchain = find_cpp_toolchain

def use_cc_toolchain():
    return []
