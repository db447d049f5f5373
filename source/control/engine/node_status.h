// What is known of one connected client: for people and for the management API. Values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "source/control/engine/request.h"

namespace weir::control::engine {

// Monotonic time, handed in by the caller (the same type as event::MonotonicTime).
using Time = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
using Duration = std::chrono::nanoseconds;

struct NackStatus {
  Rejection rejection;
  Time time;
  std::string version;  // Of the response that was refused.
  std::string nonce;
  std::vector<std::string> resources;  // Those that the text names; else all that were new in it.
};

struct TypeStatus {
  std::string type_url;
  bool wildcard = false;
  size_t subscribed = 0;      // Names asked for.
  size_t known = 0;           // Resources the client has been sent.
  std::string sent_version;   // Empty: nothing was sent yet.
  std::string acked_version;  // Empty: nothing was acknowledged yet.
  std::string nonce;          // Of the last response.
  bool waiting = false;       // The last response is not answered yet.
  Time sent_at;  // Of the last response, and of its answer; the epoch when there is none.
  Time answered_at;
  uint64_t acks = 0;
  uint64_t nacks = 0;
  std::vector<std::string> missing;  // Names asked for that do not exist, sorted.
  // The last refusal, until a later response is acknowledged. What the client has in force then is
  // unknown between the last acknowledged and the refused (D11).
  std::optional<NackStatus> nack;
};

enum class Phase {
  kMake,    // A: new clusters and endpoints beside the old ones.
  kSwitch,  // B: listeners and routes.
  kClean,   // C: removals.
  kSettled,
};

struct NodeStatus {
  uint64_t stream = 0;
  Variant variant = Variant::kSotw;
  Node node;
  std::string peer;
  Time connected;
  Phase phase = Phase::kSettled;
  bool stuck = false;  // The phase timed out or was refused: nothing is removed.
  std::string stuck_why;
  std::string label;  // Of the snapshot that listeners and routes come from.
  std::vector<TypeStatus> types;
};

std::string NameOf(Phase phase);

}  // namespace weir::control::engine
