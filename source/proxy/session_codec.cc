// Which codec a Session speaks, and with which options.

#include <algorithm>
#include <utility>

#include "source/http/preface.h"
#include "source/proxy/local_reply.h"
#include "source/proxy/session.h"
#include "source/upstream/connection_settings.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::Side;

http::CodecLimits LimitsOf(const config::HttpConnectionManager& config, size_t buffer_limit) {
  http::CodecLimits limits;
  limits.max_header_bytes = config.max_request_headers_kb * 1024;
  limits.max_header_count = config.max_headers_count;
  limits.high_watermark = static_cast<uint32_t>(buffer_limit);
  limits.stream_high_watermark = static_cast<uint32_t>(buffer_limit);
  return limits;
}

http::h1::Options Http1OptionsOf(const config::HttpConnectionManager& config) {
  http::h1::Options options;
  options.accept_http_10 = config.http1.accept_http_10;
  options.default_host_for_http_10 = config.http1.default_host_for_http_10;
  options.enable_trailers = config.http1.enable_trailers;
  options.allow_absolute_url = config.http1.allow_absolute_url;
  options.allow_chunked_length = config.http1.allow_chunked_length;
  options.proper_case = config.http1.proper_case;
  options.preserve_case = config.http1.preserve_case;
  return options;
}

}  // namespace

bool Session::OverlooksUpgrade(std::string_view protocol) {
  const auto& matchers = http().http1.ignored_upgrades;
  return std::any_of(matchers.begin(), matchers.end(),
                     [&](const match::StringMatcher& each) { return each.Matches(protocol); });
}

// What no request could be made of is counted and logged as one nevertheless.
std::string_view Session::OnRefused(const http::StreamError& error, http::ResponseHead& head,
                                    std::string_view body) {
  stream_info::StreamInfo info(connection_);
  info.start = info.end = context_.platform.loop.Now();
  info.start_wall = context_.platform.loop.WallNow();
  info.sample = context_.platform.random.Next();
  info.protocol = http::Protocol::kHttp11;
  info.downstream_remote_address = connection_.remote_address;
  info.response_code_details = error.detail;
  info.flags.Set(stream_info::ResponseFlag::kDownstreamProtocolError);
  const http::RequestHead none(head.headers.arena());
  body = RefuseMessage(http(), context_.platform, none, body, info, head);
  context_.stats.downstream_rq_total.Inc();
  context_.stats.downstream_rq_http1_total.Inc();
  context_.stats.downstream_rq_completed.Inc();
  context_.stats.downstream_rq_.Inc(info.response_code);
  const format::FormatContext context{
      .info = info, .response = &head, .log_type = format::LogType::kDownstreamEnd};
  for (const auto& log : context_.chain.access_logs) log->Log(context);
  return body;
}

// False while the preface is not whole.
bool Session::ChooseCodec() {
  switch (http().codec) {
    case config::CodecType::kHttp1:
      MakeCodec(false);
      return true;
    case config::CodecType::kHttp2:
      MakeCodec(true);
      return true;
    case config::CodecType::kAuto:
      break;
  }
  if (const std::string_view alpn = connection_.further->negotiated_alpn; !alpn.empty()) {
    MakeCodec(alpn == "h2");
    return true;
  }
  const size_t looked_at = std::min(in_.size(), http::kHttp2Preface.size());
  const http::PrefaceMatch match = http::MatchHttp2Preface(in_.Linearize(looked_at));
  if (match == http::PrefaceMatch::kNeedMore) return false;
  MakeCodec(match == http::PrefaceMatch::kYes);
  return true;
}

void Session::MakeCodec(bool http2) {
  buffer::BlockPool& blocks = context_.platform.blocks;
  const std::string_view scheme = connection_.encrypted ? "https" : "http";
  const http::CodecLimits limits = LimitsOf(http(), context_.buffer_limit);
  if (http2) {
    MakeHttp2Codec(limits, scheme);
  } else {
    http::h1::Options options = Http1OptionsOf(http());
    options.limits = limits;
    options.scheme = scheme;
    const auto& shared =
        codec_options_.emplace<1>(context_.platform.codec_options.h1.Share(std::move(options)));
    codec_ = http::h1::CreateServerCodec(*this, blocks, *shared);
    context_.stats.downstream_cx_http1_total.Inc();
    context_.stats.downstream_cx_http1_active.Inc();
  }
  if (draining_) Drain();
}

void Session::MakeHttp2Codec(const http::CodecLimits& limits, std::string_view scheme) {
  const Platform& platform = context_.platform;
  http::h2::Stats& stats = platform.http2_stats.Get({});
  http::h2::Options options = upstream::Http2OptionsOf(http().http2);
  options.limits = limits;
  options.scheme = scheme;
  const auto& shared =
      codec_options_.emplace<2>(platform.codec_options.h2.Share(std::move(options)));
  auto codec = http::h2::CreateServerCodec(*this, platform.blocks, *shared, stats);
  const auto keepalive = upstream::Http2KeepaliveOf(http().http2);
  if (keepalive.timeout.count() > 0) {
    keepalive_ = std::make_unique<http::h2::Keepalive>(
        platform.loop, platform.random, keepalive, codec->pings(), [this, &stats] {
          stats.keepalive_timeout.Inc();
          connection_.further.Edit().termination_details = "http2.ping_timeout";
          Abort({ErrorKind::kConnectionClosed, Side::kDownstream, false, "http2.ping_timeout"},
                false, net::ByteStream::CloseMode::kNormal);
        });
  }
  codec_ = std::move(codec);
  context_.stats.downstream_cx_http2_total.Inc();
  context_.stats.downstream_cx_http2_active.Inc();
}

// Whether waiting a while saves a request that is on its way: HTTP/2 ends by itself when the client
// has seen the GOAWAY, and who has just connected is about to ask.
bool Session::MayHearFirst() const { return requests_seen_ == 0 || is_http2(); }

void Session::OnConnectionError(const http::StreamError& error) {
  context_.stats.downstream_cx_protocol_error.Inc();
  if (error.detail == http::h2::kTooManyPrematureResets) {
    context_.stats.downstream_rq_too_many_premature_resets.Inc();
  }
  connection_.further.Edit().termination_details = error.detail;
}

}  // namespace weir::proxy
