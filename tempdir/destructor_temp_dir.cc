// SPDX-License-Identifier: Apache-2.0

#include "tempdir/destructor_temp_dir.h"

#include <exception>

#include "finalize/crash_gate.h"
#include "tempdir/internal/owned/refusal.h"
#include "tempdir/internal/owned/removal_failure.h"

namespace tempdir {

using tempdir_internal::OwnedDirectory;

absl::StatusOr<DestructorTempDir> DestructorTempDir::Create(
    TempDirOptions options) {
  auto directory = std::make_shared<OwnedDirectory>(std::move(options));
  absl::Status status = directory->Create();
  if (!status.ok()) return status;
  return DestructorTempDir(std::move(directory));
}

DestructorTempDir::DestructorTempDir(std::shared_ptr<OwnedDirectory> directory)
    : directory_(std::move(directory)),
      exceptions_(std::uncaught_exceptions()) {}

DestructorTempDir::DestructorTempDir(DestructorTempDir&& other) noexcept =
    default;

DestructorTempDir& DestructorTempDir::operator=(
    DestructorTempDir&& other) noexcept {
  if (this == &other) return *this;
  End();
  directory_ = std::move(other.directory_);
  exceptions_ = other.exceptions_;
  return *this;
}

DestructorTempDir::~DestructorTempDir() { End(); }

void DestructorTempDir::End() noexcept {
  if (directory_ == nullptr || !directory_->IsOurs()) return;
  if (finalize::CrashGate::Refuses()) return;
  if (std::uncaught_exceptions() > exceptions_) directory_->MarkFailed();
  absl::Status status = directory_->RemoveImplicitly();
  if (!status.ok()) {
    tempdir_internal::HandleFailure(
        *directory_, status, tempdir_internal::LeftToReaper(*directory_));
  }
}

const Path& DestructorTempDir::path() const {
  return directory_ != nullptr ? directory_->path()
                               : tempdir_internal::NoPath();
}

TempDirGuarantees DestructorTempDir::guarantees() const {
  return directory_ != nullptr ? directory_->guarantees() : TempDirGuarantees();
}

absl::Status DestructorTempDir::Remove() {
  return directory_ != nullptr ? directory_->Remove()
                               : tempdir_internal::MovedFrom();
}

bool DestructorTempDir::removed() const {
  return directory_ != nullptr && directory_->removed();
}

absl::StatusOr<Path> DestructorTempDir::Keep() {
  if (directory_ == nullptr) return tempdir_internal::MovedFrom();
  return directory_->Keep();
}

absl::StatusOr<Path> DestructorTempDir::Keep(PathArgument destination,
                                             IfExists if_exists) {
  if (directory_ == nullptr) return tempdir_internal::MovedFrom();
  return directory_->KeepAt(destination.text(), if_exists);
}

absl::StatusOr<PassedLock> DestructorTempDir::PassLock() const {
  if (directory_ == nullptr) return tempdir_internal::MovedFrom();
  const absl::StatusOr<int> fd = directory_->OpenLock();
  if (!fd.ok()) return fd.status();
  return PassedLock(*fd);
}

void DestructorTempDir::MarkFailed() {
  if (directory_ != nullptr) directory_->MarkFailed();
}

void DestructorTempDir::swap(DestructorTempDir& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(exceptions_, other.exceptions_);
}

}  // namespace tempdir
