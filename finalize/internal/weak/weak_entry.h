// SPDX-License-Identifier: Apache-2.0

// A WeakEntry is one entry of a weak container. It does not know the types of
// its key and value.
//
// An entry has up to four kinds of owners, each with a reference to it:
//   its table       until the entry is erased or replaced, or its referent dies
//   its referent    (on whose list it is, weak_link.h) until it is unlinked, or
//                   the referent is dead
//   cursors         while they are at it
//   pins            while a thread reads it
// The owner that drops the last reference destroys the entry, and the user's
// key or value in it. It holds no lock then.
//
//               Link                        Remove
//     fresh -----------> linked ---------------------------> removed
//
//   linked    in the chain of its hash, and in the order of insertion
//   removed   in neither, except: in the order while a cursor is at it
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_ENTRY_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_ENTRY_H_

#include <atomic>
#include <cstdint>
#include <utility>

#include "finalize/export.h"
#include "finalize/internal/weak/weak_links.h"

namespace finalize_internal {

class WeakTable;

class WeakEntry : public WeakLink {
 public:
  // The first reference is the caller's.
  WeakEntry() : WeakLink(kEntry) {}
  virtual ~WeakEntry() = default;

  // Returns whether the referent is dead. Runs no user code.
  virtual bool Expired() const = 0;

  void Ref() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Unref() {
    if (references_.load(std::memory_order_acquire) == 1 ||
        references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete this;
    }
  }
  // The same for an entry that no other thread knows yet.
  void RefUnshared() {
    references_.store(references_.load(std::memory_order_relaxed) + 1,
                      std::memory_order_relaxed);
  }
  // Puts a new entry on the list of its referent, so that it learns of the
  // death of the referent. The caller keeps the referent alive. Does nothing if
  // `deleter` is null: the referent is not attachable then.
  void AttachTo(SharedDeleter* deleter) {
    if (deleter == nullptr) return;
    RefUnshared();
    LinkWeak(deleter, this);
  }
  // The same for an entry to which other threads may have references.
  void AttachSharedTo(SharedDeleter* deleter) {
    if (deleter == nullptr) return;
    Ref();
    LinkWeak(deleter, this);
  }
  // Takes the entry off the list of its referent.
  void DetachFromReferent() {
    if (UnlinkWeak(this)) Unref();
  }
  // Removes the entry from its table. Returns false if it is not in a table.
  // The caller has a reference.
  FINALIZE_INTERNAL_EXPORT bool Unlink() noexcept;
  // Does the same, and also takes the entry off the list of its referent.
  bool Erase() {
    const bool was_there = Unlink();
    DetachFromReferent();
    return was_there;
  }

  bool hears_of_death() const { return lane >= 0; }

 private:
  friend class WeakTable;
  friend class TableSection;
  friend class WeakCursor;

  std::atomic<uint32_t> references_{1};
  int lock_ = -1;      // index of its table's lock
  uint64_t hash_ = 0;  // these two are set before it is linked
  // Guarded by that lock.
  WeakEntry* chain_ = nullptr;    // next in its bucket; or of what was removed
  WeakEntry* earlier_ = nullptr;  // in the order of insertion
  WeakEntry* later_ = nullptr;
  WeakTable* table_ = nullptr;  // whose order it is in
  uint64_t sequence_ = 0;
  uint32_t cursors_ = 0;
  bool linked_ = false;
};

// A reference to an entry.
class EntryRef {
 public:
  EntryRef() = default;
  // Takes over a reference of the caller's.
  explicit EntryRef(WeakEntry* owned) : entry_(owned) {}
  EntryRef(EntryRef&& other) noexcept
      : entry_(std::exchange(other.entry_, nullptr)) {}
  EntryRef(const EntryRef& other) : entry_(other.entry_) {
    if (entry_ != nullptr) entry_->Ref();
  }
  EntryRef& operator=(EntryRef other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~EntryRef() {
    if (entry_ != nullptr) entry_->Unref();
  }
  static EntryRef To(WeakEntry* entry) {
    entry->Ref();
    return EntryRef(entry);
  }

  WeakEntry* get() const { return entry_; }
  WeakEntry* operator->() const { return entry_; }
  WeakEntry* release() { return std::exchange(entry_, nullptr); }
  explicit operator bool() const { return entry_ != nullptr; }

 private:
  WeakEntry* entry_ = nullptr;
};

// Constructs the objects that the containers return for entries (items,
// iterators, pinned values), and accesses their private members. These name
// internal types, so users cannot use them.
struct EntryAccess {
  template <class T, class... Args>
  static T Make(Args&&... args) {
    return T(std::forward<Args>(args)...);
  }
  template <class Iterator>
  static auto* EntryAt(const Iterator& position) {
    return position.entry();
  }
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_ENTRY_H_
