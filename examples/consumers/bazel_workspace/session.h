// SPDX-License-Identifier: Apache-2.0

// A session of a user: a library of the consumer's own, between its programs
// and finalize.
#ifndef CONSUMER_SESSION_H_
#define CONSUMER_SESSION_H_

#include <string>

#include "finalize/lifetime.h"
#include "finalize/registry.h"

namespace consumer {

class Session {
 public:
  explicit Session(std::string user) : user_(std::move(user)) {}

  // Runs `callback` when the session ends, with the name of its user.
  template <class F>
  void OnEnd(F callback) {
    finalize::OnDestroy(lifetime_, "session end", std::move(callback), user_);
  }

 private:
  std::string user_;
  finalize::Lifetime lifetime_;
};

// The callbacks of the request being served.
finalize::Registry& CurrentRequest();

}  // namespace consumer

#endif  // CONSUMER_SESSION_H_
