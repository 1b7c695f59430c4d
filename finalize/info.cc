#include "finalize/info.h"

#include "absl/strings/str_cat.h"
#include "finalize/internal/base/finalizer_text.h"

namespace finalize {

std::string Info::ToString() const {
  return absl::StrCat("#", number, " phase ", phase, " +",
                      finalize_internal::AgeText(age),
                      finalize_internal::FinalizerText(place, name, callback));
}

}  // namespace finalize
