# SPDX-License-Identifier: Apache-2.0

"""The recipe for Conan 2:

    conan create packaging/conan --build=missing
"""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.0"

# What cmake/dependencies.cmake names.
FINALIZE_ABSL = [
    "any_invocable", "config", "core_headers", "function_ref", "status", "statusor",
    "str_format", "strings", "symbolize", "time",
]
TEMPDIR_ABSL = ["status", "statusor", "str_format", "strings", "time"]


def absl(names):
    return [f"abseil::absl_{name}" for name in names]


class FinalizeRecipe(ConanFile):
    name = "finalize"
    description = (
        "Finalizers for C++17: cleanup code that runs exactly once, and temporary "
        "directories that do not outlive their process"
    )
    license = "Apache-2.0"
    topics = ("atexit", "cleanup", "finalizer", "raii", "tempdir", "weakref")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "shared": [True, False],
        "fPIC": [True, False],
        "tempdir": [True, False],
        "testing": [True, False],
        "tools": [True, False],
    }
    default_options = {
        "shared": False,
        "fPIC": True,
        "tempdir": True,
        "testing": False,
        "tools": False,
    }
    implements = ["auto_shared_fpic"]

    @property
    def _tree(self):
        return os.path.normpath(os.path.join(self.recipe_folder, "..", ".."))

    def set_version(self):
        header = load(self, os.path.join(self._tree, "finalize", "version.h"))
        self.version = ".".join(
            re.search(rf"^#define FINALIZE_VERSION_{part} (\d+)$", header, re.M)[1]
            for part in ("MAJOR", "MINOR", "PATCH")
        )

    def export_sources(self):
        for pattern in (
            "CMakeLists.txt", "LICENSE", "cmake/*", "examples/*", "finalize/*",
            "packaging/*", "tempdir/*",
        ):
            copy(self, pattern, self._tree, self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        public = {"transitive_headers": True, "transitive_libs": True}
        self.requires("abseil/[>=20220623.0]", **public)
        if self.options.tempdir:
            self.requires("boost/[>=1.74.0]", **public)
        if self.options.testing:
            self.requires("gtest/[>=1.12.1]", **public)
        if self.options.tools:
            self.requires("nlohmann_json/[>=3.11.2]", visible=False)

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("finalize supports 64-bit Linux only")
        if self.options.tools and not self.options.tempdir:
            raise ConanInvalidConfiguration("the option tools needs tempdir")
        check_min_cppstd(self, 17)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("tempdir", "testing", "tools"):
            toolchain.cache_variables[f"FINALIZE_BUILD_{part.upper()}"] = bool(
                self.options.get_safe(part)
            )
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder,
             os.path.join(self.package_folder, "licenses"))
        CMake(self).install()
        # Conan writes these for each consumer.
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))

    def package_info(self):
        self._component("finalize", absl(FINALIZE_ABSL), "finalize")
        self.cpp_info.components["finalize"].system_libs = ["dl", "pthread"]
        if self.options.tempdir:
            self._component(
                "tempdir",
                ["finalize", "boost::filesystem"] + absl(TEMPDIR_ABSL), "tempdir",
            )
        if self.options.testing:
            self._component(
                "testing", ["finalize", "gtest::gmock"], "finalize_testing",
            )

    def _component(self, name, requires, library):
        component = self.cpp_info.components[name]
        component.libs = [library]
        component.requires = requires
        component.set_property("cmake_target_name", f"finalize::{name}")
        if name != "testing":
            component.set_property("pkg_config_name", name)
