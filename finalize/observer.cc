// SPDX-License-Identifier: Apache-2.0

#include "finalize/observer.h"

#include <memory>
#include <utility>

#include "finalize/internal/life/observe.h"

namespace finalize {
namespace {

struct Installed : finalize_internal::RunObserver {
  explicit Installed(Observer observer_in) : observer(std::move(observer_in)) {}
  void Start(const ReportEntry& entry) const override {
    if (observer.start != nullptr) observer.start(entry);
  }
  void End(const ReportEntry& entry) const override {
    if (observer.end != nullptr) observer.end(entry);
  }

  const Observer observer;
};

}  // namespace

Observer SetObserver(Observer observer) {
  std::shared_ptr<const Installed> installed;
  if (observer.start != nullptr || observer.end != nullptr) {
    installed = std::make_shared<const Installed>(std::move(observer));
  }
  const auto old = finalize_internal::ExchangeObserver(std::move(installed));
  return old == nullptr ? Observer()
                        : static_cast<const Installed&>(*old).observer;
}

}  // namespace finalize
