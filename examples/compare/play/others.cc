// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/play/others.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "examples/compare/others/programs.h"
#include "examples/compare/play/process.h"
#include "examples/compare/scenarios/ending.h"
#include "examples/compare/subject/content.h"
#include "examples/compare/subject/system_call_filter.h"
#include "finalize/escaped_text.h"

namespace compare {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

// Compilers may have to compile a standard library first.
constexpr absl::Duration kCompilation = absl::Minutes(15);

// Where Debian's librust-*-dev packages are.
constexpr char kCrates[] = "/usr/share/cargo/registry";

constexpr char kCargoConfig[] =
    "[source.crates-io]\n"
    "replace-with = \"debian\"\n"
    "[source.debian]\n"
    "directory = \"/usr/share/cargo/registry\"\n";
constexpr char kCargoToml[] =
    "[package]\n"
    "name = \"play\"\n"
    "version = \"0.0.0\"\n"
    "edition = \"2021\"\n"
    "[dependencies]\n"
    "tempfile = \"3\"\n"
    "[[bin]]\n"
    "name = \"play\"\n"
    "path = \"play.rs\"\n";

// Makes the last folder of a path alone, here and below: a signal may have
// removed those above.
absl::Status Write(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directory(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (file) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat("cannot write ", path.string()));
}

// Runs a command that is looked for in PATH; `words` may begin with variables
// of its environment.
absl::StatusOr<ProcessResult> Run(Words words, const fs::path& home) {
  std::error_code error;
  fs::create_directory(home, error);
  fs::create_directory(home / "tmp", error);
  ProcessRequest request;
  request.program = "/usr/bin/env";
  request.arguments = std::move(words);
  request.temp_directory = (home / "tmp").string();
  request.output_directory = home.string();
  request.limit = kCompilation;
  return RunProcess(request);
}

// The last line that it has said, and how it has ended.
std::string Complaint(const ProcessResult& result) {
  if (result.killed) return "it takes too long";
  absl::string_view said = absl::StripAsciiWhitespace(result.errors);
  const size_t line = said.rfind('\n');
  if (line != said.npos) said.remove_prefix(line + 1);
  return absl::StrCat(ToString(result.ending), said.empty() ? "" : ": ", said);
}

// What env returns if there is no such command.
constexpr int kNotFound = 127;

// Runs a command of a language. Returns NotFound if it is not installed, and
// what it has said if it does not work.
absl::StatusOr<ProcessResult> Succeed(const char* what, const Words& words,
                                      const fs::path& home) {
  absl::StatusOr<ProcessResult> result = Run(words, home);
  if (!result.ok()) return result;
  if (!result->killed && result->ending == Exits(0)) return result;
  if (!result->killed && result->ending == Exits(kNotFound)) {
    return absl::NotFoundError(what);
  }
  return absl::UnavailableError(
      absl::StrCat(what, " does not work here (", Complaint(*result), ")"));
}

// Each prepares its program in `home`, and returns the words that start it.
// Returns NotFound if its language is not installed.

// Isolated from the user's modules and variables, and without the hooks that a
// distribution may have for exceptions.
absl::StatusOr<Words> PreparePython(const fs::path& home) {
  constexpr char kWhere[] =
      "import ctypes, shutil, sys, tempfile, weakref\n"
      "assert sys.version_info >= (3, 9), 'it is too old'\n"
      "print(sys.executable)";
  const absl::StatusOr<ProcessResult> result =
      Succeed("python3", {"python3", "-I", "-S", "-c", kWhere}, home);
  if (!result.ok()) return result.status();
  const std::string program = (home / "play.py").string();
  const absl::Status written = Write(program, others::kPython);
  if (!written.ok()) return written;
  return Words{std::string(absl::StripAsciiWhitespace(result->output)), "-I",
               "-S", program};
}

bool HasCrate(const std::string& name) {
  std::error_code error;
  for (fs::directory_iterator i(kCrates, error), end; !error && i != end;
       i.increment(error)) {
    if (i->path().filename().string().rfind(name + "-", 0) == 0) return true;
  }
  return false;
}

absl::StatusOr<Words> PrepareRust(const fs::path& home) {
  if (!HasCrate("tempfile")) return absl::NotFoundError("the crate tempfile");
  absl::Status status = Succeed("cargo", {"cargo", "--version"}, home).status();
  if (!status.ok()) return status;
  status = Write(home / "play.rs", others::kRust);
  status.Update(Write(home / "Cargo.toml", kCargoToml));
  status.Update(Write(home / "cargo/config.toml", kCargoConfig));
  if (status.ok()) {
    status = Succeed("cargo",
                     {absl::StrCat("CARGO_HOME=", home.string(), "/cargo"),
                      absl::StrCat("CARGO_TARGET_DIR=", home.string(), "/out"),
                      "cargo", "build", "--release", "--offline", "--quiet",
                      "--manifest-path", (home / "Cargo.toml").string()},
                     home)
                 .status();
  }
  if (!status.ok()) return status;
  return Words{(home / "out/release/play").string()};
}

absl::StatusOr<Words> PrepareGo(const fs::path& home) {
  absl::Status status =
      Succeed("go", {"GOTOOLCHAIN=local", "go", "version"}, home).status();
  if (!status.ok()) return status;
  status = Write(home / "play.go", others::kGo);
  if (status.ok()) {
    status = Succeed("go",
                     {absl::StrCat("GOCACHE=", home.string(), "/cache"),
                      absl::StrCat("GOPATH=", home.string(), "/path"),
                      "GO111MODULE=off", "GOFLAGS=", "GOTOOLCHAIN=local",
                      "CGO_ENABLED=0", "go", "build", "-o",
                      (home / "play").string(), (home / "play.go").string()},
                     home)
                 .status();
  }
  if (!status.ok()) return status;
  return Words{(home / "play").string()};
}

struct Language {
  const char* id;
  const char* name;
  absl::StatusOr<Words> (*prepare)(const fs::path& home);
  const char* needs;
};

constexpr Language kLanguages[] = {
    {"python", "Python", PreparePython, "python3, of version 3.9 or newer"},
    {"rust", "Rust", PrepareRust,
     "cargo, and the crate tempfile as Debian has it (librust-tempfile-dev)"},
    {"go", "Go", PrepareGo, "golang-go"},
};

std::string LeftOut(const Language& language, const absl::Status& why) {
  return absl::IsNotFound(why)
             ? absl::StrCat(language.name, " is left out: install ",
                            language.needs, ".")
             : absl::StrCat(language.name, " is left out: ",
                            finalize::OneLine(std::string(why.message())),
                            ". It needs ", language.needs, ".");
}

bool Uses(const std::vector<const Column*>& columns, const Language& language) {
  return std::any_of(columns.begin(), columns.end(), [&](const Column* column) {
    return column->language == std::string(language.id);
  });
}

}  // namespace

absl::StatusOr<Others> PrepareOthers(const std::vector<const Column*>& columns,
                                     const std::string& directory,
                                     const std::string& fill) {
  const fs::path home = directory;
  std::error_code error;
  fs::create_directory(home, error);
  Others others;
  others.content = (home / "content").string();
  others.filters = (home / "filters").string();
  for (const Language& language : kLanguages) {
    if (!Uses(columns, language)) continue;
    absl::StatusOr<Words> command = language.prepare(home / language.id);
    if (command.ok()) {
      others.commands[language.id] = *std::move(command);
    } else {
      others.missing.push_back(LeftOut(language, command.status()));
    }
  }
  if (others.commands.empty()) return others;
  absl::Status status =
      Write(home / "filters/forbid_unlink", ForbidUnlinkProgram());
  status.Update(Write(home / "filters/fill_disk", FillDiskProgram()));
  fs::create_directory(others.content, error);
  status.Update(Fill(others.content, fill));
  if (!status.ok()) return status;
  return others;
}

std::vector<const Column*> Playable(const Others& others,
                                    const std::vector<const Column*>& columns) {
  std::vector<const Column*> playable;
  for (const Column* column : columns) {
    if (column->style != Style::kOtherLanguage ||
        others.commands.count(column->language) != 0) {
      playable.push_back(column);
    }
  }
  return playable;
}

std::vector<std::string> CommandFor(const Others& others,
                                    const Scenario& scenario,
                                    const Column& column) {
  Words command = others.commands.at(column.language);
  command.insert(command.end(),
                 {column.id, scenario.name, others.content, others.filters});
  return command;
}

}  // namespace compare
