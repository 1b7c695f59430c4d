// SPDX-License-Identifier: Apache-2.0

// TempDirOptions: how a temp dir or a temp file is created, kept and removed.
//
//   auto dir = tempdir::TempDir::Create(tempdir::TempDirOptions()
//                                           .set_parent("/var/scratch")
//                                           .set_prefix("build-")
//                                           .set_keep_on_failure());
//
// The directory is `<parent>/<root>/<prefix><random><suffix>`. <root> belongs
// to this process: `finalize-<uid>-<random>`, with mode 01700, so that no other
// user can enter it, and the sticky bit shows reapers that only its owner can
// have marked it. The root is created with the first temp dir in its parent and
// removed with the last one: a process that has no temp dir leaves nothing,
// however it ends.
//
// The parent may be any directory in which `mktemp -d` works.
// temp_dir_guarantees.h lists what is weaker in some of them.
//
// Environment:
//   TMPDIR                   The parent if none is given. Unset or empty: /tmp.
//                            Relative: Create returns InvalidArgument. Ignored
//                            in a setuid program.
//   FINALIZE_KEEP_TEMP_DIRS  Not empty and not "0": no temp dir that is created
//                            from then on is removed, not even by Remove(),
//                            which returns OK; removed() stays false. Each is
//                            created in the parent itself, by its own name,
//                            where no reaper takes it, however the process
//                            ends. When its owner ends, standard error says
//                            where it is.
//   FINALIZE_REAP            "0": this process does not remove what dead
//                            processes left: neither in the background after
//                            its first temp dir in a parent, nor in Create on a
//                            full file system (reap.h).
//   FINALIZE_COMPARE_DEVICES Not empty and not "0": each removal of temp dirs,
//                            by reapers and in crashes too, sets
//                            RemoveTreeOptions::compare_devices. If nothing
//                            tells mount points apart (gVisor), a temp dir that
//                            is not empty can be removed only with it. Read
//                            once, when the process first creates or removes a
//                            temp dir. Ignored in a setuid program.
//
// The options remember the line at which they were created; failure reports
// name it.
//
// A value. Thread-compatible (const calls may run concurrently).
#ifndef TEMPDIR_TEMP_DIR_OPTIONS_H_
#define TEMPDIR_TEMP_DIR_OPTIONS_H_

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "finalize/export.h"
#include "finalize/options.h"
#include "finalize/shared_function.h"
#include "tempdir/path.h"
#include "tempdir/path_argument.h"

namespace tempdir {

// What Keep(destination) does if something is at the destination.
//
// Keep(destination) publishes a temp dir or a temp file under a name, in one
// step: readers see nothing at that name, or all of it.
//
//   auto kept = dir->Keep("/srv/site");  // AlreadyExists if there is one
//   // Replaces it:
//   kept = dir->Keep("/srv/site", tempdir::IfExists::kExchange);
//
// A relative destination counts from the current directory. If Keep fails, the
// temp dir is removed later, as before.
//
// kRefuse replaces nothing: if something is at the destination, Keep returns
//   AlreadyExists.
// kExchange exchanges the two in one step: what was at the destination is at
//   path() then. From then on the object owns that and removes it; exchange
//   again to undo it. If nothing was at the destination, Keep only publishes.
//
// Keep returns FailedPrecondition if the destination is on another file system
// or mount (use TempDirOptions::set_parent to create the temp dir on the same
// one), or, for an exchange, if it is not a directory or the temp dir is
// direct. It returns Unimplemented if the file system cannot
// exchange.
//
// Not covered: nothing is forced to the disk. Call fsync() first if the content
// must survive a power loss.
enum class IfExists {
  kRefuse,    // returns AlreadyExists, and moves nothing
  kExchange,  // exchanges the two in one step
};

class TEMPDIR_PATH_ABI TempDirOptions {
 public:
  using FailureCallback = finalize::SharedFunction<void(
      const Path& path, const absl::Status& status)>;

  // NOLINTNEXTLINE(runtime/explicit): so that `{}` means the caller's line.
  TempDirOptions(finalize::Place place = finalize::Place::Caller())
      : place_(place) {}

  // The directory to create it in; empty means $TMPDIR. A relative path counts
  // from the current directory at the time of Create.
  TempDirOptions& set_parent(PathArgument parent) & {
    parent_ = std::string(parent.text());
    return *this;
  }
  TempDirOptions set_parent(PathArgument parent) && {
    return std::move(set_parent(parent));
  }
  // How the name starts and ends; "tmp-" and nothing by default. They must not
  // contain a slash or a NUL, and must be short enough for a file name.
  TempDirOptions& set_prefix(std::string_view prefix) & {
    prefix_ = std::string(prefix);
    return *this;
  }
  TempDirOptions set_prefix(std::string_view prefix) && {
    return std::move(set_prefix(prefix));
  }
  TempDirOptions& set_suffix(std::string_view suffix) & {
    suffix_ = std::string(suffix);
    return *this;
  }
  TempDirOptions set_suffix(std::string_view suffix) && {
    return std::move(set_suffix(suffix));
  }
  // Creates `<parent>/finalize-<uid>-<random>` itself, without a root: to
  // rename it to a name beside it, or to let other users in, who cannot enter a
  // root. Keep() gives it a name with the prefix and the suffix.
  //
  // The directory has a separate descriptor and lock, which reapers respect. It
  // contains no file of the library: `git clone` and `initdb` find it empty.
  // (If others may not see the lock, TempDirGuarantees::lock, its name ends
  // with `.live`.) A file `.keep` in it keeps reapers away, as in a root. Other
  // users who may open it may also lock it, and so keep it from being reaped. A
  // program that closes all its descriptors loses the lock until it creates its
  // next temp dir.
  //
  // It is reaped only if no one except the user and root may rename in the
  // parent (the user's own directory, or a sticky one such as /tmp). In other
  // parents, such as a Kubernetes `emptyDir` with mode 0777, the directory of a
  // dead process stays until it is removed by hand: without the sticky bit of a
  // root, no mark inside proves that it is not another directory of the user
  // that was renamed.
  TempDirOptions& set_direct(bool direct = true) & {
    direct_ = direct;
    return *this;
  }
  TempDirOptions set_direct(bool direct = true) && {
    return std::move(set_direct(direct));
  }
  // Creates a direct temp dir with a name as short as that of mktemp -d, for
  // paths with little room, such as those of Unix sockets (107 bytes). The
  // name is `<parent>/fz<uid>+<10 letters>`, with <uid> in base 32; it adds 15
  // to 21 bytes to the parent's path instead of 43 to 52.
  //
  // So short a name proves too little: no reaper removes the directory without
  // the mark that its owner set (reap.h), not even if it is empty. On a file
  // system without extended attributes (tmpfs before Linux 6.6, ramfs) the path
  // is as short, but reaping needs ReapOptions::unmarked.
  //
  // 10 letters are 50 random bits. An existing entry is never adopted: a name
  // that is taken costs one more attempt. The chance that one of a million
  // directories ever gets the name of an earlier one is 1 in 2000.
  TempDirOptions& set_short_path(bool short_path = true) & {
    short_path_ = short_path;
    return *this;
  }
  TempDirOptions set_short_path(bool short_path = true) && {
    return std::move(set_short_path(short_path));
  }
  // The permissions, whatever the umask; 0700 by default. They must include the
  // owner's three. (For a temp file: 0600 by default, and any permissions.)
  // Permissions of other users matter only after Keep(), because they cannot
  // enter the root. If the file system cannot give these permissions, Create
  // fails with FailedPrecondition or with the system's error; without this call
  // it accepts what it gets (TempDirGuarantees::mode).
  TempDirOptions& set_mode(mode_t mode) & {
    mode_ = mode;
    return *this;
  }
  TempDirOptions set_mode(mode_t mode) && { return std::move(set_mode(mode)); }
  // If true, Create fails with FailedPrecondition, and leaves nothing, unless
  // all of TempDirGuarantees holds.
  TempDirOptions& set_require_guarantees(bool require = true) & {
    require_guarantees_ = require;
    return *this;
  }
  TempDirOptions set_require_guarantees(bool require = true) && {
    return std::move(set_require_guarantees(require));
  }
  // If true, Remove(), the destructor and exit only rename the directory, which
  // takes the same time whatever it contains, and a library thread removes it.
  // Remove() then returns OK. removed() is true when the content has been
  // removed; another Remove() waits for that and returns the outcome. A failure
  // that no such call sees is treated as a failure of the destructor: the end
  // of the process tries again, except for a DestructorTempDir.
  //
  // Exit waits for the thread, until the deadline of the process's end
  // (finalize/process_end.h). What remains then counts as a failure of that
  // end, except for a DestructorTempDir. What remains then, or when the process
  // is killed, is reaped at the next start, like everything of a dead process
  // (reap.h). The same holds with set_direct(): the directory is renamed to the
  // `.reap` form, so that a reaper finishes it.
  //
  // Remove() removes the directory itself if it is empty, if the rename fails,
  // if no thread can be started, or if 256 removals are queued. If the file
  // system is full, Create waits for the thread and tries again.
  TempDirOptions& set_remove_in_background(bool background = true) & {
    remove_in_background_ = background;
    return *this;
  }
  TempDirOptions set_remove_in_background(bool background = true) && {
    return std::move(set_remove_in_background(background));
  }
  // If true, the destructor keeps the directory if an exception that was thrown
  // after Create is unwinding the stack, or if MarkFailed() was called; in the
  // latter case exit keeps it, too. Standard error says where it is. Remove()
  // still removes it. A process that is killed (SIGKILL, _exit, exec) has not
  // failed: what it leaves is reaped.
  //
  // The directory is moved into `<parent>/finalize-<uid>-<random>`, a directory
  // with a file `.keep`, which every reaper respects. kept_failures.h lists and
  // trims what was kept.
  TempDirOptions& set_keep_on_failure(bool keep = true) & {
    keep_on_failure_ = keep;
    return *this;
  }
  TempDirOptions set_keep_on_failure(bool keep = true) && {
    return std::move(set_keep_on_failure(keep));
  }
  // The same as set_keep_on_failure(), and then removes the oldest failures
  // that this user's processes kept in this parent with this prefix, until at
  // most `failures` are left. 0 removes none. Directories that a crash kept are
  // neither counted nor removed, because they have no prefix.
  TempDirOptions& set_keep_last(size_t failures) & {
    keep_last_ = failures;
    return set_keep_on_failure();
  }
  TempDirOptions set_keep_last(size_t failures) && {
    return std::move(set_keep_last(failures));
  }
  // If true, the process aborts if removing or keeping fails and no caller can
  // be told: in a destructor, in an assignment, at exit. In either case the
  // failure reporter (finalize/failure_reporter.h) first gets one line. It has
  // the place of these options (where the directory was created), what could
  // not be removed, and what becomes of the directory: the end of the process
  // tries again, or the directory is left to a reaper (reap.h).
  TempDirOptions& set_crash_on_failure(bool crash = true) & {
    crash_on_failure_ = crash;
    return *this;
  }
  TempDirOptions set_crash_on_failure(bool crash = true) && {
    return std::move(set_crash_on_failure(crash));
  }
  // Calls `callback` instead of the failure reporter in that case, on the
  // thread that meets the failure, with no lock held. An exception that it
  // throws is reported. The report of a drain names the failure as well.
  TempDirOptions& set_failure_callback(FailureCallback callback) & {
    failure_callback_ = std::move(callback);
    return *this;
  }
  TempDirOptions set_failure_callback(FailureCallback callback) && {
    return std::move(set_failure_callback(std::move(callback)));
  }

  const std::string& parent() const { return parent_; }
  const std::string& prefix() const { return prefix_; }
  const std::string& suffix() const { return suffix_; }
  mode_t mode() const { return mode_.value_or(0700); }
  bool has_mode() const { return mode_.has_value(); }
  bool require_guarantees() const { return require_guarantees_; }
  // Whether Create is to fail if it cannot have the permissions.
  bool insists_on_mode() const { return has_mode() || require_guarantees_; }
  // A temp dir with a short path is direct.
  bool direct() const { return direct_ || short_path_; }
  bool short_path() const { return short_path_; }
  bool remove_in_background() const { return remove_in_background_; }
  bool keep_on_failure() const { return keep_on_failure_; }
  size_t keep_last() const { return keep_last_; }
  bool crash_on_failure() const { return crash_on_failure_; }
  const FailureCallback& failure_callback() const { return failure_callback_; }
  finalize::Place place() const { return place_; }

 private:
  std::string parent_;
  std::string prefix_ = "tmp-";
  std::string suffix_;
  bool direct_ = false;
  bool short_path_ = false;
  std::optional<mode_t> mode_;
  bool require_guarantees_ = false;
  bool remove_in_background_ = false;
  bool keep_on_failure_ = false;
  size_t keep_last_ = 0;
  bool crash_on_failure_ = false;
  FailureCallback failure_callback_;
  finalize::Place place_;
};

// Returns InvalidArgument, naming what is wrong, for options with which no
// directory can be created. Create calls it.
FINALIZE_EXPORT absl::Status CheckTempDirOptions(const TempDirOptions& options);
// The same for a temp file (temp_file.h).
FINALIZE_EXPORT absl::Status CheckTempFileOptions(
    const TempDirOptions& options);

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_DIR_OPTIONS_H_
