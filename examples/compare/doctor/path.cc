// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/path.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/compare/doctor/way.h"

namespace compare {
namespace {

std::string OwnerAndMode(const struct stat& status) {
  return absl::StrFormat("belongs to user %d and has mode %04o", status.st_uid,
                         status.st_mode & 07777);
}

bool IsLink(const OpenPart& part) { return S_ISLNK(part.status.st_mode); }

std::string OnTheWay(const OpenPart& part) {
  return absl::StrCat(
      ", and ", part.path, ", on the way to it, ",
      IsLink(part) ? absl::StrCat("is a link of user ", part.status.st_uid)
                   : OwnerAndMode(part.status));
}

std::string WhoCanDoWhat(const OpenPart& part) {
  const std::string owner =
      absl::StrCat("user ", part.status.st_uid, ", to whom it belongs, can ");
  if (IsLink(part)) return owner + "let that link lead to another place";
  const std::string who =
      IsOpenToAll(part.status) ? "every user can "
      : IsOpenToGroup(part.status)
          ? absl::StrCat("all members of group ", part.status.st_gid, " can ")
          : owner;
  return absl::StrCat(who, "rename what is in ", part.path);
}

std::string Advice(const OpenPart& part) {
  const uid_t owner = part.status.st_uid;
  const bool trusted = owner == geteuid() || owner == 0;
  return absl::StrCat(
      trusted && !IsLink(part)
          ? absl::StrCat("`chmod +t` ", part.path, " as its owner, or ")
          : "",
      "set TMPDIR to a directory of your own with mode 0700",
      part.is_last ? "" : ", the way to which only you and root can change");
}

void NoteUnmapped(const OpenPart& part, Finding* finding) {
  finding->verdict = Verdict::kNote;
  absl::StrAppend(&finding->found, "; user ", part.status.st_uid,
                  " is not mapped here");
  finding->meaning = absl::StrCat(
      "only you, root and the owner of ", part.path,
      " can put something else where your temp dir is. Here nobody can tell "
      "who that is: most likely root of the machine");
}

}  // namespace

std::string OwnerAndMode(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return strerror(errno);
  return OwnerAndMode(status);
}

Finding Path(const std::string& parent, bool guaranteed) {
  Finding finding;
  finding.name = "path";
  finding.found = absl::StrCat(parent, " ", OwnerAndMode(parent));
  const std::optional<OpenPart> part = FirstOpenPart(parent);
  if (part && !part->is_last) finding.found += OnTheWay(*part);
  if (!part && guaranteed) {
    finding.meaning =
        "only you and root can put something else where your temp dir is";
    return finding;
  }
  if (part && part->unmapped && guaranteed) {
    NoteUnmapped(*part, &finding);
    return finding;
  }
  finding.verdict = Verdict::kWeaker;
  finding.meaning = absl::StrCat(
      part ? WhoCanDoWhat(*part) : "other users can rename what is in it",
      ": a path to a temp dir may lead to a directory of theirs. The library "
      "still never removes anything but the directory that it created");
  finding.advice = part ? Advice(*part)
                        : "set TMPDIR to a directory of your own with mode "
                          "0700";
  return finding;
}

}  // namespace compare
