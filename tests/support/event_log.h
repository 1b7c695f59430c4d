// SPDX-License-Identifier: Apache-2.0

// An EventLog records events as words, in order.
//
// Thread-safe.
#ifndef TESTS_SUPPORT_EVENT_LOG_H_
#define TESTS_SUPPORT_EVENT_LOG_H_

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace finalize_test {

class EventLog {
 public:
  void Add(std::string event) {
    std::lock_guard<std::mutex> lock(mutex_);
    events_.push_back(std::move(event));
  }

  // Returns a callback that adds `event`.
  auto Adds(std::string event) {
    return [this, event = std::move(event)] { Add(event); };
  }

  // Returns the events, with a space between them.
  std::string Text() const {
    std::lock_guard<std::mutex> lock(mutex_);
    std::string text;
    for (const std::string& event : events_) {
      if (!text.empty()) text += ' ';
      text += event;
    }
    return text;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_EVENT_LOG_H_
