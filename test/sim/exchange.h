// One request and its answer: what the seed decided of them, and what became of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "source/event/clock.h"
#include "test/sim/message.h"

namespace weir::sim {

struct BodyPlan {
  Framing framing = Framing::kNone;
  uint64_t size = 0;
  uint64_t piece = 0;       // Bytes sent at once; 0: all.
  event::Duration pace{0};  // Between pieces.
  bool trailers = false;    // With kChunked.
};

// What the client does instead of waiting for the whole answer.
enum class Leave : uint8_t {
  kStays,
  kEndsMidRequest,
  kResetsMidRequest,
  kEndsMidAnswer,
  kResetsMidAnswer,
  kHalfCloses,  // HTTP/1: ends its side behind the request.
};

// What the upstream does instead of answering.
enum class Misdeed : uint8_t {
  kNone,
  kResetsBeforeAnswer,
  kEndsBeforeAnswer,
  kRefuses,  // HTTP/2: REFUSED_STREAM; HTTP/1: as kResetsBeforeAnswer.
  kAnswers503,
  kResetsMidAnswer,
  kEndsMidAnswer,
  kSpoilsHead,  // HTTP/1: a head that no parser may take; HTTP/2: as kResetsBeforeAnswer.
};

// How a tunnel is asked for. The bytes of its two directions are the bodies of request and answer.
enum class Tunnel : uint8_t {
  kNone,     // An ordinary request.
  kUpgrade,  // WebSocket, by Upgrade or by extended CONNECT, and translated between the two.
  kConnect,  // CONNECT, which ends at the proxy: bytes alone reach the upstream.
  kRaw,      // Through the listener of a TCP proxy.
};

enum class Outcome : uint8_t {
  kWaiting,  // Not sent yet, or to be sent again: it reached no upstream.
  kSent,
  kAnswered,  // By an upstream, whole.
  kLocal,     // By the proxy itself, whole.
  kCut,       // Visibly broken off: reset, or the connection ended.
  kGone,      // The client left.
};

constexpr std::string_view NameOf(Outcome outcome) {
  constexpr std::string_view kNames[] = {
      "waiting", "sent", "answered", "answered by the proxy", "cut", "left by the client"};
  return kNames[static_cast<size_t>(outcome)];
}

struct Exchange {
  // The plan.
  uint64_t id = 0;
  size_t group = 0;    // Which of the routes it takes.
  bool retry = false;  // By the group's route with a retry policy.
  std::string method = "GET";
  Tunnel tunnel = Tunnel::kNone;
  BodyPlan request;
  Fields request_fields;
  bool expects_continue = false;
  Leave leave = Leave::kStays;
  uint64_t leave_at = 0;  // Bytes of the body concerned.

  int status = 200;
  BodyPlan answer;
  Fields answer_fields;
  bool early_hints = false;  // A 103 before the answer.
  bool early = false;        // The answer does not wait for the request's end.
  bool closes = false;       // The upstream's connection ends with the answer (HTTP/1).
  event::Duration think{0};  // Before the answer.
  Misdeed misdeed = Misdeed::kNone;
  uint64_t misdeed_at = 0;     // Bytes of the answer's body.
  uint32_t misdeed_tries = 0;  // The first so many tries meet it.

  // What became of it.
  Outcome outcome = Outcome::kWaiting;
  event::MonotonicTime sent_at{};
  event::MonotonicTime ended_at{};
  uint32_t tries = 0;    // Heads that reached an upstream.
  uint32_t answers = 0;  // Whole answers, the proxy's own among them.
  int local_status = 0;
  bool connection_faulty = false;           // A fault hit its client's connection.
  uint64_t answer_bytes_sent = 0;           // By the upstream of the last try, of the body.
  uint64_t answer_bytes_seen = 0;           // By the client.
  uint64_t request_bytes_sent = 0;          // By the client.
  uint64_t request_bytes_seen = 0;          // By the upstream of the last try.
  event::MonotonicTime request_moved_at{};  // When that upstream saw the newest of them.
  bool request_whole = false;               // There.

  // What the upstream makes of it; the proxy may refuse all the same.
  bool is_granted_tunnel() const { return tunnel != Tunnel::kNone && status == kGrants; }
  static constexpr int kGrants = 101;
  bool bodiless_answer() const { return method == "HEAD" || status == 204 || status == 304; }
  bool MisdeedOnTry(uint32_t number) const {
    return misdeed != Misdeed::kNone && number <= misdeed_tries;
  }
  std::string Path() const;
  // The plan in one line, for the trace.
  std::string Describe() const;
};

// The fields that stand behind a body with trailers.
Fields TrailersOf(const Exchange& exchange, bool answer);
// What the bytes of a tunnel without a head begin with, to say whose they are.
std::string TunnelPrefix(const Exchange& exchange);
// The exchange's number in a path made by Path(); 0 when it is none.
uint64_t IdOfPath(const std::string& path);

}  // namespace weir::sim
