# SPDX-License-Identifier: Apache-2.0

"""Headers that are compiled once for many sources."""

load("@rules_cc//cc:action_names.bzl", "ACTION_NAMES")
load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

def _precompiled(ctx):
    toolchain = find_cc_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        unsupported_features = ["layering_check", "module_maps"],
    )
    context = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    header = ctx.actions.declare_file(ctx.label.name + ".h")
    ctx.actions.write(
        header,
        "".join(["#include <%s>\n" % name for name in ctx.attr.headers]),
    )
    output = ctx.actions.declare_file(ctx.label.name + ".h.gch")
    text = ctx.actions.declare_file(ctx.label.name + "_text.h")
    flags = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = ACTION_NAMES.cpp_compile,
        variables = cc_common.create_compile_variables(
            cc_toolchain = toolchain,
            feature_configuration = features,
            user_compile_flags = ctx.fragments.cpp.copts +
                                 ctx.fragments.cpp.cxxopts + ctx.attr.copts,
            include_directories = context.includes,
            quote_include_directories = context.quote_includes,
            system_include_directories = context.system_includes,
            # As Bazel compiles for programs.
            use_pic = ctx.var["COMPILATION_MODE"] != "opt",
        ),
    )
    compiler = cc_common.get_tool_for_action(
        feature_configuration = features,
        action_name = ACTION_NAMES.cpp_compile,
    )
    ctx.actions.run_shell(
        arguments = [text.path, output.path, compiler] + flags +
                    ["-x", "c++-header", header.path],
        command = """
            text=$1 output=$2; shift 2
            set -o pipefail
            "$@" -E -P | sha256sum | sed 's|^|// |' >"$text" && "$@" -o "$output"
        """,
        inputs = depset([header], transitive = [context.headers, toolchain.all_files]),
        outputs = [output, text],
        mnemonic = "Precompile",
        progress_message = "Precompiling " + header.short_path,
        # clang notes where the headers are.
        execution_requirements = {"no-sandbox": "1"},
    )
    files = depset([header, output, text])
    return [
        DefaultInfo(files = files),
        CcInfo(compilation_context = cc_common.create_compilation_context(
            headers = depset(transitive = [files, context.headers]),
        )),
    ]

# Compiles <name>.h, which includes `headers`, to what gcc and clang take in its
# place for -include <package>/<name>.h, first of all and if all flags are the same.
#
# gcc does not say of a source that it took it: Bazel would not compile the source
# again after a header has changed. Therefore sources also include <name>_text.h,
# which says what was precompiled.
precompiled = rule(
    implementation = _precompiled,
    attrs = {
        "copts": attr.string_list(doc = "what only some sources are compiled with"),
        "headers": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "_cc_toolchain": attr.label(
            default = "@rules_cc//cc:current_cc_toolchain",
        ),
    },
    fragments = ["cpp"],
    toolchains = use_cc_toolchain(),
)
