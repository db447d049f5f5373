// The half of TypeStream that listens: subscriptions, claims, acknowledgements, refusals.
#include <algorithm>
#include <utility>

#include "source/control/engine/type_stream.h"

namespace weir::control::engine {
namespace {

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '/' || c == '|';
}

// Whether `text` has `name` as a word of its own.
bool Mentions(std::string_view text, std::string_view name) {
  if (name.empty()) return false;
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const size_t end = at + name.size();
    const bool starts = at == 0 || !IsNameCharacter(text[at - 1]);
    // A full stop that ends a sentence is no part of a name.
    const bool stops = end == text.size() || !IsNameCharacter(text[end]) ||
                       (text[end] == '.' && (end + 1 == text.size() || text[end + 1] == ' '));
    if (starts && stops) return true;
  }
  return false;
}

}  // namespace

bool TypeStream::OnRequest(const Request& request, Time now) {
  const bool first = !requested_;
  const bool sent_something = !last_nonce_.empty();
  const bool current = request.response_nonce == last_nonce_;
  if (variant_ == Variant::kSotw && !first && sent_something && !current) return false;  // S2
  requested_ = true;
  if (first) {
    resumed_ = !request.version_info.empty() || !request.initial_resource_versions.empty();
    AcceptClaims(request);
  } else if (pending_ && current) {
    if (request.error) {
      OnNack(*request.error, now);
    } else {
      OnAck(now);
    }
  }
  ApplySubscription(request);
  return true;
}

// D1: honoured on the first request of the type alone.
void TypeStream::AcceptClaims(const Request& request) {
  for (const auto& [name, version] : request.initial_resource_versions) {
    Known& known = known_[name];
    // A version that is none of ours equals nothing, so the resource is sent.
    known.hash = ContentHash::FromHex(version).value_or(ContentHash{});
  }
}

void TypeStream::ApplySubscription(const Request& request) {
  const bool first = !answered_ && last_nonce_.empty();
  SubscriptionChange change = variant_ == Variant::kSotw
                                  ? subscription_.Replace(request.resource_names)
                                  : subscription_.Update(request.subscribe, request.unsubscribe);
  for (const std::string& name : change.added) {
    if (!subscription_.Covers(name)) continue;
    // D5: a name that the first request says the client holds is compared, not sent.
    if (first && known_.contains(name)) continue;
    forced_[name] = Force::kAsked;  // S7, D4
  }
  for (const std::string& name : change.dropped) {
    if (!subscription_.wildcard()) {
      known_.erase(name);  // S8
      kept_.erase(name);
      refusals_.erase(name);
      forced_.erase(name);
    } else if (variant_ == Variant::kDelta) {
      forced_[name] = Force::kAsked;  // D6: the client learns what the wildcard says of it.
    }
  }
  if (change.wildcard_asked) {
    dirty_ = true;
    if (!first) {
      for (auto& [name, known] : known_) forced_[name] = Force::kAsked;  // D4 for "*"
    }
  }
  if (change.wildcard_lost) {
    absl::erase_if(known_, [&](const auto& entry) { return !subscription_.Names(entry.first); });
    absl::erase_if(kept_, [&](const auto& name) { return !subscription_.Names(name); });
    absl::erase_if(refusals_, [&](const auto& name) { return !subscription_.Names(name); });
    absl::erase_if(forced_, [&](const auto& entry) { return !subscription_.Names(entry.first); });
    dirty_ = true;
  }
  if (!change.dropped.empty() && full_state_) dirty_ = true;
}

void TypeStream::OnAck(Time now) {
  for (const std::string& name : pending_->names) {
    const auto known = known_.find(name);
    if (known != known_.end()) known->second.acked = known->second.sent;
  }
  acked_version_ = pending_->version;
  through_ = std::max(through_, pending_->sequence);
  answered_at_ = now;
  ++acks_;
  last_refused_ = false;
  nack_.reset();
  pending_.reset();
}

std::vector<std::string> TypeStream::ChangedInPending() const {
  std::vector<std::string> changed;
  for (const std::string& name : pending_->names) {
    const auto known = known_.find(name);
    if (known == known_.end() || known->second.sent == nullptr) continue;
    const ResourcePtr& acked = known->second.acked;
    if (acked == nullptr || acked->hash != known->second.hash) changed.push_back(name);
  }
  return changed;
}

// S3, D11: what the text names is refused; when it names nothing of the response, all that was new
// in it.
void TypeStream::OnNack(const Rejection& rejection, Time now) {
  std::vector<std::string> changed = ChangedInPending();
  std::vector<std::string> named;
  for (const std::string& name : pending_->names) {
    const auto known = known_.find(name);
    if (known == known_.end() || known->second.sent == nullptr) continue;
    if (Mentions(rejection.message, name)) named.push_back(name);
  }
  if (!named.empty()) {
    for (const std::string& name : changed) {
      Known& known = known_.find(name)->second;
      if (!Mentions(rejection.message, name)) known.acked = known.sent;
    }
    changed = std::move(named);
  }
  for (const std::string& name : changed) {
    Known& known = known_.find(name)->second;
    known.refused = known.hash;
    // It was taken for accepted, by an assumption that was wrong.
    if (known.acked != nullptr && known.acked->hash == known.hash) known.acked = nullptr;
    if (known.acked == nullptr) known.acked = NextAssumed(name, known.hash);
    refusals_.insert(name);
  }
  last_refused_ = changed.empty();
  nack_ = NackStatus{rejection, now, pending_->version, pending_->nonce, std::move(changed)};
  answered_at_ = now;
  ++nacks_;
  refused_ = true;
  pending_.reset();
}

void TypeStream::Follow(std::string_view name) {
  // Before the first request: a returning delta client may say that it holds it, and still needs it
  // (D5).
  if (requested_ && !subscription_.Covers(name)) return;
  forced_.try_emplace(std::string(name), Force::kFollow);
}

// What a returning client may have besides what it has just refused; the newest first, each once.
ResourcePtr TypeStream::NextAssumed(const std::string& name, const ContentHash& refused) {
  const auto found = assumed_.find(name);
  if (found == assumed_.end()) return nullptr;
  std::vector<ResourcePtr>& rest = found->second;
  while (!rest.empty()) {
    ResourcePtr next = std::move(rest.front());
    rest.erase(rest.begin());
    if (next->hash != refused) return next;
  }
  return nullptr;
}

void TypeStream::AssumeHeld(const TypeView& view) {
  for (const ResourcePtr& resource : view.resources()) {
    if (!subscription_.Covers(resource->name)) continue;
    const auto [entry, fresh] = known_.try_emplace(resource->name);
    Known& known = entry->second;
    if (fresh) {
      known.sent = resource;
      known.hash = resource->hash;
    } else if (known.hash != resource->hash) {
      assumed_[resource->name].push_back(resource);
    }
  }
  dirty_ = true;
}

std::vector<ResourcePtr> TypeStream::Held() const {
  std::vector<ResourcePtr> held;
  for (const auto& [name, known] : known_) {
    const ResourcePtr& resource = known.refused ? known.acked : known.sent;
    if (resource != nullptr) held.push_back(resource);
  }
  std::sort(held.begin(), held.end(),
            [](const ResourcePtr& a, const ResourcePtr& b) { return a->name < b->name; });
  return held;
}

void TypeStream::Retry() {
  for (const std::string& name : refusals_) {
    const auto known = known_.find(name);
    if (known == known_.end()) continue;
    known->second.refused.reset();
    forced_[name] = Force::kAsked;
  }
  refusals_.clear();
  last_refused_ = false;
}

bool TypeStream::Has(std::string_view name) const {
  const auto known = known_.find(name);
  return known != known_.end() && !known->second.absent;
}

bool TypeStream::Accepted(std::string_view name) const {
  const auto known = known_.find(name);
  if (known == known_.end() || forced_.contains(name)) return false;
  if (pending_ && std::binary_search(pending_->names.begin(), pending_->names.end(), name)) {
    return false;
  }
  return known->second.absent || known->second.acked != nullptr || known->second.sent == nullptr;
}

TypeStatus TypeStream::Status() const {
  TypeStatus status;
  status.type_url = type_url_;
  status.wildcard = subscription_.wildcard();
  status.subscribed = subscription_.names().size();
  for (const auto& [name, known] : known_) status.known += known.absent ? 0 : 1;
  for (const std::string& name : subscription_.names()) {
    const auto known = known_.find(name);
    if (known == known_.end() || known->second.absent) status.missing.push_back(name);
  }
  std::sort(status.missing.begin(), status.missing.end());
  status.sent_version = sent_version_;
  status.acked_version = acked_version_;
  status.nonce = last_nonce_;
  status.waiting = pending_.has_value();
  status.sent_at = sent_at_;
  status.answered_at = answered_at_;
  status.acks = acks_;
  status.nacks = nacks_;
  status.nack = nack_;
  return status;
}

}  // namespace weir::control::engine
