// The TcpConnection of a cluster: connecting with a time limit, its place in max_connections and in
// the counters. Owned by the user; worker's thread.
#pragma once

#include <memory>

#include "source/upstream/cluster.h"
#include "source/upstream/pool_context.h"

namespace weir::upstream {

class TcpUpstream final : public TcpConnection, private net::ByteStreamHandler {
 public:
  // The lease of a connection was taken for it. Begins to connect.
  TcpUpstream(PoolContext& context, HostRef host, TcpRequestHandler& handler,
              const ConnectionSettings& settings, net::ConnectionPurpose purpose,
              std::unique_ptr<Lease> of_host);
  TcpUpstream(const TcpUpstream&) = delete;
  TcpUpstream& operator=(const TcpUpstream&) = delete;
  ~TcpUpstream() override;

  net::ByteStream& stream() override { return *stream_; }
  const HostRef& host() const override { return host_; }

 private:
  enum class State { kConnecting, kConnected, kFailed };

  void OnConnected() override;
  void OnReadable() override {}  // Before OnConnected nothing comes, after it the user listens.
  void OnWritable() override {}
  void OnFailed(std::string_view reason) override;
  void OnTimeout();
  void Fail(http::ErrorKind kind, std::string_view detail, std::string_view transport_reason);

  PoolContext& context_;
  const HostRef host_;
  const std::unique_ptr<Lease> of_host_;
  TcpRequestHandler& handler_;
  std::unique_ptr<net::ByteStream> stream_;
  event::Timer connect_timer_;
  const event::MonotonicTime started_;
  State state_ = State::kConnecting;
};

}  // namespace weir::upstream
