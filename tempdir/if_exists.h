// What Keep(destination) does if something stands at the destination.

#ifndef TEMPDIR_IF_EXISTS_H_
#define TEMPDIR_IF_EXISTS_H_

namespace tempdir {

enum class IfExists {
  kRefuse,    // AlreadyExists; nothing is moved
  kExchange,  // the two change places in one step
};

}  // namespace tempdir

#endif  // TEMPDIR_IF_EXISTS_H_
