// SPDX-License-Identifier: Apache-2.0

// Spellings that would refer to a temporary. Compiled once for each CASE_: see
// weak_item_test.cc.
#include <memory>
#include <string>
#include <utility>

#include "finalize/weak_key_map.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"

namespace {

using Values = finalize::WeakValueMap<std::string, int>;
using Notes = finalize::WeakKeyMap<int, std::string>;
using Owners = finalize::WeakKeyMap<int, std::unique_ptr<int>>;
using Set = finalize::WeakSet<int>;

[[maybe_unused]] void Spell(Values& values, Notes& notes, Owners& owners,
                            Set& set) {
  (void)values, (void)notes, (void)owners, (void)set;
#if defined(CASE_none)
  for (const auto& [key, value] : values) (void)key, (void)value;
  for (const auto& [key, value] : owners) (void)key, (void)value;
#elif defined(CASE_loop_by_reference)
  for (auto& [key, value] : values) (void)key, (void)value;
#elif defined(CASE_loop_over_key_map_by_reference)
  for (auto& [key, value] : notes) (void)key, (void)value;
#elif defined(CASE_loop_over_set_by_reference)
  for (auto& member : set) (void)member;
#elif defined(CASE_item_by_reference)
  auto& item = *values.begin();
  (void)item;
#elif defined(CASE_arrow)
  auto& value = values.begin()->second;
  (void)value;
#elif defined(CASE_arrow_of_key_map)
  auto& value = notes.begin()->value();
  (void)value;
#elif defined(CASE_arrow_of_set)
  auto* object = set.begin()->get();
  (void)object;
#elif defined(CASE_member)
  auto& value = (*values.begin()).second;
  (void)value;
#elif defined(CASE_key_by_reference)
  auto& key = (*values.begin()).key();
  (void)key;
#elif defined(CASE_value_by_reference)
  auto& value = (*notes.begin()).value();
  (void)value;
#elif defined(CASE_tuple_by_reference)
  using std::get;
  auto& value = get<1>(*notes.begin());
  (void)value;
#elif defined(CASE_change_of_a_copy)
  for (auto [key, note] : notes) note.append("!");
#elif defined(CASE_change_of_a_copy_through_a_reference)
  for (auto&& [key, note] : notes) note.append("!");
#elif defined(CASE_pair_of_references)
  std::pair<const std::string&, const std::shared_ptr<int>&> item =
      *values.begin();
  (void)item;
#elif defined(CASE_copy_of_what_cannot_be_copied)
  auto owner = (*owners.begin()).value();
#endif
}

}  // namespace
