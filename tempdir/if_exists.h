// Keep(destination) publishes a temp dir or a temp file under a name, in one
// step: readers see nothing at that name, or all of it.
//
//   dir.Keep("/srv/site");                                // or AlreadyExists
//   dir.Keep("/srv/site", tempdir::IfExists::kExchange);  // replaces it
//
// A relative destination counts from the current directory. If Keep fails, the
// temp dir is removed later, as before.
//
// kRefuse replaces nothing: if something is at the destination, Keep returns
//   AlreadyExists.
// kExchange exchanges the two in one step: what was at the destination is at
//   path() then. From then on the object owns that and removes it; exchange
//   again to undo it. If nothing was at the destination, Keep only publishes.
//
// Keep returns FailedPrecondition if the destination is on another file system
// or mount (use TempDirOptions::Parent to create the temp dir on the same one),
// or, for an exchange, if it is not a directory, or the temp dir was created
// WithoutProcessRoot(). It returns Unimplemented if the file system cannot
// exchange.
//
// Not covered: nothing is forced to the disk. Call fsync() first if the content
// must survive a power loss.

#ifndef TEMPDIR_IF_EXISTS_H_
#define TEMPDIR_IF_EXISTS_H_

namespace tempdir {

enum class IfExists {
  kRefuse,    // returns AlreadyExists, and moves nothing
  kExchange,  // exchanges the two in one step
};

}  // namespace tempdir

#endif  // TEMPDIR_IF_EXISTS_H_
