// TempDirOptions: what may be said of a temp dir when it is made.
//
//   auto dir = tempdir::TempDir::Create(tempdir::TempDirOptions()
//                                           .Parent("/var/scratch")
//                                           .Prefix("build-")
//                                           .KeepOnFailure());
//
// The directory is `<parent>/<root>/<prefix><random><suffix>`. <root> belongs
// to this process (`finalize-<uid>-<random>`, mode 01700: nobody else can enter
// it, and the sticky bit shows reapers that only its owner can have marked it).
// It is created with the first temp dir in its parent, and removed with the
// last one: a process that has no temp dir leaves nothing, however it ends.
//
// The parent may be any directory in which `mktemp -d` works.
// temp_dir_guarantees.h says what is weaker in some of them.
//
// The environment:
//   TMPDIR                   the parent where none is given. Unset or empty:
//                            /tmp. Relative: an InvalidArgument. Not looked at
//                            in a setuid program.
//   FINALIZE_KEEP_TEMP_DIRS  not empty and not "0": no temp dir made from then
//                            on is removed, even by Remove(), which returns OK;
//                            removed() stays false. Each is made in the parent
//                            itself, by its own name, where no reaper takes it,
//                            however the process ends. Standard error says
//                            where at the end of its owner, if that comes.
//   FINALIZE_REAP            "0": what dead processes left is not removed in
//                            the background when a process makes its first
//                            temp dir in a parent, nor by Create where the
//                            file system is full (reap.h).
//   FINALIZE_COMPARE_DEVICES not empty and not "0": every removal of temp dirs,
//                            reaping and the crash tier included, is made with
//                            RemoveTreeOptions::compare_devices: where nothing
//                            tells mount points (gVisor), a temp dir that is
//                            not empty can be removed only so. Read once, when
//                            the process makes or removes its first one. Not
//                            looked at in a setuid program.
//
// A setter on a temporary returns a value, so that no reference to the
// temporary is left.
//
// Like finalize::Options it remembers the line at which it was made, the place
// that a failure report names. A value; thread-compatible (const calls may run
// concurrently).

#ifndef TEMPDIR_TEMP_DIR_OPTIONS_H_
#define TEMPDIR_TEMP_DIR_OPTIONS_H_

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "finalize/options.h"
#include "finalize/shared_function.h"
#include "tempdir/path_argument.h"

namespace tempdir {

class TempDirOptions {
 public:
  using FailureCallback = finalize::SharedFunction<void(
      const boost::filesystem::path& path, const absl::Status& status)>;

  // NOLINTNEXTLINE(runtime/explicit): so that `{}` means the caller's line.
  TempDirOptions(finalize::Place place = finalize::Place::Caller())
      : place_(place) {}

  // Where to make it; empty stands for $TMPDIR. A relative path counts from
  // the current directory at the time of Create.
  TempDirOptions& Parent(PathArgument parent) & {
    parent_ = std::string(parent.text());
    return *this;
  }
  TempDirOptions Parent(PathArgument parent) && {
    return std::move(Parent(parent));
  }
  // What the name starts and ends with: no slash, no NUL, and together short
  // enough for a file name. "tmp-" and nothing unless told otherwise.
  TempDirOptions& Prefix(std::string prefix) & {
    prefix_ = std::move(prefix);
    return *this;
  }
  TempDirOptions Prefix(std::string prefix) && {
    return std::move(Prefix(std::move(prefix)));
  }
  TempDirOptions& Suffix(std::string suffix) & {
    suffix_ = std::move(suffix);
    return *this;
  }
  TempDirOptions Suffix(std::string suffix) && {
    return std::move(Suffix(std::move(suffix)));
  }
  // Makes it `<parent>/finalize-<uid>-<random>`, with no root in between and a
  // descriptor and a lock of its own, which a reaper respects. It holds nothing
  // of the library: `git clone` and `initdb` find it empty. (Where others may
  // not see the lock, TempDirGuarantees::lock, its name ends with `.live`.) For
  // whoever needs it there: to rename it to something beside it, or to let
  // others in, who do not get through a root. Prefix and suffix are for the
  // name that Keep() gives it. A file `.keep` in it keeps reapers away, as in a
  // root; others who may open it may lock it, too, and so keep it from being
  // reaped. A program that closes all descriptors loses the lock, to its next
  // temp dir.
  //
  // It is reaped only in a parent where nobody but the user and root may rename
  // (the user's own, or a sticky one such as /tmp). In any other, such as an
  // `emptyDir` of Kubernetes with mode 0777, what a dead process left stays
  // until somebody removes it: without the sticky bit that a root has, no mark
  // in it proves that it is not another directory of the user's, renamed.
  TempDirOptions& Directly(bool directly = true) & {
    directly_ = directly;
    return *this;
  }
  TempDirOptions Directly(bool directly = true) && {
    return std::move(Directly(directly));
  }
  // Makes it Directly(), with a name as short as that of mktemp -d, for paths
  // that have little room, such as those of Unix sockets (107 bytes):
  // `<parent>/fz<uid>+<10 letters>`, which adds 15 to 21 bytes to the parent's
  // path instead of 43 to 52. <uid> is in base 32.
  //
  // A name so short proves too little: no reaper removes the directory without
  // the mark that its owner gave it (reap.h), not even if it is empty. So on a
  // file system without extended attributes (tmpfs before Linux 6.6, ramfs)
  // what a dead process left needs ReapOptions::unmarked; the path is short
  // there all the same.
  //
  // 10 letters are 50 random bits. What stands there is never adopted, so a
  // name that is taken costs one more try; that one of a million directories
  // ever gets the name of an earlier one has a chance of 1 in 2000.
  TempDirOptions& ShortPath(bool short_path = true) & {
    short_path_ = short_path;
    return Directly(short_path);
  }
  TempDirOptions ShortPath(bool short_path = true) && {
    return std::move(ShortPath(short_path));
  }
  // The permissions, whatever the umask; 0700 unless told otherwise. The
  // owner's three must be among them. (Of a temp file: 0600, and any.) Those of
  // others matter once it is kept: before, nobody else gets through the root.
  // On a file system where it cannot have them, Create fails with
  // FailedPrecondition or what the system says; without this call it uses those
  // that it gets (TempDirGuarantees::mode).
  TempDirOptions& Mode(mode_t mode) & {
    mode_ = mode;
    return *this;
  }
  TempDirOptions Mode(mode_t mode) && { return std::move(Mode(mode)); }
  // Create fails with FailedPrecondition, and leaves nothing, unless all of
  // temp_dir_guarantees.h holds.
  TempDirOptions& RequireGuarantees(bool require = true) & {
    require_guarantees_ = require;
    return *this;
  }
  TempDirOptions RequireGuarantees(bool require = true) && {
    return std::move(RequireGuarantees(require));
  }
  // Remove(), the destructor and exit rename the directory away, which takes as
  // long whatever it holds, and a thread of the library's own removes it.
  // Remove() returns OK then; removed() is true when the content is gone, and
  // another Remove() waits for that and says how it went. A failure that no
  // such call sees is treated as one of the destructor.
  //
  // Exit waits for the thread, to the deadline of the process's end
  // (finalize/exit_options.h); what is left then, or when the process is
  // killed, is the next start's to reap (reap.h), as all of a dead process. So
  // it is with Directly(): it then has the name of what a reaper has begun.
  //
  // The caller removes it at once where that is no less work (it is empty),
  // where renaming fails, where there is no thread, or where it is 256
  // directories behind. Create waits for the thread where the file system is
  // full, and tries again.
  TempDirOptions& RemoveInBackground(bool background = true) & {
    background_ = background;
    return *this;
  }
  TempDirOptions RemoveInBackground(bool background = true) && {
    return std::move(RemoveInBackground(background));
  }
  // The destructor leaves the directory where an exception that was thrown
  // after Create unwinds it, or where MarkFailed() was called; so does exit in
  // the latter case. Standard error says where it is. Remove() still removes.
  // A process that is killed (SIGKILL, _exit, exec) has not failed: what it
  // leaves is reaped.
  //
  // It is moved into `<parent>/finalize-<uid>-<random>`, by its name, out of
  // every reaper's reach. kept_failures.h lists and trims what was kept.
  TempDirOptions& KeepOnFailure(bool keep = true) & {
    keep_on_failure_ = keep;
    return *this;
  }
  TempDirOptions KeepOnFailure(bool keep = true) && {
    return std::move(KeepOnFailure(keep));
  }
  // The same, and then removes the oldest failures that this user's processes
  // kept in this parent with this prefix, until at most `failures` are left.
  // 0 removes none. What a crash keeps is neither counted nor removed, since it
  // has no prefix.
  TempDirOptions& KeepLast(size_t failures) & {
    keep_last_ = failures;
    return KeepOnFailure();
  }
  TempDirOptions KeepLast(size_t failures) && {
    return std::move(KeepLast(failures));
  }
  // What becomes of a failure to remove (or to keep) that no caller can be
  // told: in a destructor, in an assignment, at exit. The failure reporter
  // (finalize/failure_reporter.h) gets one line with the place of these options
  // (where the directory was made), what could not be removed, and what becomes
  // of the directory: the end of the process tries again, or it is left to the
  // reaper after this process (reap.h). CrashOnFailure: and then the process
  // aborts.
  TempDirOptions& CrashOnFailure(bool crash = true) & {
    crash_on_failure_ = crash;
    return *this;
  }
  TempDirOptions CrashOnFailure(bool crash = true) && {
    return std::move(CrashOnFailure(crash));
  }
  // `callback` is called instead of all that, on the thread at hand, with no
  // lock held; what it throws is reported. A drain's report names the failure
  // anyway.
  TempDirOptions& CallOnFailure(FailureCallback callback) & {
    failure_callback_ = std::move(callback);
    return *this;
  }
  TempDirOptions CallOnFailure(FailureCallback callback) && {
    return std::move(CallOnFailure(std::move(callback)));
  }

  const std::string& parent() const { return parent_; }
  const std::string& prefix() const { return prefix_; }
  const std::string& suffix() const { return suffix_; }
  mode_t mode() const { return mode_.value_or(0700); }
  bool has_mode() const { return mode_.has_value(); }
  bool require_guarantees() const { return require_guarantees_; }
  // Whether Create is to fail if it cannot have the permissions.
  bool insists_on_mode() const { return has_mode() || require_guarantees_; }
  bool directly() const { return directly_; }
  bool short_path() const { return short_path_; }
  bool background() const { return background_; }
  bool keep_on_failure() const { return keep_on_failure_; }
  size_t keep_last() const { return keep_last_; }
  bool crash_on_failure() const { return crash_on_failure_; }
  const FailureCallback& failure_callback() const { return failure_callback_; }
  finalize::Place place() const { return place_; }

 private:
  std::string parent_;
  std::string prefix_ = "tmp-";
  std::string suffix_;
  bool directly_ = false;
  bool short_path_ = false;
  std::optional<mode_t> mode_;
  bool require_guarantees_ = false;
  bool background_ = false;
  bool keep_on_failure_ = false;
  size_t keep_last_ = 0;
  bool crash_on_failure_ = false;
  FailureCallback failure_callback_;
  finalize::Place place_;
};

// Returns InvalidArgument, naming what is wrong, for options that no directory
// can be made with. Create calls it.
absl::Status CheckTempDirOptions(const TempDirOptions& options);
// The same for a temp file (temp_file.h).
absl::Status CheckTempFileOptions(const TempDirOptions& options);

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_DIR_OPTIONS_H_
