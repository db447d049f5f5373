// A bare proxy over the two HTTP/1.1 codecs: what it reads from the client it writes to the
// upstream, and back. All objects are reused, as a session reuses them.
#pragma once

#include "source/http/h1/codec.h"

namespace weir::http::h1 {

class ProxiedRequest final : public ServerCodecHandler,
                             public ClientCodecHandler,
                             public ServerStreamHandler,
                             public ClientStreamHandler {
 public:
  explicit ProxiedRequest(buffer::BlockPool& pool)
      : request_arena_(pool),
        response_arena_(pool),
        request_(request_arena_),
        response_(response_arena_),
        downstream(CreateServerCodec(*this, pool, options_)),
        upstream(CreateClientCodec(*this, pool, options_)),
        from_client(pool),
        from_upstream(pool) {}

  // One keep-alive request through both codecs; what was to be sent is dropped.
  void Run(std::string_view request, std::string_view answer) {
    from_client.Append(request);
    downstream->Decode(from_client);
    upstream->output().Clear();
    from_upstream.Append(answer);
    upstream->Decode(from_upstream);
    downstream->FinishTurn();
    downstream->output().Clear();
  }

  ServerStreamHandler& OnRequestStart(ServerStream& stream) override {
    to_client_ = &stream;
    return *this;
  }
  RequestHead& request_head() override { return request_; }
  ResponseHead& response_head() override { return response_; }
  // The one OnHeaders of both directions: the server codec calls first.
  void OnHeaders(bool end) override {
    if (to_upstream_ == nullptr) {
      to_upstream_ = &upstream->NewStream(*this);
      to_upstream_->EncodeHeaders(request_, end);
    } else {
      to_client_->EncodeHeaders(response_, end);
    }
  }
  void OnBody(buffer::Buffer& data, bool end) override { to_client_->EncodeBody(data, end); }
  void OnTrailers(HeaderMap&) override {}
  void OnInformational() override {}
  void OnReset(const StreamError&) override { ++failures; }
  void OnBackpressure(bool) override {}
  void OnStreamClosed() override {
    if (to_upstream_ != nullptr) {
      to_upstream_ = nullptr;
      return;
    }
    request_.Clear();
    response_.Clear();
    request_arena_.Reset();
    response_arena_.Reset();
    ++done;
  }
  void OnOutput() override {}
  void OnConnectionError(const StreamError&) override { ++failures; }
  void OnStreamLimit(uint32_t) override {}

 private:
  Options options_;
  buffer::Arena request_arena_;
  buffer::Arena response_arena_;
  RequestHead request_;
  ResponseHead response_;
  ServerStream* to_client_ = nullptr;
  ClientStream* to_upstream_ = nullptr;

 public:
  std::unique_ptr<ServerCodec> downstream;
  std::unique_ptr<ClientCodec> upstream;
  buffer::Buffer from_client;
  buffer::Buffer from_upstream;
  int done = 0;
  int failures = 0;
};

inline constexpr std::string_view kTypicalRequest =
    "GET /api/v1/items?id=42 HTTP/1.1\r\nHost: shop.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: */*\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nX-Forwarded-For: 192.0.2.7\r\n"
    "X-Request-Id: 7f3c1a52-9a0e-4a7b-8f65-000000000001\r\nConnection: keep-alive\r\n\r\n";
inline constexpr std::string_view kTypicalAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: upstream\r\n"
    "Date: Mon, 23 Nov 2026 15:00:00 GMT\r\nContent-Length: 12\r\n\r\nhello world\n";

}  // namespace weir::http::h1
