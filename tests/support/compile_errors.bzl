# SPDX-License-Identifier: Apache-2.0

"""What the compiler says of code that must not compile."""

load("@rules_cc//cc:action_names.bzl", "ACTION_NAMES")
load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

def _compile_errors(ctx):
    toolchain = find_cc_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        unsupported_features = ["layering_check", "module_maps"],
    )
    context = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    variables = cc_common.create_compile_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts,
        source_file = ctx.file.src.path,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
    )
    flags = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = ACTION_NAMES.cpp_compile,
        variables = variables,
    )
    compiler = cc_common.get_tool_for_action(
        feature_configuration = features,
        action_name = ACTION_NAMES.cpp_compile,
    )
    outputs = []
    for case in ctx.attr.cases:
        output = ctx.actions.declare_file(
            "{}/{}.txt".format(ctx.label.name, case),
        )
        ctx.actions.run_shell(
            inputs = depset(
                [ctx.file.src],
                transitive = [context.headers, toolchain.all_files],
            ),
            outputs = [output],
            arguments = [output.path, compiler] + flags +
                        ["-fsyntax-only", "-DCASE_" + case],
            command = """
                text=$1; shift
                LC_ALL=C "$@" >"$text" 2>&1
                echo "exit status $?" >>"$text"
            """,
            mnemonic = "CompileErrors",
        )
        outputs.append(output)
    files = depset(outputs)
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(outputs))]

# Compiles `src` once for each of `cases`, with CASE_<case> defined. Makes
# <name>/<case>.txt: the messages, and behind them "exit status <n>".
compile_errors = rule(
    implementation = _compile_errors,
    attrs = {
        "cases": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "src": attr.label(allow_single_file = True),
        "_cc_toolchain": attr.label(
            default = "@rules_cc//cc:current_cc_toolchain",
        ),
    },
    fragments = ["cpp"],
    toolchains = use_cc_toolchain(),
)
