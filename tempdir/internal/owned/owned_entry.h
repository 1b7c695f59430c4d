// SPDX-License-Identifier: Apache-2.0

// OwnedEntry: the directory or the file of one temp dir or temp file, as it is
// on disk: in which root, under which name, and what tells it from any other
// that may be put there.
//
// It knows how the entry is created, recognized and removed. It has no state
// and no lock: OwnedDirectory decides when each of these happens
// (owned_directory.h), and OwnedFile overrides how a file does it
// (owned_file.h). keep_entry.h and rename_away.h move the entry.
//
// Confined to the holder of OwnedDirectory's mutex, except: options(),
// keep_always(), home(), is_file(), kind() and lost() are thread-safe; path()
// and guarantees() do not change once the entry has been created.

#ifndef TEMPDIR_INTERNAL_OWNED_OWNED_ENTRY_H_
#define TEMPDIR_INTERNAL_OWNED_OWNED_ENTRY_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/identity/entry_identity.h"
#include "tempdir/internal/identity/token_identity.h"
#include "tempdir/internal/root/process_root.h"
#include "tempdir/path.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir_internal {

// The environment variable that makes every temp dir be kept.
constexpr char kKeepVariable[] = "FINALIZE_KEEP_TEMP_DIRS";

class OwnedEntry {
 public:
  explicit OwnedEntry(tempdir::TempDirOptions options);
  virtual ~OwnedEntry() = default;
  OwnedEntry(const OwnedEntry&) = delete;
  OwnedEntry& operator=(const OwnedEntry&) = delete;

  const tempdir::TempDirOptions& options() const { return options_; }
  // Whether FINALIZE_KEEP_TEMP_DIRS was set.
  bool keep_always() const { return keep_always_; }
  // An entry that is kept anyway is out of the reapers' reach from the
  // beginning: in the parent, under a name that is not a root's.
  ProcessRoot::Home home() const {
    return options_.direct() || keep_always_ ? ProcessRoot::Home::kParent
                                             : ProcessRoot::Home::kRoot;
  }
  virtual bool is_file() const { return false; }
  // For messages.
  const char* kind() const {
    return is_file() ? "temporary file" : "temporary directory";
  }
  // Where it was created.
  const tempdir::Path& path() const { return path_; }
  const tempdir::TempDirGuarantees& guarantees() const { return guarantees_; }
  // Whether the last attempt to remove it did not find it at its path: neither
  // this process nor a reaper removes it then.
  bool lost() const { return lost_.load(std::memory_order_acquire); }

  // Returns whether the options can be used for an entry of this kind.
  virtual absl::Status CheckOptions() const;
  // Creates it in `root`, for which the caller has called Acquire. After a
  // failure nothing is left of it, and the caller still owns that root.
  absl::Status Create(ProcessRoot* root);

  // Whether it is in a root: from Create() until ReleaseRoot().
  bool has_root() const { return root_ != nullptr; }
  ProcessRoot& root() const { return *root_; }
  // Its present name in the root.
  const std::string& name() const { return name_; }
  // Whether it was renamed for a removal in the background.
  bool renamed() const { return renamed_; }
  void SetRenamed(std::string name) {
    name_ = std::move(name);
    renamed_ = true;
  }
  // Recognizes it from now on as what is at its name.
  virtual absl::Status Identify(int root_fd);
  // Returns whether `fd` (O_PATH) is open on it.
  virtual bool IsEntry(int fd) const;
  // Returns whether what is at `name` beside it is this entry.
  bool IsNamed(const std::string& name) const;
  // Returns FailedPrecondition if it is not at its name.
  absl::Status CheckInPlace(int root_fd) const;

  // Whether it has a lock of its own, because it is in no root.
  bool has_hold() const { return hold_ != nullptr; }
  // Makes a crash not remove it. Returns false if a crash is about to. True if
  // it has no hold: its root has one.
  bool ReleaseHold();
  // Lets a crash find it again, under its present name: to remove it, or to
  // keep it if CountKept() has counted it.
  void EnterHold();
  // What the library wrote into it to recognize it by, if anything.
  std::optional<TokenIdentity> mark() const;
  // Removes what the library wrote into it, which is at `path` now.
  void UnmarkAt(const char* path);

  // Counts it among those that a crash keeps, or not, if it is to be kept after
  // a failure: a crash is a failure of its owner.
  void CountKept(bool live);
  // Drops its hold and its root, if it has one.
  void ReleaseRoot();

  // Removes it by the fewest system calls. Returns false if that is not enough.
  virtual bool RemoveAtOnce();
  // Removes it in any case, or returns why not.
  virtual absl::Status RemoveCompletely();
  // The first and, if necessary, the second.
  absl::Status RemoveFromDisk() {
    return RemoveAtOnce() ? absl::OkStatus() : RemoveCompletely();
  }

 protected:
  // Creates the entry in the root, sets its name, and identifies it.
  virtual absl::Status MakeEntry(const ProcessRoot& root);

  void SetName(std::string name) { name_ = std::move(name); }
  // It was created, but the file system shows other permissions or another
  // owner than it should have.
  void Weaken(bool has_mode, bool is_shown_own) {
    guarantees_.mode &= has_mode;
    guarantees_.owner &= is_shown_own;
  }
  void SetLost(bool lost) { lost_.store(lost, std::memory_order_release); }
  // The result of a removal that did not find it at its name: there is another
  // one (`replaced`), or nothing; it is at `elsewhere`, if that is known.
  absl::Status NotThere(bool replaced, const std::string& elsewhere);

 private:
  // Returns whether it is where it must be, and as it must be.
  absl::Status CheckMade(const ProcessRoot& root) const;
  absl::Status RemoveFound(int root_fd, const DirectoryIdentity& identity);

  const tempdir::TempDirOptions options_;
  const bool keep_always_;  // FINALIZE_KEEP_TEMP_DIRS
  std::atomic<bool> lost_{false};
  tempdir::Path path_;
  tempdir::TempDirGuarantees guarantees_;
  ProcessRoot* root_ = nullptr;
  std::string name_;
  bool renamed_ = false;
  std::optional<EntryIdentity> identity_;
  std::shared_ptr<DirectHold> hold_;  // of one in the parent itself
  bool counted_kept_ = false;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_OWNED_ENTRY_H_
