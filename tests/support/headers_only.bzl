# SPDX-License-Identifier: Apache-2.0

"""For a program that links libraries as one shared object of its own."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

def _merged(ctx):
    infos = [dep[CcInfo] for dep in ctx.attr.deps]
    return cc_common.merge_cc_infos(cc_infos = infos)

def _headers_only(ctx):
    return [CcInfo(compilation_context = _merged(ctx).compilation_context)]

# The headers of libraries, without what would be linked.
headers_only = rule(
    implementation = _headers_only,
    attrs = {"deps": attr.label_list(providers = [CcInfo])},
)

def _objects_only(ctx):
    objects = []
    for linked in _merged(ctx).linking_context.linker_inputs.to_list():
        if linked.owner.package.split("/")[0] != ctx.attr.package:
            continue
        for library in linked.libraries:
            objects += library.pic_objects
    return [DefaultInfo(
        files = depset(objects),
        runfiles = ctx.runfiles(files = objects),
    )]

# All objects of libraries, and of what they use, in one package and below it:
# the sources of a shared object that has to hold them all, or the data of a test
# that reads them.
objects_only = rule(
    implementation = _objects_only,
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "package": attr.string(),
    },
)
