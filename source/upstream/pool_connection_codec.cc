// Which codec a PoolConnection speaks.

#include <utility>

#include "source/upstream/pool.h"
#include "source/upstream/pool_connection.h"
#include "source/upstream/raw_codec.h"

namespace weir::upstream {

void PoolConnection::MakeCodec() {
  switch (pool_.kind()) {
    case Pool::Kind::kHttp1:
      return MakeHttp1Codec();
    case Pool::Kind::kHttp2:
      return MakeHttp2Codec();
    case Pool::Kind::kNegotiated:
      return stream_->transport().alpn == "h2" ? MakeHttp2Codec() : MakeHttp1Codec();
    case Pool::Kind::kRaw:
      codec_ = CreateRawCodec(*this, context_.blocks);
      return;
  }
}

void PoolConnection::MakeHttp1Codec() {
  context_.stats.upstream_cx_http1_total.Inc();
  codec_ = http::h1::CreateClientCodec(*this, context_.blocks, settings_->h1);
}

void PoolConnection::MakeHttp2Codec() {
  context_.stats.upstream_cx_http2_total.Inc();
  protocol_ = http::Protocol::kHttp2;
  max_streams_ = settings_->max_concurrent_streams;
  auto codec = http::h2::CreateClientCodec(*this, context_.blocks, settings_->h2,
                                           context_.owner.Http2Stats());
  if (settings_->keepalive.timeout.count() > 0) {
    keepalive_ = std::make_unique<http::h2::Keepalive>(
        context_.loop, context_.random, settings_->keepalive, codec->pings(), [this] {
          context_.owner.Http2Stats().keepalive_timeout.Inc();
          Close(EndedBy::kUs, {.kind = http::ErrorKind::kConnectionClosed,
                               .side = http::Side::kUpstream,
                               .detail = "http2.ping_timeout"});
        });
  }
  codec_ = std::move(codec);
}

}  // namespace weir::upstream
