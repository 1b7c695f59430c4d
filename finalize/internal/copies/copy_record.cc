// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/copies/copy_record.h"

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstring>

#include "finalize/internal/system/loaded_objects.h"

// A test defines it, to stand in for a copy of another version or of a newer
// revision.
#ifndef FINALIZE_COPY_VERSION
#define FINALIZE_COPY_VERSION finalize_internal::kCopyVersion
#endif
#ifndef FINALIZE_COPY_REVISION
#define FINALIZE_COPY_REVISION finalize_internal::kCopyRevision
#endif

// Named for the note below. Hidden, so that another module's does not replace
// it.
extern "C" {
[[gnu::visibility("hidden"),
  gnu::used]] finalize_internal::CopyRecord finalize_copy_record = {
    finalize_internal::kCopyMagic,
    FINALIZE_COPY_VERSION,
    FINALIZE_COPY_REVISION,
    sizeof(finalize_internal::CopyRecord),
    0,
    {0},
    {},
    {0},
    {0}};
}

// Name, type 1, and the distance from the note's contents to the record.
__asm__(
    ".pushsection .note.finalize, \"a\", %note\n"
    ".balign 4\n"
    ".long 9\n"
    ".long 8\n"
    ".long 1\n"
    ".asciz \"finalize\"\n"
    ".balign 4\n"
    "1: .quad finalize_copy_record - 1b\n"
    ".popsection\n");

namespace finalize_internal {
namespace {

constexpr char kName[] = "finalize";
constexpr uint32_t kType = 1;

struct Visit {
  bool (*visit)(CopyRecord& record, void* context);
  void* context;
};

struct Segment {
  const char* begin;
  const char* end;
};

Segment SegmentOf(const dl_phdr_info& info, const ElfW(Phdr) & header) {
  const char* const begin =
      reinterpret_cast<const char*>(info.dlpi_addr + header.p_vaddr);
  return {begin, begin + header.p_memsz};
}

// Whether `size` bytes at `at` are mapped with the object.
bool IsLoaded(const dl_phdr_info& info, const char* at, size_t size) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    if (info.dlpi_phdr[i].p_type != PT_LOAD) continue;
    const Segment loaded = SegmentOf(info, info.dlpi_phdr[i]);
    if (at >= loaded.begin && at <= loaded.end &&
        size <= static_cast<size_t>(loaded.end - at)) {
      return true;
    }
  }
  return false;
}

size_t RoundUp(size_t size, size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

// Returns the record that the note at `at` leads to; null if the note is not of
// this library.
CopyRecord* RecordOf(const dl_phdr_info& info, const ElfW(Nhdr) & note,
                     const char* at) {
  int64_t distance;
  if (note.n_type != kType || note.n_namesz != sizeof(kName) ||
      note.n_descsz != sizeof(distance) ||
      memcmp(at, kName, sizeof(kName)) != 0) {
    return nullptr;
  }
  const char* const contents = at + RoundUp(sizeof(kName), 4);
  memcpy(&distance, contents, sizeof(distance));
  const char* const found = contents + distance;
  if (!IsLoaded(info, found, sizeof(CopyRecord))) return nullptr;
  auto* const record = reinterpret_cast<CopyRecord*>(const_cast<char*>(found));
  const bool known = record->magic == kCopyMagic &&
                     record->version == OwnRecord().version &&
                     record->size >= sizeof(CopyRecord);
  return known ? record : nullptr;
}

// Visits the records of one segment of notes.
bool VisitNotes(const dl_phdr_info& info, const ElfW(Phdr) & header,
                const Visit& visit) {
  const Segment notes = SegmentOf(info, header);
  const size_t alignment = header.p_align == 8 ? 8 : 4;
  if (!IsLoaded(info, notes.begin, header.p_memsz)) return false;
  const char* at = notes.begin;
  while (static_cast<size_t>(notes.end - at) >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    memcpy(&note, at, sizeof(note));
    const size_t size = sizeof(note) + RoundUp(note.n_namesz, alignment) +
                        RoundUp(note.n_descsz, alignment);
    if (size > static_cast<size_t>(notes.end - at)) return false;
    CopyRecord* const record = RecordOf(info, note, at + sizeof(note));
    if (record != nullptr && visit.visit(*record, visit.context)) return true;
    at += size;
  }
  return false;
}

int VisitObject(dl_phdr_info* info, size_t, void* data) {
  const Visit& visit = *static_cast<const Visit*>(data);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type != PT_NOTE) continue;
    if (VisitNotes(*info, info->dlpi_phdr[i], visit)) return 1;
  }
  return 0;
}

struct Call {
  void (*function)(void* context);
  void* context;
};

int CallOnce(dl_phdr_info*, size_t, void* data) {
  const Call& call = *static_cast<const Call*>(data);
  call.function(call.context);
  return 1;
}

}  // namespace

CopyRecord& OwnRecord() { return finalize_copy_record; }

bool VisitRecords(bool (*visit)(CopyRecord& record, void* context),
                  void* context) {
  Visit data = {visit, context};
  return VisitObjects(&VisitObject, &data) != 0;
}

// The lock is recursive: `function` may visit the records.
void WithLoaderLock(void (*function)(void* context), void* context) {
  Call call = {function, context};
  VisitObjects(&CallOnce, &call);
}

}  // namespace finalize_internal
