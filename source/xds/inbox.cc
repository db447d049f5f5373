#include "source/xds/inbox.h"

#include <algorithm>

#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/strings.h"

namespace weir::xds {
namespace {

// Texts of NACKs are for people, and some servers limit a message to 4 MB.
constexpr size_t kMaxErrorBytes = size_t{32} * 1024;

void AppendErrors(std::string& text, const std::vector<Rejection>& rejections, size_t& left_out) {
  for (const Rejection& rejection : rejections) {
    if (text.size() + rejection.name.size() + rejection.error.size() > kMaxErrorBytes &&
        !text.empty()) {
      ++left_out;
      continue;
    }
    StrAppend(text, text.empty() ? "" : "\n", rejection.name, ": ",
              std::string_view(rejection.error).substr(0, kMaxErrorBytes));
  }
}

std::string ErrorText(const std::vector<Rejection>& malformed,
                      const std::vector<Rejection>& rejections) {
  std::string text;
  size_t left_out = 0;
  AppendErrors(text, malformed, left_out);
  AppendErrors(text, rejections, left_out);
  if (left_out > 0) StrAppend(text, "\n... and ", left_out, " more");
  return text;
}

}  // namespace

struct Inbox::Sorted {
  std::vector<Pending::Resource> resources;
  HashSet present;  // Every name in the response, heartbeats and unwanted ones too.
  std::vector<Rejection> malformed;
  std::vector<Rejection> fatal;  // Any of these refuses the response whole.
  size_t heartbeats = 0;
};

Inbox::Inbox(const ResourceType& type, ResourceSink& sink, Interest& interest, event::Loop& loop)
    : type_(type),
      sink_(sink),
      interest_(interest),
      loop_(loop),
      self_(std::make_shared<Inbox*>(this)) {}
Inbox::~Inbox() = default;

void Inbox::Take(WireResponse response, bool full_state, Settled settled) {
  queue_.push_back({std::move(response), full_state, std::move(settled), {}});
  Pump();
}

void Inbox::DropQueued() {
  std::erase_if(queue_, [](const Item& item) { return item.expired.empty(); });
}

void Inbox::Forget(std::string_view name) {
  if (const auto at = accepted_.find(name); at != accepted_.end()) accepted_.erase(at);
  if (const auto at = expiries_.find(name); at != expiries_.end()) expiries_.erase(at);
}

std::vector<std::string> Inbox::ForgetUnwanted() {
  std::vector<std::string> forgotten;
  for (const NamedBytes& accepted : accepted_) {
    if (!interest_.Wants(accepted.name())) forgotten.emplace_back(accepted.name());
  }
  for (const std::string& name : forgotten) Forget(name);
  std::sort(forgotten.begin(), forgotten.end());
  return forgotten;
}

std::vector<std::pair<std::string, std::string>> Inbox::Versions() const {
  std::vector<std::pair<std::string, std::string>> versions;
  versions.reserve(accepted_.size());
  for (const NamedBytes& accepted : accepted_) {
    versions.emplace_back(accepted.name(), accepted.version());
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

void Inbox::Pump() {
  if (pumping_) return;  // A verdict from inside OnUpdate: the loop below goes on.
  pumping_ = true;
  while (!pending_.has_value() && !queue_.empty()) {
    Item item = std::move(queue_.front());
    queue_.pop_front();
    if (item.expired.empty()) {
      HandResponse(std::move(item));
    } else {
      HandExpired(item.expired);
    }
  }
  pumping_ = false;
}

void Inbox::HandExpired(const std::string& name) {
  const auto expiry = expiries_.find(name);
  // Refreshed, replaced or removed while this waited.
  if (expiry == expiries_.end() || expiry->second->enabled()) return;
  Forget(name);
  Update update{.cause = Update::Cause::kTtlExpired, .removed = {name}};
  HandToSink(std::move(update), Pending{.cause = Update::Cause::kTtlExpired});
}

void Inbox::HandResponse(Item item) {
  WireResponse& response = item.response;
  Sorted sorted = Sort(response);
  if (!sorted.fatal.empty()) {
    const std::string error = ErrorText(sorted.malformed, sorted.fatal);
    sink_.OnResponseRejected(response.version, error);
    item.settled(error);
    return;
  }
  std::vector<std::string> removed = RemovedBy(response, item.full_state, sorted);
  for (const std::string& name : removed) interest_.Answered(name);
  for (const Pending::Resource& resource : sorted.resources)
    interest_.Answered(resource.raw.name());
  interest_.Answered(kWildcard);
  if (sorted.heartbeats > 0 && sorted.resources.empty() && removed.empty() &&
      sorted.malformed.empty()) {
    item.settled({});
    return;
  }
  Update update{.version = response.version,
                .removed = removed,
                .full_state = item.full_state,
                .malformed = sorted.malformed};
  update.resources.reserve(sorted.resources.size());
  for (const Pending::Resource& resource : sorted.resources)
    update.resources.push_back(resource.raw);
  HandToSink(std::move(update), Pending{.resources = std::move(sorted.resources),
                                        .removed = std::move(removed),
                                        .malformed = std::move(sorted.malformed),
                                        .settled = std::move(item.settled)});
}

Inbox::Sorted Inbox::Sort(WireResponse& response) {
  Sorted sorted;
  sorted.resources.reserve(response.resources.size());
  for (size_t i = 0; i < response.resources.size(); ++i) {
    SortOne(response.resources[i], i, response.version, sorted);
  }
  for (const std::string& name : response.removed) {
    if (sorted.present.contains(name))
      sorted.fatal.push_back({name, "is in resources and in removed_resources"});
  }
  return sorted;
}

void Inbox::SortOne(WireResource& wire, size_t index, const std::string& response_version,
                    Sorted& sorted) {
  std::string name = std::move(wire.name);
  const std::string label = name.empty() ? StrCat("resources[", index, "]") : name;
  if (wire.bytes.has_value() && wire.type_url != type_.type_url) {
    sorted.malformed.push_back(
        {label, StrCat("is of type ", wire.type_url, " in a response for ", type_.type_url)});
    if (!name.empty()) sorted.present.insert(std::move(name));
    return;
  }
  if (name.empty() && wire.bytes.has_value()) {
    absl::StatusOr<std::string> found = type_.name_of(*wire.bytes);
    if (!found.ok()) {
      sorted.malformed.push_back({label, std::string(ToStd(found.status().message()))});
      return;
    }
    name = *std::move(found);
  }
  if (name.empty()) {
    sorted.malformed.push_back({label, "has no name"});
    return;
  }
  if (!sorted.present.insert(name).second) {
    sorted.fatal.push_back({name, "is in the response more than once"});
    return;
  }
  if (!interest_.Wants(name)) return;

  const auto at = accepted_.find(name);
  if (!wire.bytes.has_value()) {
    ++sorted.heartbeats;
    if (at != accepted_.end() && at->version() == wire.version) {
      SetTtl(name, wire.ttl);
    } else {
      WEIR_LOG(kXds, kWarn, "ignored a heartbeat for ", name, ", which is not held at version ",
               wire.version);
    }
    return;
  }
  Pending::Resource resource;
  resource.raw.content =
      NamedBytes(name, wire.version.empty() ? response_version : wire.version, *wire.bytes);
  resource.raw.unchanged = at != accepted_.end() && at->bytes() == resource.raw.bytes();
  // What is equal is kept once.
  if (resource.raw.unchanged && at->version() == resource.raw.version()) {
    resource.raw.content = *at;
  }
  resource.ttl = wire.ttl;
  sorted.resources.push_back(std::move(resource));
}

std::vector<std::string> Inbox::RemovedBy(const WireResponse& response, bool full_state,
                                          const Sorted& sorted) const {
  std::vector<std::string> removed;
  for (const std::string& name : response.removed) {
    if (accepted_.contains(name) || interest_.WantsByName(name)) removed.push_back(name);
  }
  // A resource whose name cannot be read may be any of those that seem to be missing: all of them
  // stay.
  if (full_state && sorted.malformed.empty()) {
    for (const NamedBytes& accepted : accepted_) {
      const std::string_view name = accepted.name();
      if (!sorted.present.contains(name)) removed.emplace_back(name);
    }
  }
  std::sort(removed.begin(), removed.end());
  removed.erase(std::unique(removed.begin(), removed.end()), removed.end());
  return removed;
}

void Inbox::HandToSink(Update update, Pending pending) {
  pending_ = std::move(pending);
  const uint64_t number = ++handed_;
  sink_.OnUpdate(std::move(update),
                 [weak = std::weak_ptr<Inbox*>(self_), number](const Verdict& verdict) {
                   const std::shared_ptr<Inbox*> inbox = weak.lock();
                   if (inbox == nullptr) return;
                   WEIR_CHECK((*inbox)->pending_.has_value() && (*inbox)->handed_ == number,
                              "one verdict for each update");
                   (*inbox)->Finish(verdict);
                 });
}

void Inbox::Finish(const Verdict& verdict) {
  const std::vector<std::string> unwanted =
      verdict.applied ? Commit(verdict) : std::vector<std::string>();
  const Pending pending = std::move(*std::exchange(pending_, std::nullopt));
  if (pending.cause == Update::Cause::kResponse) {
    std::string error = ErrorText(pending.malformed, verdict.rejections);
    if (error.empty() && !verdict.applied) error = "the update was not applied";
    pending.settled(error);
  }
  for (const std::string& name : unwanted) sink_.OnReleased(name);
  Pump();
}

std::vector<std::string> Inbox::Commit(const Verdict& verdict) {
  std::vector<std::string> unwanted;
  HashSet rejected;
  for (const Rejection& rejection : verdict.rejections) rejected.insert(rejection.name);
  for (Pending::Resource& resource : pending_->resources) {
    RawResource& raw = resource.raw;
    if (rejected.contains(raw.name())) continue;
    if (!interest_.Wants(raw.name())) {
      // Given up while the verdict was awaited: nobody would ever forget it.
      if (!interest_.ReleaseFollows(raw.name())) unwanted.emplace_back(raw.name());
      continue;
    }
    Forget(raw.name());
    accepted_.insert(raw.content);
    SetTtl(raw.name(), resource.ttl);
  }
  for (const std::string& name : pending_->removed) {
    if (!rejected.contains(name)) Forget(name);
  }
  return unwanted;
}

void Inbox::SetTtl(std::string_view name, std::optional<event::Duration> ttl) {
  if (!ttl.has_value()) {
    if (const auto at = expiries_.find(name); at != expiries_.end()) expiries_.erase(at);
    return;
  }
  std::unique_ptr<event::Timer>& expiry = expiries_[name];
  if (expiry == nullptr) {
    expiry = std::make_unique<event::Timer>(loop_, [this, key = std::string(name)] {
      // Posted, as committing may destroy this timer; whether it was refreshed shows when its turn
      // has come.
      loop_.Post([weak = std::weak_ptr<Inbox*>(self_), key] {
        const std::shared_ptr<Inbox*> inbox = weak.lock();
        if (inbox == nullptr) return;
        (*inbox)->queue_.push_back({.response = {}, .settled = {}, .expired = key});
        (*inbox)->Pump();
      });
    });
  }
  expiry->Enable(*ttl);
}

}  // namespace weir::xds
