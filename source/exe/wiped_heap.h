// The heap of the three programs: what is freed is overwritten with zeros first, whoever frees it.
//
// Private keys, passwords and tokens pass through many hands before they are parsed: files and
// their streams, YAML, Protobuf, gRPC, SQLite, strings that grow. Each leaves copies in the blocks
// that it gives back, and a rule for every one of them would be forgotten by the next. So the rule
// is the heap's: wiped_heap.cc defines free() and realloc() for the whole program, libraries too;
// the other functions of the heap are glibc's own.
//
// It costs a memset a block. Under sanitizers the heap is theirs and nothing is wiped. Any thread.
#pragma once

namespace weir::exe {

// From now on what this thread frees stays as it is: for workers, whose HTTP/2 streams would pay a
// twentieth of their time. They see no configuration but what is parsed, and the keys in that are
// wiped by themselves (SecretBytes, BoringSSL).
void LeaveWhatThisThreadFrees();

}  // namespace weir::exe
