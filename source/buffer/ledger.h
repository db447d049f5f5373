// The bytes that one connection or stream holds, by kind: what the overload manager weighs streams
// by, and what the admin server adds up to name the largest holders.
//
// Nobody keeps count while requests go by. A holder knows its buffers and header maps, and these
// their sizes; when somebody asks it puts a ledger together (AddHeld). Asking is rare, and the way
// of a request pays nothing for it; limits are checked against the buffers themselves.
#pragma once

#include <array>
#include <cstddef>

namespace weir::buffer {

enum class LedgerKind {
  kInput,  // Read, not decoded or not delivered yet: a head that is not whole, pipelined requests,
           // what a paused stream or one that waits for its tunnel keeps.
  kHeaders,  // Names and values of header fields, and 32 for each field.
  kBody,     // Body that a filter, a retry or a pending request makes us hold.
  kOutput,   // Encoded, not yet taken by the kernel.
  kCount,
};

class Ledger {
 public:
  void Add(LedgerKind kind, size_t bytes) { held_[static_cast<size_t>(kind)] += bytes; }

  size_t held(LedgerKind kind) const { return held_[static_cast<size_t>(kind)]; }
  size_t total() const {
    size_t sum = 0;
    for (size_t bytes : held_) sum += bytes;
    return sum;
  }

  Ledger& operator+=(const Ledger& other) {
    for (size_t i = 0; i < held_.size(); ++i) held_[i] += other.held_[i];
    return *this;
  }
  friend bool operator==(const Ledger&, const Ledger&) = default;

 private:
  std::array<size_t, static_cast<size_t>(LedgerKind::kCount)> held_{};
};

}  // namespace weir::buffer
