// SPDX-License-Identifier: Apache-2.0

// The side of a reload (reload.h) that is started: the process that has started
// this one, if one did.
//
// The two share a socket. The new process sends kServes when it serves. The old
// one answers kGoOn: from then on the new one is the service. If the socket
// ends without that word, the old process was asked to end meanwhile, or was
// killed, and the new one ends as well: whoever ends the service knows only the
// old process.
#ifndef EXAMPLES_SPOOL_SERVICE_PREDECESSOR_H_
#define EXAMPLES_SPOOL_SERVICE_PREDECESSOR_H_

namespace spool_service {

// In the environment of the new process: the number of its socket.
constexpr char kPredecessorVariable[] = "SPOOL_SERVICE_PREDECESSOR";
constexpr char kServes = 's';
constexpr char kGoOn = 'g';

class Predecessor {
 public:
  // Called before this process has children. It joins the process group of its
  // predecessor, which has given it one of its own.
  Predecessor();

  // Tells the predecessor that this process serves, and waits for its word.
  // Returns false if this process is to end. True if there is no predecessor.
  bool HandsOver();
  // In a forked child: it has no predecessor.
  void Forget();

 private:
  int socket_ = -1;
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_PREDECESSOR_H_
