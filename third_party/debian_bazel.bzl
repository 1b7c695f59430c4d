# SPDX-License-Identifier: Apache-2.0

"""What Bazel itself asks for, so that Debian's Bazel needs no network."""

def _linked_repository_impl(ctx):
    path = ctx.attr.path
    if not path.startswith("/"):
        path = "{}/{}".format(ctx.path(ctx.attr._this_folder).dirname, path)
    path = ctx.path(path)
    if not path.exists:
        fail("{}: {} is not installed here:\n    apt-get install {}\n".format(
            ctx.name,
            path,
            ctx.attr.debian_package,
        ))
    for child in path.readdir():
        ctx.symlink(child, child.basename)

_linked_repository = repository_rule(
    implementation = _linked_repository_impl,
    attrs = {
        "debian_package": attr.string(
            doc = "The package that holds it, for the error message.",
        ),
        "path": attr.string(
            mandatory = True,
            doc = "Of the folder: absolute, or below this one.",
        ),
        "_this_folder": attr.label(default = "//third_party:BUILD"),
    },
    local = True,
)

def debian_bazel():
    """Declares the repositories, except those that are declared already."""
    for name, path, package in [
        ("rules_cc", "bazel/rules_cc", ""),
        ("remote_coverage_tools", "bazel/remote_coverage_tools", ""),
        ("rules_java", "/usr/share/bazel/rules/java", "bazel-rules-java"),
        ("platforms", "/usr/share/bazel/tools/platforms", "bazel-platforms"),
    ]:
        if not native.existing_rule(name):
            _linked_repository(name = name, path = path, debian_package = package)
