#include "source/control/engine/stream.h"

#include <algorithm>
#include <array>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::control::engine {
namespace {

// How long phase A takes up newer snapshots: after that they wait for the next round, so that a
// stream of endpoint changes cannot keep routes from moving.
constexpr Duration kTakeUpNewer = std::chrono::seconds(1);

// The order of sending within a phase. What comes before kFirstLate is phase A's.
constexpr std::array kOrder = {kSecretType,   kClusterType,     kEndpointType, kExtensionConfigType,
                               kListenerType, kScopedRouteType, kRouteType,    kVirtualHostType};
constexpr int kFirstLate = 3;

int RankOf(std::string_view type_url) {
  const auto found = std::find(kOrder.begin(), kOrder.end(), type_url);
  return static_cast<int>(found - kOrder.begin());
}

bool IsEarly(std::string_view type_url) { return RankOf(type_url) < kFirstLate; }

// The specification's name, and the one that gRPC clients send.
bool TakesWrappedResources(const Node& node) {
  return std::any_of(node.client_features.begin(), node.client_features.end(),
                     [](const std::string& feature) {
                       return feature == "xds.config.supports-resource-in-sotw" ||
                              feature == "xds.config.resource-in-sotw";
                     });
}

}  // namespace

std::string NameOf(Phase phase) {
  switch (phase) {
    case Phase::kMake:
      return "make";
    case Phase::kSwitch:
      return "switch";
    case Phase::kClean:
      return "clean";
    case Phase::kSettled:
      return "settled";
  }
  return "";
}

Stream::Stream(uint64_t id, StreamOptions options, SnapshotPtr snapshot,
               const ClusterHistory& history, std::string peer, Time now)
    : id_(id),
      options_(std::move(options)),
      history_(history),
      peer_(std::move(peer)),
      connected_(now),
      newest_(std::move(snapshot)) {
  held_ = newest_;
  StartRollout(now);
}

absl::Status Stream::CheckFirst(const Request& request) {
  if (!node_) {
    if (!request.node || request.node->id.empty()) {
      return InvalidArgument("missing node information");  // C1
    }
    node_ = request.node;
    wrap_ = options_.wrap_sotw && TakesWrappedResources(*node_);
  }
  if (options_.only_type.empty()) {
    if (request.type_url.empty()) return InvalidArgument("type URL is required for ADS");  // C2
  } else if (!request.type_url.empty() && request.type_url != options_.only_type) {
    return InvalidArgument(
        StrCat("type URL ", request.type_url, " on a stream of ", options_.only_type));
  }
  return absl::OkStatus();
}

std::string Stream::TypeOf(const Request& request) const {
  return request.type_url.empty() ? options_.only_type : request.type_url;
}

const TypeStream* Stream::FindType(std::string_view type_url) const {
  const auto found = types_.find({RankOf(type_url), std::string(type_url)});
  return found == types_.end() ? nullptr : found->second.get();
}

TypeStream* Stream::FindType(std::string_view type_url) {
  return const_cast<TypeStream*>(std::as_const(*this).FindType(type_url));
}

TypeStream& Stream::TypeFor(const std::string& type_url) {
  auto& slot = types_[{RankOf(type_url), type_url}];
  if (slot == nullptr) slot = std::make_unique<TypeStream>(type_url, options_.variant, wrap_);
  return *slot;
}

absl::Status Stream::OnRequest(const Request& request, Time now, std::vector<Response>& out) {
  WEIR_RETURN_IF_ERROR(CheckFirst(request));
  TypeStream& type = TypeFor(TypeOf(request));
  const bool first = !type.requested();
  const bool waited = type.waiting();
  if (!type.OnRequest(request, now)) return absl::OkStatus();
  const bool holds = first && type.type_url() == kClusterType && AssumeHeld(type, request);
  // What a client brings along is rolled over like any other change.
  if (holds || (first && type.resumed())) {
    resumed_ = true;
    StartRollout(now);
  }
  // A late answer gives the phase its time again.
  if (timed_out_ && waited && !type.waiting()) Enter(phase_, now);
  Advance(now, out);
  return absl::OkStatus();
}

// A SotW client that comes back with another version than ours does not say what it holds. What it
// may still route to must stay until its routes have moved. Whether something was assumed.
bool Stream::AssumeHeld(TypeStream& clusters, const Request& request) {
  if (options_.variant != Variant::kSotw) return false;
  if (request.version_info.empty()) {
    const auto found = history_.partly_held.find(node_->id);
    if (found == history_.partly_held.end()) return false;
    clusters.AssumeHeld(*found->second);
    return true;
  }
  const TypeView* target = newest_->Find(kClusterType);
  if (target != nullptr && target->version().Hex() == request.version_info) return false;
  // Back to the version that it names: of a later one that it refused it may have taken a part.
  for (const ClusterHistory::View& view : history_.views) {
    clusters.AssumeHeld(*view);
    if (view->version().Hex() == request.version_info) break;
  }
  return true;
}

ClusterHistory::View Stream::PartlyHeldClusters() const {
  const TypeStream* clusters = FindType(kClusterType);
  if (!node_ || options_.variant != Variant::kSotw || clusters == nullptr) return nullptr;
  if (clusters->ever_accepted() || clusters->resumed()) return nullptr;
  std::vector<ResourcePtr> held = clusters->Held();
  if (held.empty()) return nullptr;
  return std::make_shared<TypeView>(std::string(kClusterType), std::move(held), nullptr);
}

void Stream::SetSnapshot(SnapshotPtr snapshot, Time now, std::vector<Response>& out) {
  newest_ = std::move(snapshot);
  const bool stuck = timed_out_ || !stuck_why_.empty();
  const bool young = phase_ == Phase::kMake && now - rollout_began_ < kTakeUpNewer;
  if (phase_ == Phase::kSettled || stuck || !node_) {
    StartRollout(now);
  } else if (young) {
    rolling_ = newest_;
    if (!AnyAnswered(false)) held_ = newest_;
  }
  Advance(now, out);
}

void Stream::OnTimer(Time now, std::vector<Response>& out) {
  if (!deadline_ || now < *deadline_) return;
  deadline_.reset();
  timed_out_ = true;
  Advance(now, out);
}

void Stream::Retry(Time now, std::vector<Response>& out) {
  for (auto& [rank, type] : types_) type->Retry();
  StartRollout(now);
  Advance(now, out);
}

void Stream::StartRollout(Time now) {
  rolling_ = newest_;
  // Who has no routes from us can take the newest at once.
  if (!AnyAnswered(false)) held_ = newest_;
  rollout_began_ = now;
  Enter(Phase::kMake, now);
}

void Stream::Enter(Phase phase, Time now) {
  phase_ = phase;
  timed_out_ = false;
  stuck_why_.clear();
  deadline_.reset();
  if (phase != Phase::kSettled) deadline_ = now + options_.phase_timeout;
}

void Stream::Advance(Time now, std::vector<Response>& out) {
  do {
    SendDue(now, out);
  } while (Step(now));
}

void Stream::SendDue(Time now, std::vector<Response>& out) {
  for (auto& [rank, type] : types_) {
    if (MustWait(*type)) continue;
    std::optional<Response> response = type->Next(ViewOf(*type), last_nonce_, now);
    if (!response) continue;
    response->label = newest_->label();
    if (type->type_url() == kClusterType) FollowClusters(*response);
    out.push_back(*std::move(response));
  }
}

// S12: a changed cluster warms until its endpoints are sent again.
void Stream::FollowClusters(const Response& response) {
  for (const ResourcePtr& cluster : response.changed) {
    for (const Reference& reference : cluster->references) {
      if (reference.type_url != kEndpointType) continue;
      TypeStream* endpoints = FindType(kEndpointType);
      const bool asked = endpoints != nullptr && endpoints->requested();
      if (asked || options_.variant == Variant::kDelta) {
        TypeFor(std::string(kEndpointType)).Follow(reference.name);
      }
      awaited_endpoints_[reference.name] = cluster->name;
    }
  }
}

RolloutView Stream::ViewOf(const TypeStream& type) const {
  const std::string& url = type.type_url();
  RolloutView view;
  if (!IsEarly(url)) {
    view.target = held_->Find(url);
    view.sequence = held_->sequence();
    if (held_ != newest_) view.fallback = newest_->Find(url);
    return view;
  }
  view.target = newest_->Find(url);
  view.sequence = newest_->sequence();
  if (held_ != newest_) view.fallback = held_->Find(url);
  view.keep_all = phase_ == Phase::kMake || phase_ == Phase::kSwitch;
  // While settled or cleaning, routes of `rolling_` are in force.
  if (rolling_ != newest_) view.keep = rolling_->Find(url);
  return view;
}

// A client that brings routes from an earlier stream gets the new ones when it has the clusters for
// them.
bool Stream::MustWait(const TypeStream& type) const {
  // One type that says so is enough: who refused its only routes has no version of them to show.
  if (IsEarly(type.type_url()) || type.answered() || !resumed_) return false;
  return phase_ == Phase::kMake && !timed_out_ &&
         types_.contains({RankOf(kClusterType), std::string(kClusterType)});
}

bool Stream::AllSettled(bool early_types) const {
  return std::all_of(types_.begin(), types_.end(), [&](const auto& entry) {
    const TypeStream& type = *entry.second;
    return IsEarly(type.type_url()) != early_types || !type.requested() || type.settled();
  });
}

bool Stream::AnyAnswered(bool early_types) const {
  return std::any_of(types_.begin(), types_.end(), [&](const auto& entry) {
    const TypeStream& type = *entry.second;
    return IsEarly(type.type_url()) == early_types && type.answered();
  });
}

bool Stream::AnyRefused(bool early_types) const {
  return std::any_of(types_.begin(), types_.end(), [&](const auto& entry) {
    const TypeStream& type = *entry.second;
    return IsEarly(type.type_url()) == early_types && type.refused();
  });
}

bool Stream::AnyWaiting(bool early_types) const {
  return std::any_of(types_.begin(), types_.end(), [&](const auto& entry) {
    const TypeStream& type = *entry.second;
    return IsEarly(type.type_url()) == early_types && type.waiting();
  });
}

// Accepted, or no longer of interest: the client has dropped the cluster or was told to.
void Stream::PruneAwaited() {
  if (awaited_endpoints_.empty()) return;
  const TypeStream* endpoints = FindType(kEndpointType);
  const TypeStream* clusters = FindType(kClusterType);
  absl::erase_if(awaited_endpoints_, [&](const auto& entry) {
    const auto& [name, cluster] = entry;
    if (endpoints != nullptr && endpoints->requested() && endpoints->Accepted(name)) return true;
    return !clusters->Wants(cluster) || !clusters->Has(cluster);
  });
}

// Clusters that only old routes use do not count, for as long as no snapshot has them again.
bool Stream::AwaitsEndpoints() const {
  return std::any_of(awaited_endpoints_.begin(), awaited_endpoints_.end(), [&](const auto& entry) {
    return newest_->FindResource(kClusterType, entry.second) != nullptr;
  });
}

bool Stream::MakeDone() {
  for (const auto& [rank, type] : types_) {
    if (!IsEarly(type->type_url()) || !type->requested()) continue;
    if (type->refused() || type->through() < rolling_->sequence()) return false;
  }
  if (!AwaitsEndpoints()) return true;
  // A client that answers everything and still does not ask for endpoints does not use them from
  // here.
  if (!timed_out_ || AnyWaiting(true)) return false;
  awaited_endpoints_.clear();
  return true;
}

void Stream::NoteStuck(std::string_view why) {
  stuck_why_ = StrCat("phase ", NameOf(phase_), ": ", why);
}

// One step of the state machine; true when the phase changed and there may be more to send.
bool Stream::Step(Time now) {
  stuck_why_.clear();
  PruneAwaited();
  if (phase_ == Phase::kSettled) return false;
  const bool refused = AnyRefused(phase_ != Phase::kSwitch);
  if ((refused || timed_out_) && rolling_ != newest_) {
    // A newer snapshot has been waiting for this one: it may mend what is wrong.
    StartRollout(now);
    return true;
  }
  if (refused) {
    deadline_.reset();
    NoteStuck("refused by the client");
    return false;
  }
  switch (phase_) {
    case Phase::kMake:
      if (MakeDone()) {
        held_ = rolling_;
        Enter(Phase::kSwitch, now);
        return true;
      }
      break;
    case Phase::kSwitch:
      if (AllSettled(false)) {
        Enter(Phase::kClean, now);
        return true;
      }
      break;
    case Phase::kClean:
      if (AllSettled(true)) {
        if (rolling_ == newest_) {
          Enter(Phase::kSettled, now);
          return false;
        }
        StartRollout(now);
        return true;
      }
      break;
    case Phase::kSettled:
      break;
  }
  if (timed_out_) NoteStuck("no answer in time");
  return false;
}

NodeStatus Stream::Status() const {
  NodeStatus status;
  status.stream = id_;
  status.variant = options_.variant;
  if (node_) status.node = *node_;
  status.peer = peer_;
  status.connected = connected_;
  status.phase = phase_;
  status.stuck = !stuck_why_.empty();
  status.stuck_why = stuck_why_;
  status.label = held_->label();
  for (const auto& [rank, type] : types_) {
    if (type->requested()) status.types.push_back(type->Status());
  }
  return status;
}

}  // namespace weir::control::engine
