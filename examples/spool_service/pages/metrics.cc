// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/pages/metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "finalize/inspect.h"
#include "finalize/options.h"

namespace spool_service {
namespace {

// How many bytes of `text` are one character in UTF-8; 0 if the next ones are
// none.
size_t Utf8Length(std::string_view text) {
  const auto byte = [text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && second < 0x90;
    const bool too_large = first == 0xf4 && second > 0x8f;
    return follows(1) && follows(2) && follows(3) && !overlong && !too_large
               ? 4
               : 0;
  }
  return 0;
}

// A backslash and a newline are escaped; a double quote only in labels.
std::string Escape(std::string_view text, bool label) {
  std::string escaped;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) {
      escaped += "\xef\xbf\xbd";  // U+FFFD
    } else if (text[0] == '\\') {
      escaped += "\\\\";
    } else if (text[0] == '\n') {
      escaped += "\\n";
    } else if (text[0] == '"' && label) {
      escaped += "\\\"";
    } else {
      absl::StrAppend(&escaped, std::string(text.substr(0, length)));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return escaped;
}

// As Go's strconv.ParseFloat reads it. Counters are whole numbers.
std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == std::floor(value) && std::fabs(value) < 1e15) {
    return absl::StrFormat("%.0f", value);
  }
  return absl::StrFormat("%.9g", value);
}

void AddFinalizers(MetricsText* text) {
  const std::vector<finalize::PendingPlace> places = finalize::PendingByPlace();
  size_t pending = 0;
  absl::Duration oldest;
  for (const finalize::PendingPlace& place : places) {
    pending += place.count;
    oldest = std::max(oldest, place.oldest);
  }
  text->Single("finalize_pending", "gauge", "Finalizers that are pending.",
               pending);
  text->Single("finalize_oldest_pending_seconds", "gauge",
               "Age of the oldest pending finalizer.",
               absl::ToDoubleSeconds(oldest));
  text->Family("finalize_pending_by_place", "gauge",
               "Pending finalizers, by the line that registered them.");
  for (const finalize::PendingPlace& place : places) {
    text->Sample(
        place.count,
        {{"place",
          absl::StrCat(place.place.file != nullptr ? place.place.file : "", ":",
                       place.place.line)}});
  }

  const std::vector<finalize::RunningInfo> running = finalize::Running();
  absl::Duration longest;
  for (const finalize::RunningInfo& info : running) {
    longest = std::max(longest, info.elapsed.value_or(absl::ZeroDuration()));
  }
  text->Single("finalize_running", "gauge", "Callbacks that are running.",
               running.size());
  text->Single("finalize_longest_running_seconds", "gauge",
               "How long the longest running callback has been running.",
               absl::ToDoubleSeconds(longest));

  const finalize::Counters counters = finalize::Count();
  text->Single("finalize_registered_total", "counter", "Finalizers registered.",
               counters.registered);
  text->Single("finalize_runs_total", "counter", "Callbacks started.",
               counters.run);
  text->Single("finalize_detached_total", "counter",
               "Finalizers detached or canceled.", counters.detached);
  text->Single("finalize_failures_total", "counter", "Callbacks that failed.",
               counters.failed);
}

void AddUsage(MetricsText* text) {
  const ProcessUsage usage = UsageOfProcess();
  if (usage.open_descriptors >= 0) {
    text->Single("process_open_fds", "gauge", "Open file descriptors.",
                 usage.open_descriptors);
  }
  if (usage.resident_bytes >= 0) {
    text->Single("process_resident_memory_bytes", "gauge", "Resident memory.",
                 usage.resident_bytes);
  }
  if (usage.cpu_seconds >= 0) {
    text->Single("process_cpu_seconds_total", "counter",
                 "Processor time of user and system.", usage.cpu_seconds);
  }
}

double ResidentBytes() {
  FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return -1;
  unsigned long pages = 0;
  const bool read = std::fscanf(file, "%*u %lu", &pages) == 1;
  std::fclose(file);
  if (!read) return -1;
  return static_cast<double>(pages) *
         static_cast<double>(sysconf(_SC_PAGESIZE));
}

double OpenDescriptors() {
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == nullptr) return -1;
  double count = 0;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') ++count;
  }
  closedir(directory);
  return count - 1;  // without the one that read them
}

}  // namespace

void MetricsText::Family(std::string_view name, std::string_view type,
                         std::string_view help) {
  family_ = name;
  absl::StrAppend(&text_, "# HELP ", family_, " ", Escape(help, false),
                  "\n# TYPE ", family_, " ", std::string(type), "\n");
}

void MetricsText::Sample(double value, const Labels& labels) {
  text_ += family_;
  const char* separator = "{";
  for (const auto& [name, content] : labels) {
    absl::StrAppend(&text_, separator, std::string(name), "=\"",
                    Escape(content, true), "\"");
    separator = ",";
  }
  absl::StrAppend(&text_, labels.empty() ? "" : "}", " ", Number(value), "\n");
}

void MetricsText::Single(std::string_view name, std::string_view type,
                         std::string_view help, double value) {
  Family(name, type, help);
  Sample(value);
}

void Metrics::CountUpload(uint64_t bytes, uint64_t entries) {
  uploads_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  entries_.fetch_add(entries, std::memory_order_relaxed);
}

void Metrics::CountAnswer(int status) {
  const bool known = status >= kFirstStatus && status < kEndStatus;
  answers_[(known ? status : kEndStatus) - kFirstStatus].fetch_add(
      1, std::memory_order_relaxed);
}

std::string Metrics::Text(const finalize::InFlight* requests) const {
  MetricsText text;
  text.Single("spool_uploads_total", "counter",
              "Uploads whose archive was unpacked or found in the cache.",
              uploads_.load(std::memory_order_relaxed));
  text.Single("spool_upload_bytes_total", "counter",
              "Bytes of the archives that were unpacked or found in the "
              "cache.",
              bytes_.load(std::memory_order_relaxed));
  text.Single("spool_upload_entries_total", "counter",
              "Entries of the archives that were unpacked or found in the "
              "cache.",
              entries_.load(std::memory_order_relaxed));
  text.Family("spool_answers_total", "counter", "Requests answered.");
  for (int status = kFirstStatus; status <= kEndStatus; ++status) {
    const uint64_t count =
        answers_[status - kFirstStatus].load(std::memory_order_relaxed);
    // The usual one is there from the start, so that rates can be computed.
    if (count == 0 && status != 200) continue;
    text.Sample(
        count,
        {{"status", status == kEndStatus ? "other" : absl::StrCat(status)}});
  }
  if (requests != nullptr) {
    text.Single("spool_requests_in_flight", "gauge",
                "Requests begun and not yet answered.", requests->size());
  }
  AddFinalizers(&text);
  AddUsage(&text);
  return text.text();
}

ProcessUsage UsageOfProcess() {
  ProcessUsage usage;
  usage.open_descriptors = OpenDescriptors();
  usage.resident_bytes = ResidentBytes();
  struct rusage times;
  if (getrusage(RUSAGE_SELF, &times) == 0) {
    usage.cpu_seconds =
        static_cast<double>(times.ru_utime.tv_sec + times.ru_stime.tv_sec) +
        static_cast<double>(times.ru_utime.tv_usec + times.ru_stime.tv_usec) /
            1e6;
  }
  return usage;
}

}  // namespace spool_service
