// The bytes that one connection or stream holds, by kind: what limits are checked against and what
// the admin server adds up to name the largest holders.
//
// A value with one writer. Adding and taking away are plain arithmetic; taking away more than is
// held is a broken invariant.
#pragma once

#include <array>
#include <cstddef>

#include "source/base/check.h"

namespace weir::buffer {

enum class LedgerKind {
  kHeaders,       // Bytes of header fields, with a charge a field.
  kBufferedBody,  // Body that a filter, a retry or a slow peer makes us hold.
  kQueuedOutput,  // Encoded, not yet taken by the kernel.
  kCount,
};

class Ledger {
 public:
  void Add(LedgerKind kind, size_t bytes) { held_[static_cast<size_t>(kind)] += bytes; }
  void Remove(LedgerKind kind, size_t bytes) {
    WEIR_CHECK(held(kind) >= bytes, "more bytes given back than held");
    held_[static_cast<size_t>(kind)] -= bytes;
  }
  // For holders that know their size rather than its changes.
  void Set(LedgerKind kind, size_t bytes) { held_[static_cast<size_t>(kind)] = bytes; }

  size_t held(LedgerKind kind) const { return held_[static_cast<size_t>(kind)]; }
  size_t total() const {
    size_t sum = 0;
    for (size_t bytes : held_) sum += bytes;
    return sum;
  }

 private:
  std::array<size_t, static_cast<size_t>(LedgerKind::kCount)> held_{};
};

}  // namespace weir::buffer
