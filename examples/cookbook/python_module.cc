// SPDX-License-Identifier: Apache-2.0

// A module of Python whose callbacks run while they can still use Python.
// docs/cookbook.md quotes it.
#include <pybind11/pybind11.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "finalize/at_exit.h"
#include "finalize/registry.h"
#include "tempdir/temp_dir.h"

namespace py = pybind11;

// Callbacks that need Python. exit() does not run them: Python has ended then.
finalize::Registry& PythonCallbacks() {
  static auto* const registry = new finalize::Registry;  // never destroyed
  return *registry;
}

// A Python function that any thread may call and destroy.
class Function {
 public:
  explicit Function(py::object function) : function_(std::move(function)) {}
  Function(Function&&) = default;
  ~Function() {
    if (!Py_IsInitialized()) function_.release();  // leaked
    if (!function_) return;
    py::gil_scoped_acquire lock;
    function_ = py::object();
  }
  absl::Status operator()() const {
    py::gil_scoped_acquire lock;
    try {
      function_();
    } catch (const py::error_already_set& error) {
      return absl::UnknownError(error.what());
    }
    return absl::OkStatus();
  }

 private:
  py::object function_;
};

tempdir::TempDir CreateTempDir() {
  auto dir = tempdir::TempDir::Create();
  if (!dir.ok()) throw std::runtime_error(dir.status().ToString());
  return *std::move(dir);
}

void DrainPythonCallbacks() {
  py::gil_scoped_release unlock;  // each callback takes the lock itself
  PythonCallbacks().Drain();
}

PYBIND11_MODULE(clean_up, module) {
  py::class_<tempdir::TempDir>(module, "TempDir")
      .def(py::init(&CreateTempDir))
      .def_property_readonly("path", [](const tempdir::TempDir& dir) {
        return dir.std_path().string();
      });
  module.def("at_end", [](py::function function) {
    PythonCallbacks().Register("python", Function(std::move(function)));
  });
  py::module_::import("atexit").attr("register")(
      py::cpp_function(&DrainPythonCallbacks));
  finalize::AtExit("last", [] {  // needs no Python
    std::printf("exit: Python %s\n", Py_IsInitialized() ? "runs" : "has ended");
  });
}
