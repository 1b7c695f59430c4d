// SPDX-License-Identifier: Apache-2.0

#include "tempdir/temp_dir_options.h"

#include <limits.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/root/private_directory.h"

namespace tempdir {
namespace {

using finalize::EscapedText;

absl::Status CheckPart(const char* part, const std::string& text) {
  if (text.find('/') != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the ", part,
        " of a temporary directory has a slash: ", EscapedText(text)));
  }
  if (text.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("the ", part, " of a temporary directory has a NUL"));
  }
  return absl::OkStatus();
}

// A kept directory must not look like the root of a process.
bool LooksLikeRoot(const TempDirOptions& options) {
  const std::string name = absl::StrCat(
      options.prefix(), std::string(tempdir_internal::kNameLetters, 'a'),
      options.suffix());
  if (tempdir_internal::ParseRootName(name)) return true;
  const std::string_view prefix = options.prefix();
  constexpr std::string_view kRoot = "finalize-";
  return prefix.substr(0, kRoot.size()) == kRoot &&
         prefix.size() > kRoot.size() && prefix[kRoot.size()] >= '0' &&
         prefix[kRoot.size()] <= '9';
}

absl::Status CheckName(const TempDirOptions& options) {
  absl::Status status = CheckPart("prefix", options.prefix());
  if (status.ok()) status = CheckPart("suffix", options.suffix());
  if (!status.ok()) return status;
  const size_t length = options.prefix().size() + options.suffix().size() +
                        tempdir_internal::kNameLetters;
  if (length > NAME_MAX) {
    return absl::InvalidArgumentError(absl::StrCat(
        "prefix and suffix need a name of ", length, " bytes; at most ",
        NAME_MAX, " are possible: ", EscapedText(options.prefix()),
        EscapedText(options.suffix())));
  }
  if (LooksLikeRoot(options)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the prefix is reserved: ", EscapedText(options.prefix())));
  }
  return status;
}

}  // namespace

absl::Status CheckTempDirOptions(const TempDirOptions& options) {
  if (absl::Status name = CheckName(options); !name.ok()) return name;
  if ((options.mode() & 0700) != 0700 || (options.mode() & ~0777u) != 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the mode %#o of a temporary directory is not 07xx", options.mode()));
  }
  return absl::OkStatus();
}

absl::Status CheckTempFileOptions(const TempDirOptions& options) {
  if (absl::Status name = CheckName(options); !name.ok()) return name;
  if (options.direct()) {
    return absl::InvalidArgumentError(
        "a temporary file cannot be direct: a reaper removes directories only");
  }
  if (options.has_mode() && (options.mode() & ~0777u) != 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the mode %#o of a temporary file is not 0xxx", options.mode()));
  }
  return absl::OkStatus();
}

}  // namespace tempdir
