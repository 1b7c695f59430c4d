// SPDX-License-Identifier: Apache-2.0

// A Creation is a value that one thread creates while other threads wait for it
// (WeakValueMap::GetOrCreate).
//
//             Begin                End
//     fresh ---------> running ---------> over
//
//   running   on the list of the process; a thread that asks for the same key
//             of the same map finds it there and waits
//   over      on no list; those who waited read the result
//
// One lock for all maps guards the list, so that a thread can see before it
// waits whether it would wait for itself, directly or through other threads. No
// user code runs under that lock, and no lock is held while a value is created.
//
// A creation belongs to the process in which it began: in a forked child the
// thread that ends it may not exist, so the child ignores it.
#ifndef FINALIZE_INTERNAL_WEAK_CREATION_H_
#define FINALIZE_INTERNAL_WEAK_CREATION_H_

#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "finalize/export.h"
#include "finalize/options.h"

namespace finalize_internal {

class Creations;

// A derived class knows the key and the value.
class Creation : public std::enable_shared_from_this<Creation> {
 public:
  Creation() = default;
  virtual ~Creation() = default;
  Creation(const Creation&) = delete;
  Creation& operator=(const Creation&) = delete;

  // Waits until it is over, or until the calling thread finds itself in a
  // forked child. Returns false, without waiting, if the thread that runs it
  // is the calling one or waits for that, directly or through others.
  FINALIZE_INTERNAL_EXPORT bool Await();
  // Whether it has ended. What was stored in it before is then visible.
  bool over() const { return __atomic_load_n(&over_, __ATOMIC_ACQUIRE) != 0; }
  // Ends it and wakes the waiting threads. For the thread that began it.
  FINALIZE_INTERNAL_EXPORT void End() noexcept;

 private:
  friend class Creations;
  friend class CreationSection;

  // Set by Begin.
  const Creations* map_ = nullptr;
  uint64_t hash_ = 0;
  uint32_t epoch_ = 0;
  uintptr_t thread_ = 0;
  // Guarded by the lock.
  Creation* older_ = nullptr;
  Creation** from_ = nullptr;  // what points to it
  bool running_ = false;
  const Creation* awaited_ = nullptr;  // what its thread waits for

  uint32_t over_ = 0;  // a futex
};

// The creations of one map. It is the last member of the map, so that it is
// destroyed, moved from and assigned to while the map is intact. Each of these
// is a CHECK failure while a creation runs.
class Creations {
 public:
  Creations() = default;
  Creations(Creations&& other) noexcept { other.CheckNoneRuns(); }
  Creations& operator=(Creations&& other) noexcept {
    CheckNoneRuns();
    other.CheckNoneRuns();
    return *this;
  }
  ~Creations() { CheckNoneRuns(); }

  // Returns the running creation that `same` accepts. If there is none, begins
  // `fresh` and returns null. If `same` is user code (not kTrusted), it is
  // called without the lock.
  template <bool kTrusted, class Same>
  std::shared_ptr<Creation> Begin(Creation* fresh, uint64_t hash,
                                  const Same& same) const;

 private:
  FINALIZE_INTERNAL_EXPORT void CheckNoneRuns() const;
};

// Some work on the list under its lock. Confined to one thread.
class CreationSection {
 public:
  FINALIZE_INTERNAL_EXPORT CreationSection() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  FINALIZE_INTERNAL_EXPORT ~CreationSection() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  CreationSection(const CreationSection&) = delete;
  CreationSection& operator=(const CreationSection&) = delete;

  // Returns the newest running creation of a key with this hash, or null.
  FINALIZE_INTERNAL_EXPORT Creation* Newest(const Creations* map,
                                            uint64_t hash);
  // Returns the next older one; begins anew if the list has changed in a way
  // that could have hidden one.
  FINALIZE_INTERNAL_EXPORT Creation* After(Creation* creation);
  // Keeps a creation alive and releases the lock.
  FINALIZE_INTERNAL_EXPORT void Pin(Creation* creation)
      ABSL_NO_THREAD_SAFETY_ANALYSIS;
  FINALIZE_INTERNAL_EXPORT void Relock() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  static bool Runs(const Creation& creation) { return creation.running_; }
  FINALIZE_INTERNAL_EXPORT void Link(Creation* fresh, const Creations* map,
                                     uint64_t hash);

 private:
  Creation* FirstMatch(Creation* creation) const;

  const uint32_t epoch_;
  const Creations* map_ = nullptr;
  uint64_t hash_ = 0;
  uint64_t begun_ = 0;
  bool locked_ = true;
  std::shared_ptr<Creation> pinned_;
};

// Ends a creation at the end of a scope.
class CreationEnd {
 public:
  explicit CreationEnd(Creation* creation) : creation_(creation) {}
  ~CreationEnd() { creation_->End(); }
  CreationEnd(const CreationEnd&) = delete;
  CreationEnd& operator=(const CreationEnd&) = delete;

 private:
  Creation* const creation_;
};

// Reports a call of GetOrCreate that would wait for itself.
FINALIZE_INTERNAL_EXPORT void ReportSelfWait(finalize::Place place) noexcept;

template <bool kTrusted, class Same>
std::shared_ptr<Creation> Creations::Begin(Creation* fresh, uint64_t hash,
                                           const Same& same) const {
  CreationSection section;
  Creation* other = section.Newest(this, hash);
  while (other != nullptr) {
    bool accepted;
    if constexpr (kTrusted) {
      accepted = same(*other);
    } else {
      section.Pin(other);
      accepted = same(*other);
      section.Relock();
      accepted = accepted && CreationSection::Runs(*other);
    }
    if (accepted) return other->shared_from_this();
    other = section.After(other);
  }
  section.Link(fresh, this, hash);
  return nullptr;
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_CREATION_H_
