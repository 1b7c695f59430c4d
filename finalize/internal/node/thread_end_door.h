// The door from here to the end of a thread: what a low room asks of a higher
// one. Defined in thread_end.cc.
#ifndef FINALIZE_INTERNAL_NODE_THREAD_END_DOOR_H_
#define FINALIZE_INTERNAL_NODE_THREAD_END_DOOR_H_

namespace finalize_internal {

// Makes sure that the library hears of the end of this thread, so that what is
// kept for it goes back. False where that cannot be had.
bool WatchThreadEnd();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_THREAD_END_DOOR_H_
