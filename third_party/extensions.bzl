# SPDX-License-Identifier: Apache-2.0

"""Where the libraries come from in a build with a MODULE.bazel file.

BUILD files use the same labels in each build: @com_google_absl//absl/status,
@boost//:filesystem. By default these are names for targets of other modules. If
the root module says so, they are the libraries that are installed on this machine:

    finalize_libraries = use_extension(
        "@finalize//third_party:extensions.bzl",
        "libraries",
    )
    finalize_libraries.installed()
"""

load("//third_party:abseil.bzl", "ABSEIL_TARGETS")
load(
    "//third_party:libraries.bzl",
    "installed_libraries",
    "installed_service_libraries",
)

# The targets of each repository, and what they are in the modules.
_MODULE_TARGETS = {
    "boost": {":filesystem": "@boost.filesystem//:boost.filesystem"},
    "com_google_absl": {
        label: "@abseil-cpp//" + label
        for label in ABSEIL_TARGETS
    },
    "com_google_benchmark": {
        ":benchmark": "@google_benchmark//:benchmark",
        ":benchmark_main": "@google_benchmark//:benchmark_main",
    },
    "com_google_googletest": {
        ":gtest": "@googletest//:gtest",
        ":gtest_main": "@googletest//:gtest_main",
    },
    "nlohmann_json": {":json": "@nlohmann_json_module//:json"},
}

_PACKAGE = """package(default_visibility = ["//visibility:public"])
"""

_TARGET = """
alias(
    name = "{name}",
    actual = "{actual}",
)
"""

def _names_impl(ctx):
    packages = {}
    for label, actual in ctx.attr.targets.items():
        package, _, name = label.rpartition(":")
        packages.setdefault(package, _PACKAGE)
        packages[package] += _TARGET.format(name = name, actual = actual)
    for package, content in packages.items():
        ctx.file(package + "/BUILD" if package else "BUILD", content, executable = False)

_names = repository_rule(
    implementation = _names_impl,
    attrs = {
        "targets": attr.string_dict(
            doc = "package:name of each target, with the label it stands for.",
        ),
    },
)

def _libraries_impl(ctx):
    for module in ctx.modules:
        if module.is_root and module.tags.installed:
            installed_libraries()
            installed_service_libraries()
            return
    for name, targets in _MODULE_TARGETS.items():
        _names(name = name, targets = targets)

libraries = module_extension(
    implementation = _libraries_impl,
    tag_classes = {"installed": tag_class()},
)
