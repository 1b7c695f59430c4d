# SPDX-License-Identifier: Apache-2.0

"""cc_common, as Debian's Bazel has it."""

load("//cc:native.bzl", "native_cc_common")

cc_common = native_cc_common
