// The upstreams of a run: each listens on one address, speaks HTTP/1 or HTTP/2 as the proxy's first
// bytes ask for, checks every request and answers as the exchange's plan has it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/net/network.h"
#include "test/sim/checks.h"
#include "test/sim/end.h"
#include "test/sim/scene.h"

namespace weir::sim {

// Who an upstream is, and how it behaves.
struct UpstreamPlace {
  size_t cluster = 0;
  size_t endpoint = 0;
  Habits habits;
  uint32_t window = 65535;
  uint32_t max_streams = 100;
};

// What speaks one version of HTTP on an accepted connection. `end` outlives it.
class UpstreamProtocol {
 public:
  virtual ~UpstreamProtocol() = default;
  virtual void Receive(std::string_view bytes) = 0;
  // The proxy has ended its side. True: the connection is a tunnel, whose other direction goes on.
  virtual bool PeerEnded() { return false; }
  // The connection is over.
  virtual void Over(std::string_view why) = 0;
};

std::unique_ptr<UpstreamProtocol> MakeUpstreamH1(Scene& scene, const UpstreamPlace& place,
                                                 End& end);
std::unique_ptr<UpstreamProtocol> MakeUpstreamH2(Scene& scene, const UpstreamPlace& place,
                                                 End& end);

// For the bytes of a tunnel without a head.
std::unique_ptr<UpstreamProtocol> MakeUpstreamRaw(Scene& scene, const UpstreamPlace& place,
                                                  End& end);

// Notes a request or a connection that was open at an upstream from `from` until the proxy's last
// word of it, `heard`, for the limits of circuit breakers.
void NoteHeld(Scene& scene, const UpstreamPlace& place, bool connection, event::MonotonicTime from,
              event::MonotonicTime heard);

// The head of the answer as the plan has it.
Head AnswerHead(const Exchange& exchange, const UpstreamPlace& place);

class UpstreamConnection final : public EndUser {
 public:
  UpstreamConnection(Scene& scene, const UpstreamPlace& place,
                     std::unique_ptr<net::ByteStream> stream, uint64_t seed);
  ~UpstreamConnection();

  void Begin() { end_->Begin(); }
  void Close();
  bool closed() const { return end_->closed(); }

  void OnBytes(std::string_view bytes) override;
  void OnEnd() override;
  void OnLost(std::string_view why) override;

 private:
  void Over(std::string_view why);

  Scene& scene_;
  const UpstreamPlace& place_;
  std::unique_ptr<End> end_;
  std::string first_bytes_;
  std::unique_ptr<UpstreamProtocol> protocol_;  // Null until the first bytes tell.
  const event::MonotonicTime accepted_;
  event::MonotonicTime last_heard_;
  bool over_ = false;
};

class Upstream final : public net::AcceptHandler {
 public:
  Upstream(Scene& scene, UpstreamPlace place, uint64_t seed);

  void CloseAll();

  void OnAccept(std::unique_ptr<net::ByteStream> stream) override;
  void OnAcceptError(std::string_view) override {}

 private:
  Scene& scene_;
  const UpstreamPlace place_;
  event::Random random_;
  std::vector<std::shared_ptr<net::ListenSocket>> sockets_;
  std::unique_ptr<net::Acceptor> acceptor_;
  std::vector<std::unique_ptr<UpstreamConnection>> connections_;
};

}  // namespace weir::sim
