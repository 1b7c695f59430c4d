// OwnedDirectory: one temp dir, from before mkdir until it is gone or kept.
// Both styles are a thin layer over it: they differ only in who calls
// RemoveImplicitly(). A temp file differs in what the protected functions do
// (owned_file.h).
//
//                       CancelCreation, or Create failed
//     kCreating ------------------------------------> kNothing
//       |    |                                           ^
//       |    | Create, cancelled meanwhile: removed again   |
//       |    +-------------------------------------------+
//       | Create
//       v
//     kLive --------------------------> kRemoved
//       |        Remove succeeds
//       +-----------------------------> kKept
//                Keep, or implicit removal of one to be kept
//
//     kLive ---------------------------> kRemovingInBackground ---> kRemoved
//       ^   Remove in the background       |
//       +----------------------------------+
//                 it fails
//
//   kCreating  path_, guarantees_, name_ and identity_ are not set; the creator
//              holds mutex_ from before mkdir until the state changes
//   kLive      all are set, root_ counts it; a Remove or Keep that fails
//              leaves it so, with the reason in last_failure_
//   kRemovingInBackground
//              renamed to what name_ says now, and in the backlog
//              (removal_backlog.h); another Remove removes it at once
//   kRemoved   its content is gone; root_ counts it no more
//   kKept      kept_path_ says where it is; root_ counts it no more
//   kNothing   no directory was made, or it went at once
//
// mutex_ is held while the directory is made, removed or moved: those are
// system calls, never a callback. Whoever waits for it finds the outcome.
//
// A forked child owns nothing of this, and every call is refused; unless it has
// adopted it: then those are refused that find mutex_ caught by the fork.
//
// Thread-safe, but for its end.

#ifndef TEMPDIR_INTERNAL_OWNED_OWNED_DIRECTORY_H_
#define TEMPDIR_INTERNAL_OWNED_OWNED_DIRECTORY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "finalize/owner_process.h"
#include "tempdir/internal/identity/entry_identity.h"
#include "tempdir/internal/owned/destination.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/internal/root/process_root.h"
#include "tempdir/internal/root/removal_backlog.h"
#include "tempdir/internal/system/fork_mutex.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir_internal {

// The environment variable that says that every temp dir is to be kept.
constexpr char kKeepVariable[] = "FINALIZE_KEEP_TEMP_DIRS";

class OwnedDirectory : public QueuedRemoval,
                       public std::enable_shared_from_this<OwnedDirectory> {
 public:
  explicit OwnedDirectory(tempdir::TempDirOptions options);
  ~OwnedDirectory() override;
  OwnedDirectory(const OwnedDirectory&) = delete;
  OwnedDirectory& operator=(const OwnedDirectory&) = delete;

  // Makes the directory. Cancelled, and nothing is left, if CancelCreation came
  // first or came meanwhile.
  absl::Status Create();

  // If Create has not ended: lets it undo its work, waits for that, and
  // returns true.
  bool CancelCreation();

  // Removes it; OK if it is gone already. A call that meets another one waits
  // and takes its outcome. FailedPrecondition if it was kept, if it is not
  // this process's, or if it is not at its path any more; any other error is
  // the system's. It may be tried again.
  absl::Status Remove() { return RemoveAfter(attempts()); }
  // The same for a caller that has waited elsewhere: if another call ended
  // since attempts() was `seen`, its outcome is taken.
  absl::Status RemoveAfter(uint32_t seen);
  // What the last call gave.
  absl::Status Outcome();
  // How many calls have tried to remove it.
  uint32_t attempts() const {
    return attempts_.load(std::memory_order_acquire);
  }

  // What the end of its owner does: removes it, or keeps it and says where.
  absl::Status RemoveImplicitly();

  // Moves it to where nobody but the caller removes it, and returns where.
  absl::StatusOr<boost::filesystem::path> Keep();
  // The same under a given name. If it was exchanged for what was there, that
  // is at path() now, and this stays live.
  absl::StatusOr<boost::filesystem::path> KeepAt(std::string_view destination,
                                                 tempdir::IfExists if_exists);

  // A new open file description with a shared lock of its own on what keeps
  // reapers away: the root, or the directory itself where that has none.
  absl::StatusOr<int> OpenLock();

  void MarkFailed() { failed_.store(true, std::memory_order_relaxed); }

  // Whether this very process made it, or adopted it.
  bool IsOurs() const;
  // Whether the backlog has it.
  bool removing() const {
    return state_.load(std::memory_order_acquire) ==
           State::kRemovingInBackground;
  }
  // Whether RemoveImplicitly() keeps it.
  bool KeepsOnEnd() const {
    return options_.keep_on_failure() &&
           failed_.load(std::memory_order_relaxed);
  }
  bool removed() const {
    return state_.load(std::memory_order_acquire) == State::kRemoved;
  }
  // Whether the last attempt to remove it did not find it at its path: it is
  // in nobody's reach any more.
  bool lost() const { return lost_.load(std::memory_order_acquire); }
  bool kept() const {
    return state_.load(std::memory_order_acquire) == State::kKept;
  }
  // Where it was made; where it will be made, roughly, before that.
  std::string_view description() const;
  // For whoever saw Create succeed.
  const boost::filesystem::path& path() const { return path_; }
  const tempdir::TempDirGuarantees& guarantees() const { return guarantees_; }
  const tempdir::TempDirOptions& options() const { return options_; }
  virtual bool is_file() const { return false; }
  // For messages.
  const char* kind() const {
    return is_file() ? "temporary file" : "temporary directory";
  }

 protected:
  // All of these are called with mutex_ held.
  virtual absl::Status CheckOptions() const;
  // Makes the entry in the root: sets name_, and what tells it from others.
  virtual absl::Status MakeEntry(const ProcessRoot& root);
  // Does so for what stands at its name by now.
  virtual absl::Status Identify(int root_fd);
  // Whether `fd` (O_PATH) is open on the very entry.
  virtual bool IsEntry(int fd) const;
  // The usual case of a removal; false if it is another.
  virtual bool RemoveAtOnce();
  virtual absl::Status RemoveCompletely();
  // For a removal that did not find it at its name: what stands there is
  // another (`replaced`), or nothing; it is at `elsewhere`, if that is known.
  // It was made without having the permissions, or the owner, that it was to
  // have, as the file system shows it.
  void Weaken(bool has_mode, bool is_shown_own) {
    guarantees_.mode &= has_mode;
    guarantees_.owner &= is_shown_own;
  }
  absl::Status NotThere(bool replaced, const std::string& elsewhere);

  const ProcessRoot& root() const { return *root_; }
  absl::StatusOr<int> RootDescriptor() { return root_->Descriptor(); }
  const std::string& name() const { return name_; }
  void SetName(std::string name) { name_ = std::move(name); }
  void SetLost(bool lost) { lost_.store(lost, std::memory_order_release); }

 private:
  enum class State : uint8_t {
    kCreating,
    kLive,
    kRemovingInBackground,
    kRemoved,
    kKept,
    kNothing
  };

  absl::Status Make();
  absl::Status MakeIn(const std::string& parent, bool* again);
  absl::Status MakeInRoot(ProcessRoot* root);
  // Whether it is where it has to be, and as it has to be.
  absl::Status CheckMade(const ProcessRoot& root) const;
  // One that is kept anyway is out of the reapers' reach from the beginning: in
  // the parent, under a name that is no root's.
  ProcessRoot::Home home() const {
    return options_.directly() || keep_always_ ? ProcessRoot::Home::kParent
                                               : ProcessRoot::Home::kRoot;
  }
  // One with a name and a lock of its own, in the parent.
  absl::StatusOr<PrivateDirectory> MakeLocked(const ProcessRoot& root);
  absl::Status LockMade(const ProcessRoot& root, const PrivateDirectory& made);
  // Called by the backlog's thread.
  void FinishRemoval() noexcept override;
  absl::Status FinishLocked();
  // Whether the backlog has it; else it is to be removed at once.
  bool EnqueueLocked();
  bool RenameAway();
  bool RenameTo(const std::string& removing);
  absl::Status RemoveLocked();
  absl::Status KeepLocked();
  // Moves it to a directory for what failures leave; where that cannot be, it
  // is kept as by Keep().
  absl::Status KeepFailure();
  absl::Status MoveToFailures(int root_fd);
  void TrimFailuresLikeIt() const;
  absl::Status PublishLocked(const Destination& destination,
                             tempdir::IfExists if_exists);
  absl::Status Exchange(int root_fd, const Destination& destination);
  absl::Status CheckEntry(int root_fd) const;
  // Says on standard error that it was kept, and why.
  void SayKept(std::string_view why) const;
  absl::Status RemoveFound(int root_fd, const DirectoryIdentity& identity);
  // Takes away what the library wrote into one that it was kept as.
  void UnmarkKept();
  absl::Status NotOurs() const;
  absl::Status CaughtByFork() const;
  absl::Status Crashing() const;
  absl::Status NotLive(State state) const;
  absl::Status Ended(State state) const;
  void Settle(State state);
  void ReleaseRoot();
  void CountKept(bool live);

  const tempdir::TempDirOptions options_;
  const finalize::OwnerProcess owner_;
  const bool keep_always_;  // FINALIZE_KEEP_TEMP_DIRS
  std::atomic<bool> failed_{false};
  std::atomic<bool> cancelled_{false};
  std::atomic<State> state_{State::kCreating};
  std::atomic<uint32_t> attempts_{0};
  std::atomic<bool> lost_{false};
  boost::filesystem::path path_;
  tempdir::TempDirGuarantees guarantees_;

  ForkMutex mutex_;
  // Guarded by mutex_.
  ProcessRoot* root_ = nullptr;
  std::string name_;
  bool renamed_ = false;  // for the backlog
  std::optional<EntryIdentity> identity_;
  std::shared_ptr<DirectHold> hold_;  // of one in the parent itself
  bool counted_kept_ = false;
  absl::Status last_failure_;
  boost::filesystem::path kept_path_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_OWNED_DIRECTORY_H_
