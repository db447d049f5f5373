// What each end of the proxy checks of one message while it comes in: that it is the one that was
// sent, framed as it was sent, whole or visibly broken off.
#pragma once

#include <string_view>

#include "test/sim/mark.h"
#include "test/sim/scene.h"

namespace weir::sim {

// Of an upstream: one try of a request.
class RequestCheck {
 public:
  // `cluster` and `endpoint` say who the upstream is.
  RequestCheck(Scene& scene, Exchange& exchange, size_t cluster, size_t endpoint, const Head& head);
  // Of a tunnel whose bytes come without a head.
  RequestCheck(Scene& scene, Exchange& exchange, size_t cluster, size_t endpoint);

  // The upstream grants the tunnel: from now on its bytes may come.
  void Accept() { accepted_ = true; }
  void Body(std::string_view bytes);
  void End(const Fields& trailers);
  bool ended() const { return ended_; }
  // 1 for the first.
  uint32_t number() const { return number_; }

 private:
  void CheckHead(const Head& head);
  void CheckMethod(const Head& head);

  Scene& scene_;
  Exchange& exchange_;
  const Mark mark_;
  const uint32_t number_;
  uint64_t seen_ = 0;
  bool accepted_ = false;  // Of tunnels.
  bool ended_ = false;
  bool chunked_ = false;
};

// Of a client.
class AnswerCheck {
 public:
  AnswerCheck(Scene& scene, Exchange& exchange);

  void Informational(const Head& head);
  void Begin(const Head& head);
  // Of a tunnel whose bytes come without a head.
  void BeginRaw() { begun_ = true; }
  void Body(std::string_view bytes);
  // The whole answer is there. Sets the exchange's outcome.
  void End(const Fields& trailers);
  bool begun() const { return begun_; }
  // What comes are the bytes of a tunnel.
  bool granted() const { return granted_; }

 private:
  void CheckHead(const Head& head);
  void CheckFraming(const Head& head);
  // By which routes the answer came, and from whom.
  void CheckRoute(const Head& head, event::MonotonicTime now);

  Scene& scene_;
  Exchange& exchange_;
  const Mark mark_;
  bool begun_ = false;
  bool local_ = false;  // The proxy's own answer.
  bool granted_ = false;
  bool http2_ = false;
  uint64_t seen_ = 0;
};

// Ends an exchange that got no whole answer.
void EndExchange(Scene& scene, Exchange& exchange, Outcome outcome, std::string_view why);

}  // namespace weir::sim
