# SPDX-License-Identifier: Apache-2.0

"""What a file that defines the usual names cannot use by these names."""

native_cc_common = cc_common
native_cc_info = CcInfo
