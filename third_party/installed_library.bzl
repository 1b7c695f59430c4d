# SPDX-License-Identifier: Apache-2.0

"""Binds a library that is installed on this machine to Bazel labels.

The headers are copied into the repository, each owned by the target that
exports it, because clang's layering_check takes a header below /usr/include
for part of the toolchain, which anybody may include.
"""

# Where headers are looked for, in the compiler's own order.
_INCLUDE_DIRS = ["/usr/local/include", "/usr/include"]

_PACKAGE = """
load("@rules_cc//cc:defs.bzl", "cc_library")

package(default_visibility = ["//visibility:public"])
"""

_ROOT = _PACKAGE + """
exports_files(glob(["include/**"]))

config_setting(
    name = "links_no_shared_objects",
    values = {"dynamic_mode": "off"},
)

cc_library(
    name = "headers",
    hdrs = glob(["include/**"]),
    includes = ["include"],
)
"""

_TARGET = """
cc_library(
    name = "{name}",
    hdrs = {hdrs},
    defines = {defines},
    linkopts = {linkopts},
    deps = ["//:headers"],
)
"""

# Some modules take half a second; together they take no longer than that.
_ASK_PKG_CONFIG = """
mkdir link && cd link || exit
for module; do
  { pkg-config --libs "$module" >"$module" || rm "$module"; } &
done
wait
"""

def _words(text):
    return [word for word in text.strip().split(" ") if word]

def _missing(ctx, what):
    fail("{}: {} is not installed here:\n    apt-get install {}\n".format(
        ctx.name,
        what,
        ctx.attr.debian_package,
    ))

def _include_dir(ctx, header):
    for directory in _INCLUDE_DIRS:
        if ctx.path(directory + "/" + header).exists:
            return directory
    _missing(ctx, "<" + header + ">")
    return None

def _check_version(ctx, include_dir):
    """Fails unless the macro `version_macro` is at least `version_min`."""
    if not ctx.attr.version_macro:
        return
    found = 0
    for line in ctx.read(include_dir + "/" + ctx.attr.header).split("\n"):
        words = _words(line)
        if words[:2] == ["#define", ctx.attr.version_macro] and len(words) == 3:
            found = int(words[2])
    if found < ctx.attr.version_min:
        fail("{}: {}/{} says {} {}; {} or newer is needed.\n".format(
            ctx.name,
            include_dir,
            ctx.attr.header,
            ctx.attr.version_macro,
            found,
            ctx.attr.version_min,
        ))

def _copy_headers(ctx, include_dir):
    for top in ctx.attr.copied:
        to = "include/" + top
        ctx.execute(["mkdir", "-p", str(ctx.path(to).dirname)])
        result = ctx.execute(["cp", "-RL", include_dir + "/" + top, str(ctx.path(to))])
        if result.return_code:
            _missing(ctx, "<" + top + ">")

def _pkg_config(ctx, modules):
    """Returns what pkg-config says for each of `modules`."""
    if not modules:
        return {}
    if not ctx.which("pkg-config"):
        fail(ctx.name + ": pkg-config is not installed here:\n" +
             "    apt-get install pkgconf\n")
    ctx.execute(["bash", "-c", _ASK_PKG_CONFIG, "--"] + modules)
    lines = {}
    for module in modules:
        if not ctx.path("link/" + module).exists:
            _missing(ctx, "the pkg-config module " + module)
        lines[module] = _words(ctx.read("link/" + module))
    return lines

def _defines(ctx, modules):
    """Returns the macros that pkg-config defines for `modules`."""
    if not ctx.attr.defines or not modules:
        return []
    result = ctx.execute(["pkg-config", "--cflags-only-other"] + modules)
    return [word[2:] for word in _words(result.stdout) if word.startswith("-D")]

def _pushed(state, options):
    return ["-Wl,--push-state,--" + state] + options + ["-Wl,--pop-state"]

# A program that holds all that it is built from needs only those libraries
# that its own objects name. Where Bazel links each target as a shared object
# (a test in its default mode), these name them too, and bring none themselves:
# a linker that looks at the objects of the program alone, as gold does, would
# drop what they need.
def _linkopts(link, modules):
    """Returns the text of a `linkopts` attribute."""
    options = []
    for word in link:
        options += [word] if word.startswith("-") else modules[word]
    if not options:
        return "[]"
    return """select({{
        "//:links_no_shared_objects": {},
        "//conditions:default": {},
    }})""".format(_pushed("as-needed", options), _pushed("no-as-needed", options))

def _headers(ctx, patterns):
    """Returns the labels of the copied headers that `patterns` name.

    A pattern is a header, or a directory with all that is below it.
    """
    labels = []
    for pattern in patterns:
        path = ctx.path("include/" + pattern)
        if pattern.endswith("/"):
            found = ctx.execute(["find", str(path), "-type", "f"]).stdout.split("\n")
            start = len(str(ctx.path("include"))) + 1
            labels += ["//:include/" + f[start:] for f in sorted(found) if f]
        elif path.exists:
            labels.append("//:include/" + pattern)
    return labels

def _installed_library_impl(ctx):
    include_dir = _include_dir(ctx, ctx.attr.header)
    _check_version(ctx, include_dir)
    _copy_headers(ctx, include_dir)
    hdrs = {
        label: _headers(ctx, patterns)
        for label, patterns in ctx.attr.targets.items()
    }
    link = {label: ctx.attr.link.get(label, []) for label in hdrs if hdrs[label]}
    modules = _pkg_config(ctx, [
        word
        for words in link.values()
        for word in words
        if not word.startswith("-")
    ])

    defines = _defines(ctx, modules.keys())
    packages = {"": _ROOT}
    for label, words in link.items():
        package, _, name = label.rpartition(":")
        packages.setdefault(package, _PACKAGE)
        packages[package] += _TARGET.format(
            name = name,
            hdrs = hdrs[label],
            defines = defines,
            linkopts = _linkopts(words, modules),
        )
    for package, content in packages.items():
        ctx.file(package + "/BUILD" if package else "BUILD", content, executable = False)

installed_library = repository_rule(
    implementation = _installed_library_impl,
    attrs = {
        "copied": attr.string_list(
            doc = "The headers and directories of headers to copy.",
        ),
        "debian_package": attr.string(
            doc = "The package or packages that hold it, for the error message.",
        ),
        "defines": attr.bool(
            doc = "Whether to define what pkg-config says, because the headers " +
                  "must fit the library.",
        ),
        "header": attr.string(
            doc = "The header that shows whether, where and in which version " +
                  "the library is installed.",
        ),
        "link": attr.string_list_dict(
            doc = "What each target is linked with: options as they are, and " +
                  "the names of pkg-config modules.",
        ),
        "targets": attr.string_list_dict(
            doc = "package:name of each target, with the headers it exports.",
        ),
        "version_macro": attr.string(),
        "version_min": attr.int(),
    },
    configure = True,
    local = True,
)
