// SPDX-License-Identifier: Apache-2.0

// The page /metrics of the service, in the text format of Prometheus (0.0.4).
//
//   Metrics metrics;
//   ...
//   metrics.CountUpload(body.size(), entries);
//   metrics.CountAnswer(200);
//   ...
//   answer.Send(kMetricsContentType, metrics.Text(&requests));
//
// Beside the service's own counters the page has those of the library: what is
// pending, by the place that registered it, what is running, and the age of
// the oldest. A process that forgets to release something shows as a place
// whose number only grows.
#ifndef EXAMPLES_SPOOL_SERVICE_PAGES_METRICS_H_
#define EXAMPLES_SPOOL_SERVICE_PAGES_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "finalize/in_flight.h"

namespace spool_service {

inline constexpr char kMetricsContentType[] =
    "text/plain; version=0.0.4; charset=utf-8";

// Writes metric families: for each one its help, its type, and samples.
//
//   MetricsText text;
//   text.Family("spool_answers_total", "counter", "Requests answered.");
//   text.Sample(12, {{"status", "200"}});
//
// Names must be those that Prometheus allows; values of labels and help are
// escaped, and what is not UTF-8 is replaced.
//
// Confined to one thread.
class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  void Family(std::string_view name, std::string_view type,
              std::string_view help);
  // A sample of the last family.
  void Sample(double value, const Labels& labels = {});
  // A family of one sample.
  void Single(std::string_view name, std::string_view type,
              std::string_view help, double value);

  const std::string& text() const { return text_; }

 private:
  std::string family_;
  std::string text_;
};

// The counters of the service.
//
// Thread-safe.
class Metrics {
 public:
  // The archive of an upload of so many bytes was unpacked or found in the
  // cache.
  void CountUpload(uint64_t bytes, uint64_t entries);
  // A request was answered with this status.
  void CountAnswer(int status);

  // Returns the page. `requests` may be null. Throws std::bad_alloc if there is
  // no memory.
  std::string Text(const finalize::InFlight* requests) const;

 private:
  static constexpr int kFirstStatus = 100;
  static constexpr int kEndStatus = 600;

  std::atomic<uint64_t> uploads_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> entries_{0};
  // By status; the last one is for what is no status.
  std::array<std::atomic<uint64_t>, kEndStatus - kFirstStatus + 1> answers_{};
};

// What the kernel says of this process. Negative: it does not say.
struct ProcessUsage {
  double open_descriptors = -1;
  double resident_bytes = -1;
  double cpu_seconds = -1;
};
ProcessUsage UsageOfProcess();

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_PAGES_METRICS_H_
