// The heap of the three programs: what is freed is overwritten with zeros first, whoever frees it.
//
// Private keys, passwords and tokens pass through many hands before they are parsed: files and
// their streams, YAML, Protobuf, gRPC, SQLite, strings that grow. Each leaves copies in the blocks
// that it gives back, and a rule for every one of them would be forgotten by the next. So the rule
// is the heap's: free() and realloc() are defined here for the whole program, libraries too, and
// call glibc's; the other functions of the heap are glibc's own.
//
// It costs a memset a block, and nothing where nothing is freed, as on the way of a request. Under
// sanitizers the heap is theirs and nothing is wiped. Any thread.

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define WEIR_HEAP_OF_SANITIZER
#endif
#endif

#ifndef WEIR_HEAP_OF_SANITIZER

// glibc's own, for programs that replace the public ones.
extern "C" void __libc_free(void* block);  // NOLINT(bugprone-reserved-identifier)

extern "C" void free(void* block) noexcept {
  if (block == nullptr) return;
  explicit_bzero(block, malloc_usable_size(block));
  __libc_free(block);
}

// glibc's would free the old place itself, unwiped.
extern "C" void* realloc(void* block, size_t size) noexcept {
  if (block == nullptr) return malloc(size);
  if (size == 0) {
    free(block);
    return nullptr;
  }
  const size_t usable = malloc_usable_size(block);
  if (size <= usable && size > usable / 2) return block;
  void* const moved = malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(size, usable));
  free(block);
  return moved;
}

#endif
