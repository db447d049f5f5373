#include "source/xds/client.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/xds/type_state.h"

namespace weir::xds {
namespace {

std::string CheckedNode(const std::string& node) {
  absl::StatusOr<std::string> with_features = NodeWithFeatures(node);
  WEIR_CHECK(with_features.ok(), "the node is a serialised core.v3.Node");
  return *std::move(with_features);
}

}  // namespace

Client::Client(Transport& transport, event::Loop& loop, event::Random& random,
               ControlPlaneStats& stats, ClientOptions options)
    : transport_(transport),
      loop_(loop),
      stats_(stats),
      options_(std::move(options)),
      node_(CheckedNode(options_.node)),
      random_(random),
      backoff_(options_.backoff_base, options_.backoff_max),
      reopen_(loop, [this] { Open(); }),
      tokens_(options_.max_tokens),
      tokens_filled_(loop.Now()),
      refill_(loop, [this] { SendHeldBack(); }),
      flush_([this] { Flush(); }) {}

Client::~Client() = default;

void Client::AddType(ResourceType type, ResourceSink& sink, SubscriptionStats& stats) {
  WEIR_CHECK(FindType(type.type_url) == nullptr, "a type is added once");
  types_.push_back(
      std::make_unique<TypeState>(std::move(type), sink, stats, loop_, options_.variant));
  if (stream_ != nullptr) types_.back()->StartStream();
}

void Client::Subscribe(std::string_view type_url, std::string_view name,
                       event::Duration initial_fetch_timeout) {
  Type(type_url).interest().Add(name, initial_fetch_timeout);
  loop_.AtTurnEnd(flush_);
}

void Client::Unsubscribe(std::string_view type_url, std::string_view name) {
  Type(type_url).interest().Remove(name);
  loop_.AtTurnEnd(flush_);
}

void Client::Start() {
  WEIR_CHECK(stream_ == nullptr && !reopen_.enabled(), "Start is called once, or after Suspend");
  reopen_.Enable(event::Duration::zero());
}

void Client::Suspend() {
  reopen_.Disable();
  DropStream();
}

void Client::DropStream() {
  stream_.reset();
  heard_ = false;
  held_back_.clear();
  refill_.Disable();
  stats_.pending_requests.Set(0);
  stats_.connected_state.Set(0);
  for (const auto& type : types_) type->EndStream();
}

void Client::Restore(HeldType held, std::function<void()> done) {
  WEIR_CHECK(stream_ == nullptr, "no server has been told what is held");
  TypeState* type = FindType(held.type_url);
  if (type == nullptr) return loop_.Post(std::move(done));
  type->Restore(std::move(held), std::move(done));
}

std::string_view Client::accepted_version(std::string_view type_url) const {
  const TypeState* type = FindType(type_url);
  return type == nullptr ? std::string_view() : type->accepted_version();
}

TypeState* Client::FindType(std::string_view type_url) const {
  for (const auto& type : types_) {
    if (type->type_url() == type_url) return type.get();
  }
  return nullptr;
}

TypeState& Client::Type(std::string_view type_url) {
  TypeState* type = FindType(type_url);
  WEIR_CHECK(type != nullptr, "a type is added before it is subscribed to");
  return *type;
}

void Client::Open() {
  node_sent_ = false;
  heard_ = false;
  stream_ = transport_.Open(options_.variant, *this);
  for (const auto& type : types_) type->StartStream();
  Flush();
}

void Client::OnMessage(std::string bytes) {
  absl::StatusOr<WireResponse> response = ParseResponse(options_.variant, bytes);
  if (!response.ok()) {
    EndStream(response.status());
    return;
  }
  heard_ = ever_heard_ = true;
  stats_.connected_state.Set(1);
  backoff_.Reset();
  if (!response->control_plane.empty() && response->control_plane != control_plane_identifier_) {
    control_plane_identifier_ = response->control_plane;
    stats_.identifier.Set(control_plane_identifier_);
  }
  TypeState* type = FindType(response->type_url);
  if (type == nullptr) {
    WEIR_LOG(kXds, kWarn, "ignored a response of type ", response->type_url,
             ", which was never asked for");
    return;
  }
  type->Take(*std::move(response), [this](const WireRequest& request) { Send(request); });
}

void Client::OnClosed(absl::Status status) { EndStream(status); }

void Client::EndStream(const absl::Status& status) {
  const event::Duration delay = backoff_.Next(random_.Next());
  WEIR_LOG(kXds, kWarn, "the stream to the control plane ended: ", status.ToString(),
           "; the next one in ",
           std::chrono::duration_cast<std::chrono::milliseconds>(delay).count(), " ms");
  DropStream();
  for (const auto& type : types_) type->stats().update_failure.Inc();
  reopen_.Enable(delay);
  if (options_.on_stream_end) options_.on_stream_end();
}

void Client::Flush() {
  for (const auto& type : types_) {
    if (std::optional<WireRequest> request = type->Changes()) {
      Send(*request);
    }
  }
}

void Client::Send(const WireRequest& request) {
  if (held_back_.empty() && TakeToken()) return SendNow(request);
  stats_.rate_limit_enforced.Inc();
  held_back_.push_back(request);
  stats_.pending_requests.Set(static_cast<int64_t>(held_back_.size()));
  if (!refill_.enabled()) SendHeldBack();
}

bool Client::TakeToken() {
  if (options_.max_tokens == 0) return true;
  const std::chrono::duration<double> gone = loop_.Now() - tokens_filled_;
  tokens_filled_ = loop_.Now();
  tokens_ =
      std::min<double>(options_.max_tokens, tokens_ + gone.count() * options_.tokens_per_second);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

void Client::SendHeldBack() {
  while (!held_back_.empty() && TakeToken()) {
    const WireRequest request = std::move(held_back_.front());
    held_back_.pop_front();
    SendNow(request);
  }
  stats_.pending_requests.Set(static_cast<int64_t>(held_back_.size()));
  if (held_back_.empty()) return;
  const std::chrono::duration<double> until_next((1 - tokens_) / options_.tokens_per_second);
  refill_.Enable(std::max<event::Duration>(std::chrono::duration_cast<event::Duration>(until_next),
                                           event::Timer::kTick));
}

void Client::SendNow(const WireRequest& request) {
  Type(request.type_url).stats().update_attempt.Inc();
  if (node_sent_) {
    stream_->Send(SerializeRequest(options_.variant, request));
    return;
  }
  node_sent_ = true;
  WireRequest with_node = request;
  with_node.node = node_;
  stream_->Send(SerializeRequest(options_.variant, with_node));
}

}  // namespace weir::xds
