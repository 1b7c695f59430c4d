# SPDX-License-Identifier: Apache-2.0

"""The rules that build files load from here are those of Debian's Bazel itself."""

cc_library = native.cc_library
cc_binary = native.cc_binary
cc_test = native.cc_test
cc_import = native.cc_import
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
