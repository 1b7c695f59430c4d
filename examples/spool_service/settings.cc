// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/settings.h"

#include <getopt.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace spool_service {
namespace {

absl::Status Invalid(const std::string& argument, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(argument, ": ", why));
}

// getaddrinfo() takes any number, modulo 65536.
bool IsPort(const std::string& text) {
  int number = 0;
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(text, &number) && number <= 65535;
}

absl::Status SplitListen(const std::string& text, Settings* settings) {
  const std::string argument = absl::StrCat("--listen=", text);
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return Invalid(argument, "not ADDRESS:PORT");
  settings->address = text.substr(0, colon);
  settings->port = text.substr(colon + 1);
  if (settings->address.size() > 2 && settings->address.front() == '[' &&
      settings->address.back() == ']') {
    settings->address = settings->address.substr(1, colon - 2);
  }
  if (settings->address.empty()) return Invalid(argument, "no address");
  if (!IsPort(settings->port)) {
    return Invalid(argument, "the port is not a number from 0 to 65535");
  }
  return absl::OkStatus();
}

// Without symbolic links, because the unpacker refuses to go through one.
absl::StatusOr<std::string> Resolved(const std::string& spool) {
  const std::unique_ptr<char, void (*)(void*)> path(
      realpath(spool.c_str(), nullptr), &std::free);
  if (path == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("--spool=", spool));
  }
  struct stat status;
  if (stat(path.get(), &status) == 0 && !S_ISDIR(status.st_mode)) {
    return Invalid(absl::StrCat("--spool=", spool), "is not a directory");
  }
  return std::string(path.get());
}

absl::Status ReadNumber(const std::string& name, const std::string& text,
                        int least, int most, int* number) {
  if (absl::SimpleAtoi(text, number) && *number >= least && *number <= most) {
    return absl::OkStatus();
  }
  return Invalid(absl::StrCat("--", name, "=", text),
                 absl::StrCat("is not a number from ", least, " to ", most));
}

// Reads one argument; one without a value has an empty `text`.
absl::Status Read(const std::string& name, const std::string& text,
                  Settings* settings) {
  if (name == "listen") return SplitListen(text, settings);
  if (name == "workers") {
    return ReadNumber(name, text, 0, 1000, &settings->workers);
  }
  if (name == "threads") {
    return ReadNumber(name, text, 1, 1000, &settings->threads);
  }
  if (name == "inherit-listener") {
    return ReadNumber(name, text, 3, 1 << 20, &settings->inherited_listener);
  }
  if (name == "grace") {
    int seconds = 0;
    absl::Status status = ReadNumber(name, text, 1, 86400, &seconds);
    settings->grace = absl::Seconds(seconds);
    return status;
  }
  if (name == "spool") {
    absl::StatusOr<std::string> spool = Resolved(text);
    if (spool.ok()) settings->spool = *spool;
    return spool.status();
  }
  (name == "faults" ? settings->faults : settings->crash_tier) = true;
  return absl::OkStatus();
}

constexpr option kArguments[] = {
    {"listen", required_argument, nullptr, 0},
    {"spool", required_argument, nullptr, 0},
    {"workers", required_argument, nullptr, 0},
    {"threads", required_argument, nullptr, 0},
    {"grace", required_argument, nullptr, 0},
    {"crash-tier", no_argument, nullptr, 0},
    {"faults", no_argument, nullptr, 0},
    {"inherit-listener", required_argument, nullptr, 0},
    {nullptr, 0, nullptr, 0}};

}  // namespace

absl::StatusOr<Settings> ParseSettings(int argc, char** argv) {
  Settings settings;
  opterr = 0;
  for (;;) {
    int index = 0;
    const int found = getopt_long(argc, argv, "", kArguments, &index);
    if (found == -1) break;
    if (found != 0) {
      return Invalid(argv[optind - 1],
                     "is not an argument, or lacks its value");
    }
    absl::Status status = Read(kArguments[index].name,
                               optarg == nullptr ? "" : optarg, &settings);
    if (!status.ok()) return status;
  }
  if (optind < argc) return Invalid(argv[optind], "is not an argument");
  if (settings.address.empty()) return Invalid("--listen", "is missing");
  if (settings.spool.empty()) return Invalid("--spool", "is missing");
  return settings;
}

std::vector<std::string> ArgumentsFor(const Settings& settings, int listener) {
  std::vector<std::string> arguments = {
      absl::StrCat("--listen=[", settings.address, "]:", settings.port),
      absl::StrCat("--spool=", settings.spool),
      absl::StrCat("--workers=", settings.workers),
      absl::StrCat("--threads=", settings.threads),
      absl::StrCat("--grace=", absl::ToInt64Seconds(settings.grace)),
      absl::StrCat("--inherit-listener=", listener)};
  if (settings.crash_tier) arguments.push_back("--crash-tier");
  if (settings.faults) arguments.push_back("--faults");
  return arguments;
}

}  // namespace spool_service
