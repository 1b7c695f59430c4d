# SPDX-License-Identifier: Apache-2.0

"""Builds examples/consumers/service.cc with the package, and lets it end."""

import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout

CONSUMERS = "../../../examples/consumers"


class TestPackage(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            check_ends = os.path.join(self.source_folder, CONSUMERS, "check_ends")
            program = os.path.join(self.cpp.build.bindir, "service")
            self.run(f'"{check_ends}" "{os.path.abspath(program)}"', env="conanrun")
