#include "source/proxy/request_stream.h"

#include <utility>

#include "source/base/log.h"
#include "source/http/grpc_status.h"
#include "source/proxy/error_table.h"
#include "source/proxy/local_reply.h"
#include "source/proxy/path_normalizer.h"
#include "source/proxy/request_headers.h"

namespace weir::proxy {

using http::ErrorKind;
using http::Side;
using http::StreamError;
using stream_info::ResponseFlag;

namespace {

bool BreaksRules(ErrorKind kind) {
  return kind == ErrorKind::kMalformed || kind == ErrorKind::kFlood ||
         kind == ErrorKind::kHeadersTooLarge;
}

}  // namespace

RequestStream::RequestStream(const RequestContext& context, RequestOwner& owner,
                             http::ServerStream& stream)
    : context_(context),
      owner_(owner),
      platform_(context.platform),
      stats_(context.stats),
      config_(context.http()),
      stream_(&stream),
      memory_(platform_.request_memory.Take()),
      info_(context.connection),
      filters_(&context.chain.http_filters),
      chain_(platform_.loop, platform_.blocks, *this, context.buffer_limit),
      router_(context, *this, chain_, *memory_, info_),
      idle_timeout_(config_.stream_idle_timeout),
      idle_(platform_.loop, [this] { OnIdleTimeout(); }),
      request_timeout_(platform_.loop, [this] { OnRequestTimeout(); }),
      max_duration_(platform_.loop, [this] { OnMaxDuration(); }) {
  stats_.downstream_rq_total.Inc();
  stats_.downstream_rq_active.Inc();
  info_.start = platform_.loop.Now();
  info_.start_wall = platform_.loop.WallNow();
  info_.sample = platform_.random.Next();
}

RequestStream::~RequestStream() {
  chain_.End();
  stats_.downstream_rq_active.Dec();
  if (tunnel_ != TunnelState::kNone) stats_.downstream_cx_upgrades_active.Dec();
  platform_.request_memory.Return(std::move(memory_));
}

// --- The request, from the codec to the router

void RequestStream::OnHeaders(bool end) {
  http::RequestHead& head = memory_->request;
  info_.protocol = head.version;
  info_.request_header_bytes = head.headers.byte_size();
  const bool http2 = head.version == http::Protocol::kHttp2;
  (http2 ? stats_.downstream_rq_http2_total : stats_.downstream_rq_http1_total).Inc();
  request_ = RequestState::kBody;
  const bool asks_for_tunnel = head.framing.kind == http::Framing::kTunnel;
  // Timeouts that bound a slow client.
  Progress();
  if (config_.request_timeout.count() > 0 && !end && !asks_for_tunnel) {
    request_timeout_.Enable(config_.request_timeout);
  }
  if (config_.max_stream_duration.count() > 0) max_duration_.Enable(config_.max_stream_duration);
  if (end) head.expects_continue = false;  // Nobody waits: there is no content to send.
  if (head.expects_continue && !config_.proxy_100_continue) AnswerExpectation();
  if (ShedAtOnce()) return;
  // Clean what came from outside, find the client, normalise the path.
  if (!Accept()) return;
  // The newest configuration, for as long as this request lives.
  generation_ = platform_.generations.PinCurrent();
  routes_ = owner_.RoutesOf(generation_);
  if (routes_ != nullptr) RemoveInternalOnly(routes_->table().internal_only_headers, head);
  // The route, which says what the filters do; then they, in order, the router at their end.
  if (asks_for_tunnel) UseFiltersOfUpgrade();
  router_.Decide(routes_);
  ApplyRouteTimeouts();
  LogBeginning();
  CreateFilters();
  if (asks_for_tunnel && !AdmitTunnel()) return;
  if (end) RequestEnded();
  chain_.RequestHeaders(end);
}

void RequestStream::CreateFilters(size_t place) {
  const bool overridden = routes_ != nullptr && routes_->has_filter_overrides();
  for (; place < filters_->before_router.size(); ++place) {
    const generation::HttpFilter& filter = filters_->before_router[place];
    router::FilterSetting setting;
    if (overridden) {
      setting = router::SettingOf(router_.decision(), routes_->table(), filter.name);
    }
    if (setting.disabled.value_or(filter.disabled)) continue;
    chain_.Add(place, *filter.factory, setting.config);
  }
}

void RequestStream::OnRouteOutdated(size_t at) {
  info_.route_outdated = false;
  // A tunnel keeps the route that let it be one.
  if (memory_->request.framing.kind == http::Framing::kTunnel) return;
  router_.Decide(routes_);
  ApplyRouteTimeouts();
  CreateFilters(chain_.DropFrom(at));
}

// The client waits for a word before it sends the body: it gets it here, and the upstream is not
// asked.
void RequestStream::AnswerExpectation() {
  memory_->request.expects_continue = false;
  continue_sent_ = true;
  memory_->response.Clear();
  memory_->response.status = 100;
  stream_->EncodeInformational(memory_->response);
  memory_->response.Clear();
}

bool RequestStream::Accept() {
  http::RequestHead& head = memory_->request;
  if (const auto refusal = PrepareRequest(config_, info_, platform_.random, head)) {
    if (refusal->by_detection) stats_.downstream_rq_rejected_via_ip_detection.Inc();
    Refuse(refusal->status, refusal->details);
    return false;
  }
  buffer::Arena& arena = head.headers.arena();
  PathOutcome outcome =
      NormalizePath(config_.path_steps, config_.escaped_slashes, arena, head.path);
  // gRPC knows no redirects.
  if (outcome == PathOutcome::kRedirect && http::IsGrpcRequest(head.headers)) {
    outcome = PathOutcome::kRefused;
  }
  switch (outcome) {
    case PathOutcome::kUnchanged:
    case PathOutcome::kChanged:
      ShowPathToFilters();
      return true;
    case PathOutcome::kRefused:
      stats_.downstream_rq_failed_path_normalization.Inc();
      Refuse(400, "path_normalization_failed");
      return false;
    case PathOutcome::kRedirect:
      stats_.downstream_rq_redirected_with_normalized_path.Inc();
      Answer({.status = 307,
              .body = "",
              .details = "path_normalization_failed",
              .location = head.path});
      return false;
  }
  return true;
}

// What http_filter_transformation makes of the path does not go on.
void RequestStream::ShowPathToFilters() {
  if (config_.filter_path_steps.empty()) return;
  http::RequestHead& head = memory_->request;
  const std::string_view forwarded = head.path;
  NormalizePath(config_.filter_path_steps, config::PathNormalization::kKeep, head.headers.arena(),
                head.path);
  router_.ForwardPath(forwarded);
}

// By default the connection ends with a request that is not to be trusted, as after a malformed
// one.
void RequestStream::Refuse(uint16_t status, std::string_view details) {
  refused_ = true;
  Answer({.status = status, .body = "", .details = details});
}

void RequestStream::OnBody(buffer::Buffer& data, bool end) {
  info_.request_body_bytes += data.size();
  if (response_ >= ResponseState::kEnded) return;
  Progress();
  if (end) RequestEnded();
  chain_.RequestBody(data, end);
  if (end && response_ == ResponseState::kSent) ResponseEnded();
}

void RequestStream::OnTrailers(http::HeaderMap& trailers) {
  if (response_ >= ResponseState::kEnded) return;
  Progress();
  RequestEnded();
  chain_.RequestTrailers(trailers);
  if (response_ == ResponseState::kSent) ResponseEnded();
}

void RequestStream::RequestEnded() {
  request_ = RequestState::kEnded;
  request_timeout_.Disable();
  info_.request_end = platform_.loop.Now();
}

std::string_view RequestStream::OnRefused(const StreamError& error, http::ResponseHead& head,
                                          std::string_view body) {
  info_.response_code_details = error.detail;
  info_.flags.Set(ResponseFlag::kDownstreamProtocolError);
  body = RefuseMessage(config_, platform_, memory_->request, body, info_, head);
  stats_.downstream_rq_completed.Inc();
  stats_.downstream_rq_.Inc(info_.response_code);
  return body;
}

// The client, or the connection under it, is gone.
void RequestStream::OnReset(const StreamError& error) {
  if (response_ < ResponseState::kEnded) {
    response_ = ResponseState::kReset;
    stats_.downstream_rq_rx_reset.Inc();
    if (BreaksRules(error.kind)) {
      info_.flags.Set(ResponseFlag::kDownstreamProtocolError);
    } else {
      info_.flags.Set(ResponseFlag::kDownstreamConnectionTermination);
    }
    info_.response_code_details =
        error.detail.empty() ? std::string_view("downstream_remote_disconnect") : error.detail;
  }
  GiveUp();
}

void RequestStream::GiveUp() {
  idle_.Disable();
  request_timeout_.Disable();
  max_duration_.Disable();
  router_.Abort();
  chain_.End();
  Log();
  MaybeDone();
}

void RequestStream::PauseRequest(bool paused) {
  const bool was_paused = request_pauses_ > 0;
  request_pauses_ += paused ? 1 : -1u;
  if (stream_ == nullptr || was_paused == (request_pauses_ > 0)) return;
  stream_->SetReadPaused(!was_paused);
  if (was_paused) owner_.OnReadResumed();
}

void RequestStream::Restart(buffer::Buffer& body) {
  ApplyRouteTimeouts();
  chain_.Restart();
  CreateFilters();
  chain_.RequestHeaders(body.empty());
  if (!body.empty()) chain_.RequestBody(body, true);
}

void RequestStream::OnHoldLimit(filter::Direction direction, bool reached) {
  if (direction == filter::Direction::kRequest) {
    PauseRequest(reached);
  } else {
    router_.PauseResponse(reached);
  }
}

// --- The response, from the router to the codec

void RequestStream::SendInformational() {
  if (response_ != ResponseState::kNone || stream_ == nullptr) return;
  // The client was told to go on already; a second 100 says nothing new.
  if (memory_->response.status == 100 && std::exchange(continue_sent_, true)) return;
  stream_->EncodeInformational(memory_->response);
}

void RequestStream::OnResponseHeaders(bool end) {
  if (response_ != ResponseState::kNone || stream_ == nullptr) return;
  http::ResponseHead& head = memory_->response;
  FinishResponse(config_, memory_->request, info_, platform_.date.At(platform_.loop.WallNow()),
                 head);
  info_.response_code = head.status;
  info_.response_header_bytes = head.headers.byte_size();
  info_.response_begin = platform_.loop.Now();
  response_ = ResponseState::kStarted;
  Progress();
  const bool http2 = info_.protocol == http::Protocol::kHttp2;
  const bool ends_stream_only = http2 ? config_.http2.stream_error_on_invalid_http_message
                                      : config_.http1.stream_error_on_invalid_http_message;
  owner_.BeforeResponse(refused_ && !ends_stream_only);
  stream_->EncodeHeaders(head, end);
  if (head.framing.kind == http::Framing::kTunnel) TunnelGranted();
  if (end) ResponseEnded();
}

void RequestStream::OnResponseBody(buffer::Buffer& data, bool end) {
  if (response_ != ResponseState::kStarted || stream_ == nullptr) return;
  info_.response_body_bytes += data.size();
  Progress();
  stream_->EncodeBody(data, end);
  if (end) ResponseEnded();
}

void RequestStream::OnResponseTrailers(http::HeaderMap& trailers) {
  if (response_ != ResponseState::kStarted || stream_ == nullptr) return;
  if (!context_.chain.access_logs.empty()) memory_->response_trailers.CopyFrom(trailers);
  stream_->EncodeTrailers(trailers);
  ResponseEnded();
}

void RequestStream::ResponseEnded() {
  if (tunnel_ == TunnelState::kGranted && request_ != RequestState::kEnded) {
    response_ = ResponseState::kSent;
    return;
  }
  response_ = ResponseState::kEnded;
  AwaitFlush();
  request_timeout_.Disable();
  max_duration_.Disable();
  const event::MonotonicTime now = platform_.loop.Now();
  info_.end = now;
  stats_.downstream_rq_completed.Inc();
  stats_.downstream_rq_.Inc(info_.response_code);
  stats_.downstream_rq_time.Record(static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now - info_.start).count()));
}

// --- Answers made here, and errors

void RequestStream::Fail(const StreamError& error) {
  const ErrorAnswer answer = AnswerFor(error, info_.upstream, memory_->request.headers.arena());
  if (answer.flag.has_value()) info_.flags.Set(*answer.flag);
  if (response_ >= ResponseState::kEnded) return;
  if (response_ != ResponseState::kNone) {
    info_.response_code_details = answer.details;
    stats_.rq_reset_after_downstream_response_started.Inc();
    ResetDownstream(error);
    return;
  }
  // Who was too slow: the client, unless it has said all.
  const bool for_upstream = answer.status == 408 && request_ == RequestState::kEnded;
  Answer({.status = for_upstream ? uint16_t{504} : answer.status,
          .body = answer.body,
          .details = answer.details,
          .headers = OverloadFields(config_, filters_->router.config, error.kind)});
}

void RequestStream::Answer(const filter::LocalReply& reply) {
  if (response_ == ResponseState::kStarted || response_ == ResponseState::kSent) {
    ResetDownstream({ErrorKind::kLocalReset, Side::kDownstream, false, reply.details});
    return;
  }
  if (response_ != ResponseState::kNone || stream_ == nullptr) return;
  if (reply.status == 413) stats_.downstream_rq_too_large.Inc();
  router_.Abort();
  info_.response_code_details = reply.details;
  const std::string_view text = MakeLocalReply(config_.local_replies, reply, memory_->request,
                                               platform_.loop.Now(), info_, memory_->response);
  if (reply.from_route) router_.ChangeResponseHeaders();
  chain_.ResponseHeaders(text.empty());
  if (text.empty()) return;
  buffer::Buffer body(platform_.blocks);
  body.Append(text);
  chain_.ResponseBody(body, true);
}

void RequestStream::ResetDownstream(const StreamError& error) {
  response_ = ResponseState::kReset;
  stats_.downstream_rq_tx_reset.Inc();
  if (stream_ != nullptr) stream_->Reset(error);
  GiveUp();
}

// --- The end

void RequestStream::OnBackpressure(bool blocked) { router_.PauseResponse(blocked); }

void RequestStream::OnStreamClosed() {
  stream_ = nullptr;
  GiveUp();
  // The last bytes of a tunnel may wait for the upstream to take them.
  if (tunnel_ != TunnelState::kNone && !done_) Progress();
}

void RequestStream::OnRouterIdle() { MaybeDone(); }

void RequestStream::MaybeDone() {
  if (stream_ != nullptr || !router_.idle() || std::exchange(done_, true)) return;
  generation_.Reset();
  routes_ = nullptr;
  owner_.OnRequestDone(*this);
}

}  // namespace weir::proxy
