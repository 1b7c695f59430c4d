# SPDX-License-Identifier: Apache-2.0

"""CcInfo, as Debian's Bazel has it."""

load("//cc:native.bzl", "native_cc_info")

CcInfo = native_cc_info
