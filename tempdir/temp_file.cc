// SPDX-License-Identifier: Apache-2.0

#include "tempdir/temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/owned/destination.h"
#include "tempdir/internal/owned/owned_file.h"
#include "tempdir/internal/owned/refusal.h"
#include "tempdir/internal/root/parent_directory.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/internal/system/errno_status.h"
#include "tempdir/internal/system/random_name.h"

namespace tempdir {
namespace {

using finalize::EscapedText;
using finalize::QuotedText;
using tempdir_internal::OwnedDescriptor;
using tempdir_internal::OwnedFile;

absl::Status CannotWrite(const std::string& path, int error) {
  return tempdir_internal::ErrnoStatus(
      error, absl::StrCat("cannot write ", EscapedText(path)));
}

absl::Status NotInside(const PathArgument& name) {
  return absl::InvalidArgumentError(
      absl::StrCat("not a path inside a directory: ", QuotedText(name.text())));
}

// Returns 0 or an errno.
int WriteAll(int fd, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) contents.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// Creates a file beside `path`, under a name that is free. Returns its
// descriptor, or -1 with errno set.
int OpenBeside(const std::string& path, std::string* name) {
  const size_t directory = path.rfind('/') + 1;  // 0 if there is no slash
  for (int tries = 0; tries < tempdir_internal::kMaxNames; ++tries) {
    *name = path.substr(0, directory) + ".tmp-";
    if (!tempdir_internal::AppendRandomLetters(
            name, tempdir_internal::kNameLetters)) {
      return -1;
    }
    const int fd =
        open(name->c_str(),
             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 || errno != EEXIST) return fd;
    tempdir_internal::DiscardRandomBytes();
  }
  return -1;
}

}  // namespace

absl::StatusOr<TempFile> TempFile::Create(TempDirOptions options) {
  auto file = std::make_shared<OwnedFile>(std::move(options));
  absl::StatusOr<FinalizerTempDir> owner = FinalizerTempDir::Own(file);
  if (!owner.ok()) return owner.status();
  OwnedDescriptor* const descriptor = &file->descriptor();
  return TempFile(*std::move(owner), {std::move(file), descriptor});
}

absl::StatusOr<TempFile> TempFile::Anonymous(TempDirOptions options) {
  absl::Status status = CheckTempFileOptions(options);
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> parent =
      tempdir_internal::ParentPath(options.parent());
  if (!parent.ok()) return parent.status();
  const mode_t mode =
      options.has_mode() ? options.mode() : tempdir_internal::kFileMode;
  const int fd = tempdir_internal::OpenFileClear(AT_FDCWD, parent->c_str(),
                                                 O_TMPFILE, mode);
  if (fd < 0) return Unlinked(std::move(options), *parent, errno);
  tempdir_internal::FileIdentity identity;
  status = tempdir_internal::SettleFileMode(fd, options, &identity);
  if (!status.ok()) {
    close(fd);
    return status;
  }
  auto descriptor = std::make_shared<OwnedDescriptor>();
  descriptor->Take(fd, identity);
  return TempFile(std::nullopt, std::move(descriptor));
}

absl::StatusOr<TempFile> TempFile::Unlinked(TempDirOptions options,
                                            const std::string& parent,
                                            int error) {
  // EISDIR, ENOENT: a kernel or a FUSE server that knows no O_TMPFILE.
  if (error != EOPNOTSUPP && error != EISDIR && error != ENOENT &&
      error != EINVAL && error != ENOSYS) {
    return absl::ErrnoToStatus(
        error, absl::StrCat("cannot create an anonymous file in ",
                            EscapedText(parent)));
  }
  absl::StatusOr<TempFile> file = Create(std::move(options));
  if (!file.ok()) return file;
  absl::Status removed = file->Remove();
  if (!removed.ok()) return removed;
  return TempFile(std::nullopt, file->descriptor_);
}

TempFile::TempFile(std::optional<FinalizerTempDir> owner,
                   std::shared_ptr<OwnedDescriptor> descriptor)
    : owner_(std::move(owner)), descriptor_(std::move(descriptor)) {}

TempFile::TempFile(TempFile&& other) noexcept
    : owner_(std::exchange(other.owner_, std::nullopt)),
      descriptor_(std::exchange(other.descriptor_, nullptr)) {}

TempFile& TempFile::operator=(TempFile&& other) noexcept {
  if (this == &other) return *this;
  owner_ = std::exchange(other.owner_, std::nullopt);
  descriptor_ = std::exchange(other.descriptor_, nullptr);
  return *this;
}

TempFile::~TempFile() = default;

const Path& TempFile::path() const {
  return owner_ ? owner_->path() : tempdir_internal::NoPath();
}

int TempFile::fd() const {
  return descriptor_ != nullptr ? descriptor_->fd() : -1;
}

TempDirGuarantees TempFile::guarantees() const {
  return owner_ ? owner_->guarantees() : TempDirGuarantees();
}

absl::Status TempFile::Write(std::string_view contents) {
  const int error = WriteAll(fd(), contents);
  if (error == 0) return absl::OkStatus();
  return CannotWrite(owner_ ? path().native() : "an anonymous file", error);
}

TempFile::Stream TempFile::OpenStream(const char* mode) const {
  const int copy = fcntl(fd(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (copy < 0) return nullptr;
  Stream stream(fdopen(copy, mode));
  if (stream == nullptr) close(copy);
  return stream;
}

absl::Status TempFile::Close() {
  return descriptor_ != nullptr ? descriptor_->Close()
                                : tempdir_internal::MovedFrom();
}

absl::Status TempFile::Remove() { return owner_ ? owner_->Remove() : Close(); }

bool TempFile::removed() const {
  if (owner_) return owner_->removed();
  return descriptor_ != nullptr && descriptor_->fd() < 0;
}

absl::StatusOr<Path> TempFile::Keep() {
  if (owner_) return owner_->Keep();
  if (descriptor_ == nullptr) return tempdir_internal::MovedFrom();
  return absl::FailedPreconditionError(
      "an anonymous file has no name: call Keep(destination)");
}

absl::StatusOr<Path> TempFile::Keep(PathArgument destination,
                                    IfExists if_exists) {
  if (owner_) return owner_->Keep(destination, if_exists);
  if (descriptor_ == nullptr) return tempdir_internal::MovedFrom();
  if (if_exists == IfExists::kExchange) {
    return absl::FailedPreconditionError(
        "an anonymous file has no name to exchange");
  }
  auto opened = tempdir_internal::Destination::Open(destination.text());
  if (!opened.ok()) return opened.status();
  absl::Status status = opened->Link(fd());
  if (!status.ok()) return status;
  return Path(opened->path());
}

absl::StatusOr<PassedLock> TempFile::PassLock() const {
  if (owner_) return owner_->PassLock();
  return absl::FailedPreconditionError("there is no temporary file to lock");
}

void TempFile::MarkFailed() {
  if (owner_) owner_->MarkFailed();
}

void TempFile::swap(TempFile& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(descriptor_, other.descriptor_);
}

absl::StatusOr<Path> PathInside(PathArgument directory, PathArgument name) {
  const absl::string_view inside(name.text().data(), name.text().size());
  if (inside.empty() || inside.front() == '/' ||
      inside.find('\0') != absl::string_view::npos) {
    return NotInside(name);
  }
  Path path(std::string(directory.text()));
  for (absl::string_view part : absl::StrSplit(inside, '/')) {
    if (part == "..") return NotInside(name);
    if (part != "." && !part.empty()) path /= std::string(part);
  }
  return path;
}

absl::Status WriteFileAtomically(PathArgument path_argument,
                                 std::string_view contents) {
  const std::string path(path_argument.text());
  if (path.find('\0') != std::string::npos) return CannotWrite(path, EINVAL);
  std::string beside;
  const int fd = OpenBeside(path, &beside);
  if (fd < 0) return CannotWrite(path, errno);
  int error = WriteAll(fd, contents);
  if (close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && rename(beside.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  unlink(beside.c_str());
  return CannotWrite(path, error);
}

}  // namespace tempdir
