// SPDX-License-Identifier: Apache-2.0

// The named door from this room up to the end of a thread. The body is in
// unload/thread_end.cc.
#ifndef FINALIZE_INTERNAL_NODE_THREAD_END_DOOR_H_
#define FINALIZE_INTERNAL_NODE_THREAD_END_DOOR_H_

namespace finalize_internal {

// Makes sure that the library learns of the end of this thread, so that
// everything that it keeps for the thread is returned. Returns false if that is
// not possible.
bool WatchThreadEnd();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_THREAD_END_DOOR_H_
