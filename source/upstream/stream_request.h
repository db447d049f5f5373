// What who wants an upstream stream or connection embeds: the wish itself, queued without an
// allocation.
//
//   switch (cluster.StartStream(request, options))
//     kReady    request.stream() is there, encode at once
//     kPending  OnStreamReady or OnStreamFailed comes from the loop
//     kFailed   request.error() says why (no host, overflow)
//
// Destroying a request that is pending takes it out of its queue; one whose stream is open must
// have reset or ended the stream before. Worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "source/http/codec.h"
#include "source/net/byte_stream.h"
#include "source/stream_info/stream_info.h"
#include "source/upstream/host.h"

namespace weir::upstream {

// The connection under a stream, for logs.
struct ConnectionFacts {
  uint64_t connection_id = 0;
  http::Protocol protocol = http::Protocol::kHttp11;
  net::Address local_address;
  net::TlsFactsRef tls;  // Null in cleartext.
  bool reused = false;   // It had carried a request before.
};

struct StreamOptions {
  bool high_priority = false;
  // A CONNECT that ends here: a connection of its own that carries nothing but the tunnel's bytes.
  bool raw = false;
  // kHttp1 or kHttp2 for clusters with use_downstream_protocol_config.
  http::Protocol downstream_protocol = http::Protocol::kHttp11;
  uint64_t random = 0;
  // For load balancers that choose by a hash; nothing: they choose as they like.
  std::optional<uint64_t> hash;
  // Of whom the transport may tell the host (a PROXY header); null: nobody. Outlives the request.
  const stream_info::ConnectionInfo* downstream = nullptr;
  // For auto_sni and auto_san_validation: a host without port. Outlives the request.
  std::string_view server_name;
  // Not these hosts again, where up to `host_attempts` choices find another (a retry).
  std::span<const HostRef> previous_hosts;
  uint32_t host_attempts = 1;
};

// The receiver; lives in a proxy attempt, together with the ClientStreamHandler of the response.
class StreamRequestHandler {
 public:
  virtual void OnStreamReady() = 0;
  virtual void OnStreamFailed(const http::StreamError& error) = 0;

 protected:
  ~StreamRequestHandler() = default;
};

class StreamQueue;

class StreamRequest {
 public:
  StreamRequest(StreamRequestHandler& handler, http::ClientStreamHandler& response)
      : handler_(handler), response_(response) {}
  StreamRequest(const StreamRequest&) = delete;
  StreamRequest& operator=(const StreamRequest&) = delete;
  ~StreamRequest() { Cancel(); }

  // Takes a pending request out of its queue; otherwise does nothing.
  void Cancel();
  // A request may be used again, for a retry, once its stream is closed.
  bool pending() const { return queue_ != nullptr; }

  // The host chosen; set also while pending and after a failure to connect. Null before.
  const HostRef& host() const { return host_; }
  // Valid after ready.
  http::ClientStream* stream() const { return stream_; }
  const ConnectionFacts& connection() const { return connection_; }
  // Valid after kFailed.
  const http::StreamError& error() const { return error_; }

 private:
  friend class Pool;
  friend class StreamQueue;
  friend class WorkerCluster;
  StreamRequestHandler& handler_;
  http::ClientStreamHandler& response_;
  HostRef host_;
  http::ClientStream* stream_ = nullptr;
  ConnectionFacts connection_;
  http::StreamError error_;
  StreamQueue* queue_ = nullptr;  // While pending.
  // Of StreamOptions.
  const stream_info::ConnectionInfo* downstream_ = nullptr;
  std::string_view server_name_;
  bool downstream_http2_ = false;
  bool high_priority_ = false;
  bool raw_ = false;
  StreamRequest* previous_ = nullptr;
  StreamRequest* next_ = nullptr;
};

// A raw upstream connection for TcpProxy. The same rules; the stream is handed over by TakeStream.
class TcpRequestHandler {
 public:
  virtual void OnTcpReady() = 0;
  virtual void OnTcpFailed(const http::StreamError& error) = 0;

 protected:
  ~TcpRequestHandler() = default;
};

}  // namespace weir::upstream
