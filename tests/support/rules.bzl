# SPDX-License-Identifier: Apache-2.0

"""How tests are built: a room's BUILD file loads these."""

load("@rules_cc//cc:defs.bzl", "cc_binary", _cc_test = "cc_test")

# Half of the time of a compilation is for headers of other libraries, which are
# compiled once here: precompiled.h for tests, precompiled_child.h for children.
# Not where sources have to be looked at alone: clang says what a test includes
# without depending on it.
_WITHOUT = ["//tests/support:clang", "//tests/support:clang_lto", "//tests/support:lto"]

def _unless_without(value):
    return select(dict(
        [(setting, []) for setting in _WITHOUT] + [("//conditions:default", value)],
    ))

def _copts(header):
    return _unless_without([
        option
        for name in [header, header + "_text"]
        for option in ["-include", "$(BINDIR)/tests/support/%s.h" % name]
    ])

def _deps(header):
    return _unless_without(["//tests/support:" + header])

def cc_test(copts = [], deps = [], **kwargs):
    """A cc_test, whose sources are compiled with precompiled headers."""
    _cc_test(
        copts = copts + _copts("precompiled"),
        deps = deps + _deps("precompiled"),
        **kwargs
    )

def process_test(
        name,
        size = "medium",
        child = None,
        child_deps = [],
        child_linkopts = [],
        child_visibility = None,
        data = [],
        deps = [],
        target_compatible_with = [],
        **kwargs):
    """A test that starts a program of its own, its child.

    Makes the test <name>, of <name>.cc, and its child, of <child>.cc.

    Args:
      name: of the test; it ends in _test.
      size: of the test.
      child: name of the program: unless given, that of the test with _child for
        _test. The test finds it by HelperPath().
      child_deps: what it depends on beside scenario.h.
      child_linkopts: what it is linked with beside -pthread.
      child_visibility: of the program: tests of other rooms may start it, too.
      data: what else the test needs when it runs.
      deps: what the test depends on beside child_process.h and GoogleTest.
      target_compatible_with: of both.
      **kwargs: of the test.
    """
    child = child or name[:-len("_test")] + "_child"
    cc_binary(
        name = child,
        testonly = True,
        srcs = [child + ".cc"],
        copts = _copts("precompiled_child"),
        linkopts = ["-pthread"] + child_linkopts,
        target_compatible_with = target_compatible_with,
        visibility = child_visibility,
        deps = child_deps + ["//tests/support:scenario"] + _deps("precompiled_child"),
    )
    cc_test(
        name = name,
        size = size,
        srcs = [name + ".cc"],
        data = data + [":" + child],
        target_compatible_with = target_compatible_with,
        deps = deps + [
            "//tests/support:child_process",
            "@com_google_googletest//:gtest_main",
        ],
        **kwargs
    )
