// The xDS transport over gRPC. The only part of the data plane that links libgrpc++.
//
// Each stream has a channel of its own, so that the waits between attempts are the client's and not
// those of gRPC's connection backoff. Messages of any size are taken; the next one is read when the
// last was handled.
//
// Loop's thread. gRPC's threads only pass bytes on through Loop::Post. The loop outlives the
// transport, and the transport its streams; destroying it waits until gRPC has let go of the
// cancelled calls.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/event/loop.h"
#include "source/xds/transport.h"

namespace grpc {
class ChannelCredentials;
}

namespace weir::xds {

struct GrpcTarget {
  // As gRPC names it: "127.0.0.1:18000", "[::1]:18000", "dns:///control:18000",
  // "unix:/run/control.sock".
  std::string target;
  // Called for each stream. Null: cleartext.
  std::function<std::shared_ptr<grpc::ChannelCredentials>()> make_credentials;
  // That the server's certificate must have; empty: the target's host.
  std::string server_name;
  std::string authority;  // Empty: the target's.
  std::vector<std::pair<std::string, std::string>> initial_metadata;
  // The type that streams carry, by the service of that type; empty: all types, by ADS.
  std::string type_url;
  // HTTP/2 pings while nothing is received; 0: none. Servers may close connections that ping more
  // often than every five minutes.
  std::chrono::milliseconds keepalive_interval{0};
  std::chrono::milliseconds keepalive_timeout{20000};
};

class GrpcTransport final : public Transport {
 public:
  GrpcTransport(event::Loop& loop, GrpcTarget target);
  GrpcTransport(const GrpcTransport&) = delete;
  GrpcTransport& operator=(const GrpcTransport&) = delete;
  ~GrpcTransport() override;

  std::unique_ptr<TransportStream> Open(Variant variant, TransportHandler& handler) override;

 private:
  class Call;
  class Stream;
  struct Living;

  event::Loop& loop_;
  const GrpcTarget target_;
  const std::shared_ptr<Living> living_;  // Calls that gRPC still holds.
};

}  // namespace weir::xds
