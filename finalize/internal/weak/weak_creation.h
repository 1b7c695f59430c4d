// SPDX-License-Identifier: Apache-2.0

// A WeakCreation is the creation of an entry of a WeakValueMap (creation.h).
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_CREATION_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_CREATION_H_

#include <memory>
#include <utility>

#include "finalize/internal/weak/creation.h"
#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/internal/weak/weak_container.h"
#include "finalize/internal/weak/weak_entry.h"

namespace finalize_internal {

// Entry has a member `key`. The entry is created before its value, so that
// other threads can compare the key meanwhile.
template <class Entry>
class WeakCreation final : public Creation {
 public:
  using Value = std::shared_ptr<typename Entry::Referent>;

  template <class K>
  explicit WeakCreation(K&& key)
      : fresh_(Value(), std::forward<K>(key)),
        held_(EntryRef::To(fresh_.get())) {}

  const auto& key() const { return static_cast<Entry*>(held_.get())->key; }
  // Lets the entry refer to the value, which the caller keeps alive. Returns
  // the entry, which is not in a table yet.
  FreshEntry<Entry>* EntryFor(const Value& value) {
    Entry* const entry = fresh_.get();
    entry->referent = value;
    entry->AttachSharedTo(SharedDeleterOf(value));
    return &fresh_;
  }

  // The value for the waiting threads. Set before the creation ends, read after
  // it.
  Value result;

 private:
  FreshEntry<Entry> fresh_;
  const EntryRef held_;  // the key lives as long as this
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_CREATION_H_
