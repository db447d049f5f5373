// The half of TypeStream that speaks: what the next response holds.
#include "source/control/engine/type_stream.h"

#include <algorithm>
#include <utility>

#include "source/base/strings.h"

namespace weir::control::engine {

TypeStream::TypeStream(std::string type_url, Variant variant, bool wrap)
    : type_url_(std::move(type_url)),
      variant_(variant),
      wrap_(wrap),
      full_state_(variant == Variant::kSotw && IsWildcardType(type_url_)),
      subscription_(type_url_) {}

bool TypeStream::NothingNew(const RolloutView& view) const {
  if (dirty_ || !answered_ || !forced_.empty()) return false;
  if (!view.keep_all && !kept_.empty()) return false;
  return (view.target == nullptr ? 0 : view.target->id()) == compared_target_;
}

// The names that may need something: all that the client wants or has, or those that changed since
// the view that was compared last.
std::vector<std::string> TypeStream::Candidates(const RolloutView& view) const {
  std::vector<std::string> names;
  const uint64_t target = view.target == nullptr ? 0 : view.target->id();
  const bool by_change =
      !dirty_ && answered_ &&
      (target == compared_target_ || (view.target != nullptr && compared_target_ != 0 &&
                                      view.target->previous_id() == compared_target_));
  if (by_change) {
    if (target != compared_target_) names = view.target->changed();
    names.insert(names.end(), kept_.begin(), kept_.end());
  } else {
    for (const auto& [name, known] : known_) names.push_back(name);
    names.insert(names.end(), subscription_.names().begin(), subscription_.names().end());
    if (subscription_.wildcard() && view.target != nullptr) {
      for (const ResourcePtr& resource : view.target->resources()) names.push_back(resource->name);
    }
  }
  for (const auto& [name, force] : forced_) names.push_back(name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

ResourcePtr TypeStream::Resolve(const std::string& name, const Known* known,
                                const RolloutView& view) const {
  if (view.target != nullptr) {
    if (ResourcePtr found = view.target->Find(name)) return found;
  }
  // Only for what was asked for by name: a wildcard waits for its phase.
  if (view.fallback == nullptr || !subscription_.Names(name)) return nullptr;
  const bool has = known != nullptr && !known->absent;
  return has || forced_.contains(name) ? view.fallback->Find(name) : nullptr;
}

TypeStream::Decision TypeStream::Decide(const std::string& name, const RolloutView& view) {
  const auto found = known_.find(name);
  Known* known = found == known_.end() ? nullptr : &found->second;
  if (!subscription_.Covers(name)) {
    // What the client said it holds and may not see (D1); D6's answer for a name outside.
    return {.changed = known != nullptr, .send = nullptr, .remove = known != nullptr};
  }
  ResourcePtr wanted = Resolve(name, known, view);
  if (wanted == nullptr) {
    const bool kept = view.keep_all || (view.keep != nullptr && view.keep->Find(name) != nullptr);
    return DecideAbsent(name, known, kept);
  }
  kept_.erase(name);
  return DecidePresent(name, std::move(wanted), known);
}

TypeStream::Decision TypeStream::DecideAbsent(const std::string& name, Known* known, bool kept) {
  const bool has = known != nullptr && !known->absent;
  const auto force = forced_.find(name);
  const bool asked = force != forced_.end() && force->second == Force::kAsked;
  if (has && kept) {
    kept_.insert(name);
    const bool again = force != forced_.end() && known->sent != nullptr;
    return {.changed = again, .send = again ? known->sent : nullptr, .remove = false};
  }
  kept_.erase(name);
  if (variant_ == Variant::kSotw) {
    if (known != nullptr) {
      known_.erase(name);
      refusals_.erase(name);
    }
    return {.changed = full_state_ && (has || asked), .send = nullptr, .remove = false};
  }
  if (has || asked) return {.changed = true, .send = nullptr, .remove = true};
  const bool tell = known == nullptr && subscription_.Names(name);  // D8
  return {.changed = tell, .send = nullptr, .remove = tell};
}

TypeStream::Decision TypeStream::DecidePresent(const std::string& name, ResourcePtr wanted,
                                               Known* known) {
  const auto force = forced_.find(name);
  if (known == nullptr || known->absent) return {.changed = true, .send = std::move(wanted)};
  if (known->refused && *known->refused != wanted->hash) {
    known->refused.reset();
    refusals_.erase(name);
  }
  if (force != forced_.end()) {
    if (!known->refused || force->second == Force::kAsked) {
      return {.changed = true, .send = std::move(wanted)};
    }
    // C6: the refused bytes are not sent for a parent's sake; what the client had before is.
    return {.changed = known->acked != nullptr, .send = known->acked};
  }
  if (known->refused) return {};
  if (known->hash == wanted->hash) return {};
  return {.changed = true, .send = std::move(wanted)};
}

// S5: all that the client is to have, with the last good version of what it refused.
std::vector<ResourcePtr> TypeStream::FullState(const RolloutView& view) const {
  std::vector<ResourcePtr> all;
  const auto add = [&](const ResourcePtr& wanted) {
    const auto known = known_.find(wanted->name);
    const bool refused = known != known_.end() && known->second.refused == wanted->hash &&
                         !forced_.contains(wanted->name);
    if (!refused) {
      all.push_back(wanted);
    } else if (known->second.acked != nullptr) {
      all.push_back(known->second.acked);
    }
  };
  if (subscription_.wildcard()) {
    if (view.target != nullptr) {
      for (const ResourcePtr& resource : view.target->resources()) add(resource);
    }
  }
  for (const std::string& name : subscription_.names()) {
    const bool added =
        subscription_.wildcard() && view.target != nullptr && view.target->Find(name) != nullptr;
    if (added) continue;
    const auto known = known_.find(name);
    const Known* entry = known == known_.end() ? nullptr : &known->second;
    if (ResourcePtr wanted = Resolve(name, entry, view)) add(wanted);
  }
  for (const std::string& name : kept_) {
    const Known& known = known_.find(name)->second;
    const ResourcePtr& resource = known.refused ? known.acked : known.sent;
    if (resource != nullptr) all.push_back(resource);
  }
  std::sort(all.begin(), all.end(),
            [](const ResourcePtr& a, const ResourcePtr& b) { return a->name < b->name; });
  return all;
}

std::optional<Response> TypeStream::Next(const RolloutView& view, uint64_t& next_nonce, Time now) {
  if (!requested_ || pending_) return std::nullopt;
  if (NothingNew(view)) {
    NoteRefusals(view);
    return std::nullopt;
  }
  Response response;
  response.variant = variant_;
  response.type_url = type_url_;
  response.wrapped = wrap_ && variant_ == Variant::kSotw;
  bool due = false;
  for (const std::string& name : Candidates(view)) {
    Decision decision = Decide(name, view);
    due |= decision.changed;
    if (decision.remove) response.removed.push_back(name);
    if (decision.send != nullptr) response.changed.push_back(std::move(decision.send));
  }
  // S9, D9: whoever asked for everything learns that there is nothing; so do SotW's full-state
  // types.
  due |=
      !answered_ && (subscription_.wildcard() || (full_state_ && !subscription_.names().empty()));
  response.resources = full_state_ && due ? FullState(view) : response.changed;
  // What the client was only assumed to hold is new as far as anybody knows.
  if (full_state_ && !answered_) response.changed = response.resources;
  forced_.clear();
  dirty_ = false;
  answered_ = true;
  compared_target_ = view.target == nullptr ? 0 : view.target->id();
  if (!due) {
    NoteRefusals(view);
    return std::nullopt;
  }
  const bool exact =
      !full_state_ || (kept_.empty() && refusals_.empty() && view.fallback == nullptr);
  const ContentHash version =
      exact && view.target != nullptr ? view.target->version() : VersionOf(response.resources);
  response.version = version.Hex();
  response.nonce = StrCat(++next_nonce);
  Record(response, view.sequence, now);
  return response;
}

void TypeStream::Record(const Response& response, uint64_t sequence, Time now) {
  Pending pending{response.nonce, response.version, sequence, {}};
  for (const ResourcePtr& resource : response.resources) {
    Known& known = known_[resource->name];
    // What it was only assumed to hold is what it has left when it refuses this.
    if (known.acked == nullptr && known.sent != nullptr && known.refused != known.hash) {
      known.acked = known.sent;
    }
    known.sent = resource;
    known.hash = resource->hash;
    known.absent = false;
    pending.names.push_back(resource->name);
  }
  for (const std::string& name : response.removed) {
    known_.erase(name);
    refusals_.erase(name);
    if (subscription_.Names(name)) known_[name].absent = true;
  }
  last_nonce_ = response.nonce;
  sent_version_ = response.version;
  sent_at_ = now;
  settled_ = false;
  pending_ = std::move(pending);
}

// As of a comparison that found nothing more to send.
void TypeStream::NoteRefusals(const RolloutView& view) {
  refused_ = last_refused_;
  for (const std::string& name : refusals_) {
    const auto known = known_.find(name);
    if (known == known_.end() || !known->second.refused) continue;
    const ResourcePtr wanted = Resolve(name, &known->second, view);
    if (wanted != nullptr && wanted->hash == *known->second.refused) refused_ = true;
  }
  settled_ = true;
  if (refused_) return;
  through_ = std::max(through_, view.sequence);
  nack_.reset();
}

}  // namespace weir::control::engine
