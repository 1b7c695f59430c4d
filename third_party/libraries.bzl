# SPDX-License-Identifier: Apache-2.0

"""The libraries this project uses, as they are installed on this machine.

A workspace that has some of them from source declares these first, under the same
names.
"""

load("//third_party:abseil.bzl", "installed_abseil")
load("//third_party:installed_library.bzl", "installed_library")

def _unless_declared(rule, name, **kwargs):
    if not native.existing_rule(name):
        rule(name = name, **kwargs)

def installed_libraries():
    """Declares the libraries, except those that are declared already."""
    _unless_declared(installed_abseil, name = "com_google_absl")

    _unless_declared(
        installed_library,
        name = "com_google_googletest",
        copied = ["gtest", "gmock"],
        debian_package = "libgtest-dev libgmock-dev",
        header = "gmock/gmock.h",
        link = {
            ":gtest": ["gmock"],
            ":gtest_main": ["gmock_main"],
        },
        targets = {
            ":gtest": ["gtest/", "gmock/"],
            ":gtest_main": ["gtest/", "gmock/"],
        },
    )

    _unless_declared(
        installed_library,
        name = "com_google_benchmark",
        copied = ["benchmark"],
        debian_package = "libbenchmark-dev",
        header = "benchmark/benchmark.h",
        link = {
            ":benchmark": ["-lbenchmark", "-lpthread"],
            ":benchmark_main": ["-lbenchmark_main", "-lbenchmark", "-lpthread"],
        },
        targets = {
            ":benchmark": ["benchmark/"],
            ":benchmark_main": ["benchmark/"],
        },
    )

    # The other Boost headers that these include stay where they are.
    _unless_declared(
        installed_library,
        name = "boost",
        copied = ["boost/filesystem.hpp", "boost/filesystem", "boost/version.hpp"],
        debian_package = "libboost-filesystem-dev",
        header = "boost/version.hpp",
        link = {":filesystem": ["-lboost_filesystem"]},
        targets = {
            ":filesystem": ["boost/filesystem.hpp", "boost/filesystem/"],
        },
        version_macro = "BOOST_VERSION",
        version_min = 107400,
    )

    _unless_declared(
        installed_library,
        name = "nlohmann_json",
        copied = ["nlohmann"],
        debian_package = "nlohmann-json3-dev",
        header = "nlohmann/json.hpp",
        targets = {":json": ["nlohmann/"]},
    )


def installed_service_libraries():
    """Declares what //examples/spool_service alone needs."""
    _unless_declared(
        installed_library,
        name = "cpp_httplib",
        copied = ["httplib.h"],
        debian_package = "libcpp-httplib-dev",
        defines = True,
        header = "httplib.h",
        link = {":httplib": ["cpp-httplib"]},
        targets = {":httplib": ["httplib.h"]},
    )

    _unless_declared(
        installed_library,
        name = "libarchive",
        copied = ["archive.h", "archive_entry.h"],
        debian_package = "libarchive-dev",
        header = "archive.h",
        link = {":archive": ["libarchive"]},
        targets = {":archive": ["archive.h", "archive_entry.h"]},
    )

    _unless_declared(
        installed_library,
        name = "libsystemd",
        copied = ["systemd"],
        debian_package = "libsystemd-dev",
        header = "systemd/sd-daemon.h",
        link = {":systemd": ["libsystemd"]},
        targets = {":systemd": ["systemd/"]},
    )

    # Some headers of OpenSSL that these include stay where they are.
    _unless_declared(
        installed_library,
        name = "openssl",
        copied = ["openssl"],
        debian_package = "libssl-dev",
        header = "openssl/evp.h",
        link = {":crypto": ["libcrypto"]},
        targets = {":crypto": ["openssl/"]},
    )
