// SPDX-License-Identifier: Apache-2.0

// OwnedDirectory: the states of one temp dir or temp file, from before it is
// created until it is removed or kept. Both styles of temp dir are a thin layer
// over it: they differ only in what calls RemoveImplicitly(). What the states
// are about, the entry on disk, is its base, OwnedEntry (owned_entry.h).
//
// clang-format off
//                       CancelCreation, or Create failed
//     kCreating -----------------------------------------> kNothing
//       |                                                     ^
//       | Create                                              |
//       v    that was canceled meanwhile: removed again       |
//     kLive --------------------------------------------------+
//       |        Remove succeeds
//       +-----------------------------> kRemoved
//       |        Keep, or implicit removal of one to be kept
//       +-----------------------------> kKept
//
//     kLive ---------------------------> kRemovingInBackground ---> kRemoved
//       ^   Remove in the background       |
//       +----------------------------------+
//                 it fails
// clang-format on
//
//   kCreating  the entry is not set; the creator holds mutex_ from before mkdir
//              until the state changes or that has failed, and not while it
//              waits for space
//   kLive      the entry is set, and its root counts it; a Remove or Keep that
//              fails does not change that (last_failure_ is that of Remove, or
//              of RemoveImplicitly)
//   kRemovingInBackground
//              renamed (rename_away.h), and in the backlog (removal_backlog.h);
//              another Remove removes it immediately
//   kRemoved   its content has been removed; its root does not count it
//   kKept      it is at kept_path_; its root does not count it
//   kNothing   no entry was created, or it was removed immediately
//
// mutex_ is held while the entry is created, removed or moved: across system
// calls, never across a callback. A call that waits for it finds the outcome.
//
// A forked child owns none of this: every call is refused. If the child has
// adopted its parent's temp dirs, only those calls are refused that find mutex_
// caught by the fork.
//
// Thread-safe, except the destructor.

#ifndef TEMPDIR_INTERNAL_OWNED_OWNED_DIRECTORY_H_
#define TEMPDIR_INTERNAL_OWNED_OWNED_DIRECTORY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/owner_process.h"
#include "tempdir/internal/owned/owned_entry.h"
#include "tempdir/internal/root/removal_backlog.h"
#include "tempdir/internal/system/fork_mutex.h"
#include "tempdir/path.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir_internal {

class OwnedDirectory : protected OwnedEntry,
                       public QueuedRemoval,
                       public std::enable_shared_from_this<OwnedDirectory> {
 public:
  explicit OwnedDirectory(tempdir::TempDirOptions options);
  ~OwnedDirectory() override;

  // Has the end of the process try again to remove `directory`. Returns whether
  // it will.
  using Retry = bool (*)(std::shared_ptr<OwnedDirectory> directory) noexcept;
  // What is done if its removal in the background fails; unless set, nothing.
  // Call it before Create.
  void set_retry(Retry retry) { retry_ = retry; }

  // Creates the entry. Returns Cancelled, and nothing is left, if
  // CancelCreation() is called before or meanwhile. If it cannot be removed
  // again, it stays live, and that call returns false.
  absl::Status Create();

  // If Create has not ended: lets it undo its work, waits for that, and
  // returns true. Does not wait if Create waits for space.
  bool CancelCreation();

  // Removes it; returns OK if it has been removed already. A call that meets
  // another one waits and returns its outcome. Returns FailedPrecondition if it
  // was kept, if it is not this process's, or if it is not at its path; any
  // other error is the system's. Can be called again after a failure.
  absl::Status Remove() { return RemoveAfter(attempts()); }
  // The same for a caller that has waited elsewhere: if another call has ended
  // since attempts() was `seen`, returns the outcome of that call.
  absl::Status RemoveAfter(uint32_t seen);
  // Returns the outcome of the last call.
  absl::Status Outcome();
  // How many calls have tried to remove it, or to keep it at its end.
  uint32_t attempts() const {
    return attempts_.load(std::memory_order_acquire);
  }

  // For the end of its owner: removes it, or keeps it and prints where.
  absl::Status RemoveImplicitly();

  // Moves it to where only the caller removes it, and returns where.
  absl::StatusOr<tempdir::Path> Keep();
  // The same under a given name. If it was exchanged for what was there, that
  // is at path() now, and this stays live.
  absl::StatusOr<tempdir::Path> KeepAt(std::string_view destination,
                                       tempdir::IfExists if_exists);

  // Returns a new open file description that has its own shared lock on what
  // keeps reapers away: the root, or the directory itself if it is in no root.
  absl::StatusOr<int> OpenLock();

  void MarkFailed() { failed_.store(true, std::memory_order_relaxed); }

  // Whether this very process created or adopted it.
  bool IsOurs() const;
  // Whether the backlog has it.
  bool removing() const {
    return state_.load(std::memory_order_acquire) ==
           State::kRemovingInBackground;
  }
  // Whether RemoveImplicitly() keeps it.
  bool KeepsOnEnd() const {
    return options().keep_on_failure() &&
           failed_.load(std::memory_order_relaxed);
  }
  bool removed() const {
    return state_.load(std::memory_order_acquire) == State::kRemoved;
  }
  bool kept() const {
    return state_.load(std::memory_order_acquire) == State::kKept;
  }
  // Where it was created; before that, its prefix.
  std::string_view description() const;

  using OwnedEntry::is_file;
  using OwnedEntry::kind;
  using OwnedEntry::lost;
  using OwnedEntry::options;
  // Valid once Create has succeeded.
  using OwnedEntry::guarantees;
  using OwnedEntry::path;

 private:
  enum class State : uint8_t {
    kCreating,
    kLive,
    kRemovingInBackground,
    kRemoved,
    kKept,
    kNothing
  };

  // Does all of Create() but the state of one that was not created.
  absl::Status CreateInParent();
  // One attempt, under mutex_. Sets *again if another one may succeed.
  absl::Status TryToCreate(const std::string& parent, bool* again);

  // These are called with mutex_ held.
  absl::Status MakeIn(const std::string& parent, bool* again);
  // Removes what Create() has created, because that was canceled.
  absl::Status Undo();
  // Hands it to the backlog. Returns false if the caller must remove it.
  bool Enqueue();
  absl::Status KeepNow(bool failed);
  void Settle(State state);
  // The answer to a call that needs a live one.
  absl::Status NotLive(State state) const;
  // The answer of Remove() if there is nothing left to remove.
  absl::Status Ended(State state) const;

  // Called by the thread of the backlog.
  bool FinishRemoval() noexcept override;
  absl::Status RemoveQueued();

  const finalize::OwnerProcess owner_;
  std::atomic<bool> failed_{false};
  Retry retry_ = nullptr;
  std::atomic<bool> canceled_{false};
  std::atomic<State> state_{State::kCreating};
  std::atomic<uint32_t> attempts_{0};

  ForkMutex mutex_;
  // Guarded by mutex_, as the base is.
  absl::Status last_failure_;
  tempdir::Path kept_path_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_OWNED_DIRECTORY_H_
