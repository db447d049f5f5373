#include "source/xds/type_state.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "source/base/log.h"

namespace weir::xds {

TypeState::TypeState(ResourceType type, ResourceSink& sink, SubscriptionStats& stats,
                     event::Loop& loop, Variant variant)
    : type_(std::move(type)),
      sink_(sink),
      stats_(stats),
      loop_(loop),
      variant_(variant),
      interest_(loop,
                [this](std::string_view name) {
                  stats_.init_fetch_timeout.Inc();
                  WEIR_LOG(kXds, kWarn, "no answer in time for ", name, " of ", type_.type_url);
                  sink_.OnFetchTimeout(name);
                }),
      inbox_(type_, sink, interest_, loop) {}

void TypeState::StartStream() {
  state_ = State::kSilent;
  ++stream_;
  unanswered_ = 0;
  names_sent_ = false;
  nonce_.clear();
  interest_.ForgetTold();
}

void TypeState::EndStream() {
  state_ = State::kIdle;
  unanswered_ = 0;
  inbox_.DropQueued();
}

std::optional<WireRequest> TypeState::Changes() {
  const bool answer_follows = variant_ == Variant::kSotw && unanswered_ > 0;
  // The verdict on a response of the last stream is still to come. Until then nobody can say which
  // versions are held, and a removal that the server does not tell would never be heard of.
  const bool held_unknown =
      variant_ == Variant::kDelta && state_ == State::kSilent && inbox_.awaiting_verdict();
  if (answer_follows || held_unknown) return std::nullopt;
  const Interest::Changes changes = SettleInterest();
  if (state_ == State::kIdle) return std::nullopt;
  if (changes.subscribe.empty() && changes.unsubscribe.empty()) return std::nullopt;
  return MakeRequest(changes);
}

void TypeState::Take(WireResponse response, std::function<void(WireRequest)> answer) {
  ++unanswered_;
  const bool full_state = variant_ == Variant::kSotw && type_.full_state_in_sotw;
  auto settled = [this, stream = stream_, received = loop_.Now(), version = response.version,
                  nonce = response.nonce, answer = std::move(answer)](const std::string& error) {
    Settle(version, error, received);
    if (stream != stream_ || state_ == State::kIdle) {
      if (std::optional<WireRequest> request = Changes()) answer(*std::move(request));
      return;
    }
    --unanswered_;
    nonce_ = nonce;
    WireRequest request = MakeRequest(SettleInterest());
    request.nonce = nonce;
    if (!error.empty()) request.error = error;
    answer(std::move(request));
  };
  inbox_.Take(std::move(response), full_state, std::move(settled));
}

void TypeState::Restore(HeldType held, std::function<void()> done) {
  WireResponse response{.type_url = type_.type_url, .version = held.version};
  for (const RawResource& resource : held.resources) {
    response.resources.push_back({.type_url = type_.type_url,
                                  .name = std::string(resource.name()),
                                  .version = std::string(resource.version()),
                                  .bytes = std::string(resource.bytes())});
  }
  auto settled = [this, version = held.version, done = std::move(done)](const std::string& error) {
    if (error.empty()) {
      accepted_version_ = version;
      stats_.version.Set(VersionHash(version));
      stats_.version_text.Set(version);
    }
    done();
  };
  inbox_.Take(std::move(response), /*full_state=*/false, std::move(settled));
}

void TypeState::Settle(const std::string& version, const std::string& error,
                       event::MonotonicTime received) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  stats_.update_duration.Record(
      static_cast<uint64_t>(duration_cast<milliseconds>(loop_.Now() - received).count()));
  if (!error.empty()) {
    stats_.update_rejected.Inc();
    WEIR_LOG(kXds, kWarn, "refused version ", version, " of ", type_.type_url, ": ", error);
    return;
  }
  accepted_version_ = version;
  stats_.update_success.Inc();
  stats_.version.Set(VersionHash(version));
  stats_.version_text.Set(version);
  stats_.update_time.Set(duration_cast<milliseconds>(loop_.WallNow().time_since_epoch()).count());
}

Interest::Changes TypeState::SettleInterest() {
  Interest::Changes changes = interest_.Settle(state_ != State::kIdle);
  for (const std::string& name : changes.released) {
    if (name == kWildcard) {
      for (const std::string& forgotten : inbox_.ForgetUnwanted()) sink_.OnReleased(forgotten);
    } else if (!interest_.Wants(name)) {
      inbox_.Forget(name);
      sink_.OnReleased(name);
    }
  }
  return changes;
}

WireRequest TypeState::MakeRequest(const Interest::Changes& changes) {
  const bool first = state_ == State::kSilent;
  state_ = State::kTalking;
  WireRequest request{.type_url = type_.type_url};
  if (variant_ == Variant::kSotw) {
    request.version = accepted_version_;
    request.nonce = nonce_;
    request.names = SotwNames();
    return request;
  }
  request.subscribe = changes.subscribe;
  request.unsubscribe = changes.unsubscribe;
  if (first) {
    // The oldest way to ask for everything, which every server knows: to name nothing.
    if (request.subscribe.size() == 1 && request.subscribe[0] == kWildcard)
      request.subscribe.clear();
    request.initial_versions = inbox_.Versions();
  }
  return request;
}

std::vector<std::string> TypeState::SotwNames() {
  std::vector<std::string> names = interest_.Names();
  if (!names_sent_ && names.size() == 1 && names[0] == kWildcard) return {};
  if (!names.empty()) names_sent_ = true;
  return names;
}

}  // namespace weir::xds
