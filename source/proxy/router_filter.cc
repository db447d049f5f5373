// A RouterFilter from the decision to its first try: what becomes of the request's head.

#include "source/proxy/router_filter.h"

#include <algorithm>
#include <utility>

#include "source/proxy/header_levels.h"
#include "source/proxy/request_overrides.h"
#include "source/proxy/upstream_name.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::HeaderId;
using http::Side;
using http::StreamError;
using std::chrono::milliseconds;

constexpr StreamError UpstreamError(ErrorKind kind) { return {kind, Side::kUpstream, false, ""}; }

}  // namespace

RouterFilter::RouterFilter(const RequestContext& context, RouterHost& host, FilterChain& chain,
                           RequestMemory& memory, stream_info::StreamInfo& info)
    : platform_(context.platform),
      host_(host),
      memory_(memory),
      info_(info),
      chain_(chain),
      stats_(context.stats),
      manager_(context.http()),
      router_(&context.chain.http_filters.router),
      buffer_limit_(context.buffer_limit),
      first_(platform_.loop, platform_.blocks, *this, memory.response),
      unsent_(platform_.blocks),
      timeout_(platform_.loop, [this] { OnTimeout(); }),
      back_off_(platform_.loop, [this] { StartAttempt(); }) {}

RouterFilter::~RouterFilter() {
  for (auto& shadow : shadows_) platform_.shadows.Adopt(std::move(shadow));
}

std::optional<milliseconds> RouterFilter::stream_idle_timeout() const {
  const config::RouteAction* const action = decided_action();
  return action == nullptr ? std::nullopt : action->idle_timeout;
}

std::optional<milliseconds> RouterFilter::stream_flush_timeout() const {
  const config::RouteAction* const action = decided_action();
  return action == nullptr ? std::nullopt : action->flush_timeout;
}

std::optional<milliseconds> RouterFilter::max_stream_duration() const {
  const config::RouteAction* const action = decided_action();
  if (action == nullptr) return std::nullopt;
  return MaxStreamDurationOf(*action, memory_.request);
}

bool RouterFilter::idle() const {
  using State = UpstreamAttempt::State;
  return first_.state() == State::kIdle &&
         std::all_of(more_.begin(), more_.end(),
                     [](const auto& attempt) { return attempt->state() == State::kIdle; });
}

// --- The decision

void RouterFilter::Decide(const router::RouteIndex* routes) {
  routes_ = routes;
  options_.random = platform_.random.Next();
  if (routes == nullptr) return;
  MatchRoute();
}

void RouterFilter::MatchRoute() {
  const http::RequestHead& head = memory_.request;
  stream_info::StreamInfo& info = info_;
  const auto proto = head.headers.Get(HeaderId::kXForwardedProto);
  decision_ = routes_->Match({.head = head,
                              .downstream_secure = proto.has_value() && *proto == "https",
                              .internal_request = head.headers.Has(HeaderId::kXEnvoyInternal),
                              .stream = &info,
                              .random = options_.random});
  if (decision_.virtual_host != nullptr) info.virtual_host_name = decision_.virtual_host->name;
  if (decision_.route != nullptr) info.route_name = decision_.route->name;
}

void RouterFilter::OnRequestHeaders(bool end) {
  request_ended_ = end;
  stats_.rq_total.Inc();
  using Kind = router::Decision::Kind;
  switch (decision_.kind) {
    case Kind::kNoVirtualHost:
    case Kind::kNoRoute:
      state_ = State::kDone;
      stats_.no_route.Inc();
      host_.Fail({ErrorKind::kNoRoute, Side::kDownstream, false, ""});
      return;
    case Kind::kRedirect:
      Redirect();
      return;
    case Kind::kDirectResponse:
      RespondDirectly(std::get<config::DirectResponse>(decision_.route->action));
      return;
    case Kind::kNonForwarding:
      state_ = State::kDone;
      stats_.no_cluster.Inc();
      host_.Fail(UpstreamError(ErrorKind::kNoCluster));
      return;
    case Kind::kRoute:
      Forward(std::get<config::RouteAction>(decision_.route->action), end);
      return;
  }
}

void RouterFilter::Redirect() {
  const http::RequestHead& head = memory_.request;
  uint16_t status = 301;
  std::string location;
  if (decision_.route == nullptr) {
    location = router::HttpsLocation(head);
  } else {
    const auto& redirect = std::get<config::RedirectAction>(decision_.route->action);
    status = redirect.status;
    location = router::RedirectLocation(redirect, *decision_.route, head, info_);
  }
  state_ = State::kDone;
  stats_.rq_redirect.Inc();
  host_.Answer({.status = status,
                .details = "direct_response",
                .location = location,
                .from_route = decision_.route != nullptr});
}

void RouterFilter::RespondDirectly(const config::DirectResponse& direct) {
  state_ = State::kDone;
  stats_.rq_direct_response.Inc();
  std::string formatted;
  if (direct.format.has_value()) {
    info_.response_code = direct.status;
    direct.format->Append(
        formatted, {.info = info_, .request = &memory_.request, .local_reply_body = direct.body});
  }
  host_.Answer({.status = direct.status,
                .body = direct.format.has_value() ? formatted : direct.body,
                .details = "direct_response",
                .content_type = direct.content_type,
                .from_route = true});
}

void RouterFilter::ClusterNotFound(const config::RouteAction& action) {
  state_ = State::kDone;
  stats_.no_cluster.Inc();
  if (action.cluster_not_found_code == 503) {
    host_.Fail(UpstreamError(ErrorKind::kNoCluster));
    return;
  }
  info_.flags.Set(stream_info::ResponseFlag::kNoClusterFound);
  host_.Answer({.status = action.cluster_not_found_code, .details = "cluster_not_found"});
}

// --- The request

void RouterFilter::Forward(const config::RouteAction& action, bool end) {
  action_ = &action;
  cluster_ = platform_.clusters.Find(decision_.cluster);
  if (cluster_ == nullptr) {
    ClusterNotFound(action);
    return;
  }
  FindRouteStats();
  cluster_config_ = cluster_->config();
  cluster_policies_ = cluster_config_->get().policies.get();
  if (!config().strict_checks.empty() && !CheckOverrides()) return;
  SetTerms(action);
  if (retry_.enabled() || action.internal_redirect.has_value()) replay_.emplace(platform_.blocks);
  options_.high_priority = action.high_priority;
  options_.downstream_protocol = memory_.request.version;
  if (manager_.tells_upstreams_of_client) options_.downstream = &info_.connection;
  PrepareHeaders(action);
  ComputeHash(action);
  tunnel_end_ = TunnelEndOf(action);
  options_.raw = tunnel_end_ != nullptr;
  if (asks_for_tunnel()) {
    StartTimeouts();
  } else {
    StartShadows(action, end);
  }
  state_ = State::kTrying;
  if (end) RequestEnded();
  StartAttempt();
}

// What the request is counted as beside its cluster.
void RouterFilter::FindRouteStats() {
  const auto stats_at = [this](const config::CountedName& name) {
    return name.empty() ? nullptr : &platform_.route_stats.Get(name);
  };
  const config::VirtualCluster* const cluster =
      router::FindVirtualCluster(*decision_.virtual_host, memory_.request);
  if (cluster != nullptr) info_.virtual_cluster_name = cluster->name;
  route_counts_ = RouteCounts(stats_at(decision_.route->stats),
                              cluster == nullptr ? nullptr : stats_at(cluster->stats));
}

void RouterFilter::PrepareHeaders(const config::RouteAction& action) {
  http::RequestHead& head = memory_.request;
  const format::FormatContext context{.info = info_, .request = &head};
  ForEachLevel(decision_, routes_->table(), [&](const auto& level) {
    if (!level.request_headers.empty()) level.request_headers.Apply(head.headers, context);
  });
  const std::string_view authority = router::RewriteAuthority(decision_, head, info_);
  if (action.append_x_forwarded_host && (authority != head.authority || TakesHostOfUpstream())) {
    head.headers.Add(HeaderId::kXForwardedHost, head.authority);
  }
  head.authority = authority;
  const std::string_view path = router::RewritePath(*decision_.route, head, info_);
  if (path != head.path) {
    if (!config().suppress_envoy_headers) {
      head.headers.Set(HeaderId::kXEnvoyOriginalPath, head.path);
    }
    head.path = path;
  } else if (path.data() == path_shown_.data()) {
    head.path = path_forwarded_;
  }
  AnnounceTimeout(action);
}

// The upstream hears how long it has.
void RouterFilter::AnnounceTimeout(const config::RouteAction& action) {
  const bool bound_by_try = terms_.of_try.whole.count() > 0 && !terms_.hedge;
  const auto expected =
      std::chrono::duration_cast<milliseconds>(bound_by_try ? terms_.of_try.whole : terms_.timeout);
  if (expected.count() == 0) return;
  http::RequestHead& head = memory_.request;
  if (!config().suppress_envoy_headers) {
    head.headers.SetNumber(HeaderId::kXEnvoyExpectedRqTimeoutMs,
                           static_cast<uint64_t>(expected.count()));
  }
  if (BoundsGrpcTimeout(action, head)) {
    head.headers.Set(HeaderId::kGrpcTimeout, GrpcTimeoutText(expected));
  }
}

bool RouterFilter::TakesHostOfUpstream() const {
  return std::holds_alternative<config::HostOfUpstream>(action_->host_rewrite) &&
         (decision_.weighted == nullptr || decision_.weighted->host_rewrite.empty());
}

uint64_t RouterFilter::ReplayLimit() const {
  const uint64_t connection = buffer_limit_;
  const auto of_route = decision_.route->replay_limit.Of(connection);
  if (of_route.has_value()) return *of_route;
  return decision_.virtual_host->replay_limit.Of(connection).value_or(connection);
}

// A request that may be sent again keeps its body, up to a limit.
void RouterFilter::KeepForReplay(const buffer::Buffer& data) {
  if (!replay_.has_value()) return;
  if (state_ == State::kResponding || replay_->size() + data.size() > ReplayLimit()) {
    replay_.reset();
    return;
  }
  replay_->AppendShared(data);
}

void RouterFilter::OnRequestBody(buffer::Buffer& data, bool end) {
  if (state_ == State::kDone || state_ == State::kDeciding) return;
  KeepForReplay(data);
  for (auto& shadow : shadows_) shadow->Body(data, end);
  buffer::Buffer& unsent = Unsent();
  unsent.MoveFrom(data);
  if (end) RequestEnded();
  Send(*newest_);
  if (end && tunnel_half_open_) FinishResponse();
  // Nobody takes the bytes yet: stop reading when there are too many.
  if (unsent.size() >= buffer_limit_ && !waiting_paused_) {
    waiting_paused_ = true;
    host_.PauseRequest(true);
  }
}

void RouterFilter::OnRequestTrailers(http::HeaderMap& trailers) {
  if (state_ == State::kDone || state_ == State::kDeciding) return;
  trailers_.emplace(memory_.arena);
  trailers_->CopyFrom(trailers);
  for (auto& shadow : shadows_) shadow->Trailers(trailers);
  RequestEnded();
  Send(*newest_);
  if (tunnel_half_open_) FinishResponse();
}

void RouterFilter::RequestEnded() {
  request_ended_ = true;
  if (!asks_for_tunnel()) StartTimeouts();
}

void RouterFilter::StartTimeouts() {
  if (terms_.timeout.count() > 0) timeout_.Enable(terms_.timeout);
  if (newest_->in_flight()) newest_->SetTimeouts(terms_.of_try);
}

// --- The end

void RouterFilter::PauseResponse(bool paused) {
  const bool was_paused = response_pauses_ > 0;
  response_pauses_ += paused ? 1 : -1u;
  const bool now_paused = response_pauses_ > 0;
  if (was_paused == now_paused) return;
  // Every try that may answer: the one that wins is not known yet.
  const auto set = [now_paused](UpstreamAttempt& attempt) {
    if (attempt.state() != UpstreamAttempt::State::kOpen) return;
    attempt.stream().SetReadPaused(now_paused);
  };
  set(first_);
  for (auto& attempt : more_) set(*attempt);
}

void RouterFilter::Abort() {
  if (state_ != State::kDone && cluster_ != nullptr && AnyInFlight(nullptr)) {
    cluster_->stats().upstream_rq_cancelled.Inc();
  }
  state_ = State::kDone;
  next_try_due_ = false;
  timeout_.Disable();
  back_off_.Disable();
  EndRetryLease();
  if (!tunnel_over_) ResetOthers(nullptr);
  for (auto& shadow : shadows_) {
    if (!shadow->ended()) shadow->Abort();
  }
}

}  // namespace weir::proxy
