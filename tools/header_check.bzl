# SPDX-License-Identifier: Apache-2.0

"""Compiles the headers of a cc_library by themselves, as main files.

Part of --config=clang. A header fails if it does not include what it needs, or if
it includes something that its target's deps do not cover: layering_check alone
checks only the headers of targets with sources. Headers with a source of the same
name are skipped, because that source includes the header first.
"""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

def _stem(file):
    return file.basename[:-len(file.extension) - 1]

def _header_check_impl(target, ctx):
    if ctx.rule.kind != "cc_library" or target.label.workspace_name:
        return []
    headers = ctx.rule.files.hdrs
    compiled = [_stem(source) for source in ctx.rule.files.srcs]
    sources = []
    for header in headers:
        if _stem(header) in compiled:
            continue
        source = ctx.actions.declare_file(
            "{}.headers/{}.cc".format(target.label.name, header.basename),
        )
        ctx.actions.symlink(output = source, target_file = header)
        sources.append(source)

    toolchain = find_cc_toolchain(ctx)
    _, outputs = cc_common.compile(
        name = target.label.name + ".headers",
        actions = ctx.actions,
        cc_toolchain = toolchain,
        compilation_contexts = [
            dep[CcInfo].compilation_context
            for dep in ctx.rule.attr.deps
        ],
        feature_configuration = cc_common.configure_features(
            ctx = ctx,
            cc_toolchain = toolchain,
            requested_features = ctx.features + ["layering_check"],
            unsupported_features = ctx.disabled_features,
        ),
        public_hdrs = headers,
        srcs = sources,
        user_compile_flags = ["-Wno-unused", "-O0"],
    )
    return [OutputGroupInfo(
        header_check = depset(outputs.objects + outputs.pic_objects),
    )]

header_check = aspect(
    implementation = _header_check_impl,
    attrs = {
        "_cc_toolchain": attr.label(
            default = "@rules_cc//cc:current_cc_toolchain",
        ),
    },
    fragments = ["cpp"],
    toolchains = use_cc_toolchain(),
)
