"""A test that starts a program of its own, its child."""

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
    """Makes the test <name>, of <name>.cc, and its child, of <child>.cc.

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
    native.cc_binary(
        name = child,
        testonly = True,
        srcs = [child + ".cc"],
        linkopts = ["-pthread"] + child_linkopts,
        target_compatible_with = target_compatible_with,
        visibility = child_visibility,
        deps = child_deps + ["//tests/support:scenario"],
    )
    native.cc_test(
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
