import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.0"


class TesseraRecipe(ConanFile):
    """`conan create cmake/packaging/conan` packages the checkout that the recipe lies in."""

    name = "tessera"
    description = "Vision transformers as C++ types: checked, counted, compiled by the compiler"
    license = "Apache-2.0"
    topics = ("vision-transformer", "federated-learning", "constexpr", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    @property
    def _checkout(self):
        return os.path.normpath(os.path.join(self.recipe_folder, "..", "..", ".."))

    def set_version(self):
        header = load(self, os.path.join(self._checkout, "include", "tessera", "version.hpp"))
        parts = dict(re.findall(r"#define TESSERA_VERSION_(MAJOR|MINOR|PATCH) (\d+)", header))
        self.version = "{MAJOR}.{MINOR}.{PATCH}".format(**parts)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*"):
            copy(self, pattern, src=self._checkout, dst=self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("TESTS", "EXAMPLES", "BENCHMARKS"):
            toolchain.cache_variables["TESSERA_BUILD_" + part] = False
        toolchain.cache_variables["TESSERA_INSTALL"] = True
        toolchain.generate()

    def build(self):
        CMake(self).configure()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder,
             dst=os.path.join(self.package_folder, "licenses"))
        rmdir(self, os.path.join(self.package_folder, "share", "doc"))

    def package_info(self):
        # CMakeDeps writes the targets; the functions come from the files that cmake --install put.
        functions = os.path.join("share", "cmake", "tessera")
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.builddirs = [functions]
        self.cpp_info.set_property("cmake_file_name", "tessera")
        self.cpp_info.set_property("cmake_target_name", "tessera::tessera")
        self.cpp_info.set_property("cmake_build_modules", [
            os.path.join(functions, "instantiate.cmake"),
            os.path.join(functions, "benchmark.cmake"),
        ])
        self.cpp_info.set_property("pkg_config_name", "tessera")
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
