// SPDX-License-Identifier: Apache-2.0

#include "session.h"

namespace consumer {

finalize::Registry& CurrentRequest() {
  static finalize::Registry registry;
  return registry;
}

}  // namespace consumer
