// SPDX-License-Identifier: Apache-2.0

#include "tests/inspect/without_rtti.h"

#include "finalize/lifetime.h"

#ifdef __GXX_RTTI
#error "to be compiled with -fno-rtti"
#endif

namespace finalize_test {
namespace {

// A type of the same name is in without_rtti_test.cc.
struct Local {
  char text[64] = "";
};

}  // namespace

finalize::Finalizer<void> RegisterWithoutRtti(finalize::Registry* registry,
                                              int number) {
  return registry->Register({}, FlushLog(), number);
}

finalize::Finalizer<void> RegisterOwnTypes(finalize::Registry* registry) {
  return registry->Register(
      {}, [](Bytes, Local) {}, Bytes{7}, Local());
}

finalize::Finalizer<void> OnDeathWithoutRtti(
    const std::shared_ptr<int>& referent, std::string* text) {
  return finalize::OnDestroy(referent, [text] { text->append("dead"); });
}

int PeekWithoutRtti(const finalize::Finalizer<void>& finalizer) {
  const auto arguments = finalizer.PeekArguments<int>();
  return arguments.has_value() ? std::get<0>(*arguments) : 0;
}

}  // namespace finalize_test
