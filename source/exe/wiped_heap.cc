#include "source/exe/wiped_heap.h"

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

namespace weir::exe {
namespace {

constinit thread_local bool wipes = true;

}  // namespace

void LeaveWhatThisThreadFrees() { wipes = false; }

}  // namespace weir::exe

#ifndef WEIR_HEAP_OF_SANITIZER

// glibc's own, for programs that replace the public ones.
extern "C" void __libc_free(void* block);  // NOLINT(bugprone-reserved-identifier)

extern "C" void free(void* block) noexcept {
  if (block == nullptr) return;
  if (weir::exe::wipes) explicit_bzero(block, malloc_usable_size(block));
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
