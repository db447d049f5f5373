#include "source/proxy/filter_chain.h"

#include <utility>

namespace weir::proxy {

using filter::Direction;
using filter::FilterResult;

// A reply whose texts outlive the call that asked for it.
struct FilterChain::OwnedReply {
  explicit OwnedReply(const filter::LocalReply& from)
      : reply(from), location(from.location), content_type(from.content_type) {
    if (reply.body_owner == nullptr) reply.body = body = from.body;
    for (const auto& [name, value] : from.headers) names_and_values.emplace_back(name, value);
    for (const auto& [name, value] : names_and_values) headers.emplace_back(name, value);
    reply.location = location;
    reply.content_type = content_type;
    reply.headers = headers;
  }
  OwnedReply(const OwnedReply&) = delete;
  OwnedReply& operator=(const OwnedReply&) = delete;

  filter::LocalReply reply;  // Views into the rest.
  std::string body;
  std::string location;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> names_and_values;
  std::vector<filter::LocalReply::Field> headers;
};

class FilterChain::Entry final : public filter::HttpFilterHost {
 public:
  Entry(FilterChain& chain, size_t place, const config::ExtensionConfig* route_config)
      : chain_(chain), place_(place), route_config_(route_config) {}

  void Continue(Direction direction) override {
    hold(direction).resume = true;
    chain_.loop_.AtTurnEnd(chain_.act_);
  }
  void SendLocalReply(const filter::LocalReply& reply) override {
    if (chain_.reply_ != nullptr || chain_.response_from_reply_) return;
    chain_.reply_ = std::make_unique<OwnedReply>(reply);
    chain_.loop_.AtTurnEnd(chain_.act_);
  }
  buffer::Buffer& held(Direction direction) override {
    std::optional<buffer::Buffer>& bytes = hold(direction).bytes;
    if (!bytes.has_value()) bytes.emplace(chain_.blocks_);
    return *bytes;
  }
  void RequireWholeBody(Direction direction, size_t max_bytes) override {
    hold(direction).whole_body = max_bytes;
  }
  stream_info::StreamInfo& info() override { return chain_.owner_.info(); }
  http::RequestHead& request() override { return chain_.owner_.request(); }
  event::Loop& loop() override { return chain_.loop_; }
  const config::ExtensionConfig* route_config() const override { return route_config_; }

  size_t place() const { return place_; }
  Hold& hold(Direction direction) { return holds_[static_cast<size_t>(direction)]; }
  filter::HttpFilter& filter() { return *filter_; }
  void set_filter(std::unique_ptr<filter::HttpFilter> filter) { filter_ = std::move(filter); }

 private:
  FilterChain& chain_;
  const size_t place_;
  const config::ExtensionConfig* const route_config_;
  std::unique_ptr<filter::HttpFilter> filter_;
  Hold holds_[2];
};

FilterChain::FilterChain(event::Loop& loop, buffer::BlockPool& blocks, FilterChainOwner& owner,
                         size_t hold_limit)
    : blocks_(blocks), loop_(loop), owner_(owner), hold_limit_(hold_limit), act_([this] {
        ActAtTurnEnd();
      }) {}

FilterChain::~FilterChain() { End(); }

void FilterChain::Add(size_t place, const filter::HttpFilterFactory& factory,
                      const config::ExtensionConfig* route_config) {
  auto entry = std::make_unique<Entry>(*this, place, route_config);
  entry->set_filter(factory.Create(*entry));
  entries_.push_back(std::move(entry));
}

size_t FilterChain::DropFrom(size_t at) {
  entries_.resize(at);
  return entries_.empty() ? 0 : entries_.back()->place() + 1;
}

FilterChain::Entry& FilterChain::EntryAt(Direction direction, size_t at) {
  return direction == Direction::kRequest ? *entries_[at] : *entries_[entries_.size() - 1 - at];
}

void FilterChain::RequestHeaders(bool end) { PassHeaders(Direction::kRequest, 0, end); }

void FilterChain::RequestBody(buffer::Buffer& data, bool end) {
  if (response_from_reply_) return;
  PassBody(Direction::kRequest, 0, data, end);
}

void FilterChain::RequestTrailers(http::HeaderMap& trailers) {
  if (response_from_reply_) return;
  PassTrailers(Direction::kRequest, 0, trailers);
}

void FilterChain::ResponseHeaders(bool end) { PassHeaders(Direction::kResponse, 0, end); }

void FilterChain::ResponseBody(buffer::Buffer& data, bool end) {
  PassBody(Direction::kResponse, 0, data, end);
}

void FilterChain::ResponseTrailers(http::HeaderMap& trailers) {
  PassTrailers(Direction::kResponse, 0, trailers);
}

void FilterChain::PassHeaders(Direction direction, size_t at, bool end) {
  for (;; ++at) {
    if (ended_ || reply_ != nullptr) return;
    if (direction == Direction::kRequest && owner_.info().route_outdated) {
      owner_.OnRouteOutdated(at);
    }
    if (at >= entries_.size()) break;
    Entry& entry = EntryAt(direction, at);
    const FilterResult result = direction == Direction::kRequest
                                    ? entry.filter().OnRequestHeaders(owner_.request(), end)
                                    : entry.filter().OnResponseHeaders(owner_.response(), end);
    if (result == FilterResult::kPause) {
      Hold& hold = entry.hold(direction);
      hold.paused = true;
      hold.headers = true;
      hold.end = end;
      return;
    }
  }
  if (direction == Direction::kRequest) {
    owner_.OnRequestHeaders(end);
  } else {
    owner_.OnResponseHeaders(end);
  }
}

void FilterChain::PassBody(Direction direction, size_t at, buffer::Buffer& data, bool end) {
  for (; at < entries_.size(); ++at) {
    if (ended_ || reply_ != nullptr) return;
    Entry& entry = EntryAt(direction, at);
    Hold& hold = entry.hold(direction);
    const FilterResult result = direction == Direction::kRequest
                                    ? entry.filter().OnRequestBody(data, end)
                                    : entry.filter().OnResponseBody(data, end);
    if (result == FilterResult::kPause) {
      hold.paused = true;
      HoldBytes(direction, entry, data, end);
      return;
    }
    if (hold.paused) {
      HoldBytes(direction, entry, data, end);
      if (reply_ == nullptr) Release(direction, at);
      return;
    }
  }
  if (ended_ || reply_ != nullptr) return;
  if (direction == Direction::kRequest) {
    owner_.OnRequestBody(data, end);
  } else {
    owner_.OnResponseBody(data, end);
  }
}

void FilterChain::PassTrailers(Direction direction, size_t at, http::HeaderMap& trailers) {
  for (; at < entries_.size(); ++at) {
    if (ended_ || reply_ != nullptr) return;
    Entry& entry = EntryAt(direction, at);
    Hold& hold = entry.hold(direction);
    const FilterResult result = direction == Direction::kRequest
                                    ? entry.filter().OnRequestTrailers(trailers)
                                    : entry.filter().OnResponseTrailers(trailers);
    if (result == FilterResult::kPause || hold.paused) {
      hold.trailers = std::make_unique<http::HeaderMap>(owner_.request().headers.arena());
      hold.trailers->CopyFrom(trailers);
      hold.paused = true;
      if (result == FilterResult::kContinue) Release(direction, at);
      return;
    }
  }
  if (ended_ || reply_ != nullptr) return;
  if (direction == Direction::kRequest) {
    owner_.OnRequestTrailers(trailers);
  } else {
    owner_.OnResponseTrailers(trailers);
  }
}

void FilterChain::HoldBytes(Direction direction, Entry& entry, buffer::Buffer& data, bool end) {
  Hold& hold = entry.hold(direction);
  buffer::Buffer& held = entry.held(direction);
  held.MoveFrom(data);
  hold.end = hold.end || end;
  if (hold.over_limit) return;
  if (hold.whole_body.has_value()) {
    hold.over_limit = held.size() > *hold.whole_body;
    if (hold.over_limit) RefuseBody(direction, entry);
    return;
  }
  if (held.size() < hold_limit_ || hold.end) return;
  hold.over_limit = true;
  owner_.OnHoldLimit(direction, true);
}

void FilterChain::RefuseBody(Direction direction, Entry& entry) {
  if (direction == Direction::kRequest) {
    entry.SendLocalReply(
        {.status = 413, .body = "Payload Too Large", .details = "request_payload_too_large"});
  } else {
    entry.SendLocalReply(
        {.status = 500, .body = "Internal Server Error", .details = "response_payload_too_large"});
  }
}

// Lets go what the filter at `at` holds: head, bytes and end run on behind it.
void FilterChain::Release(Direction direction, size_t at) {
  Hold& hold = EntryAt(direction, at).hold(direction);
  hold.paused = false;
  hold.resume = false;
  const bool had_bytes = hold.bytes.has_value() && !hold.bytes->empty();
  const std::unique_ptr<http::HeaderMap> trailers = std::move(hold.trailers);
  const bool end = std::exchange(hold.end, false);
  if (std::exchange(hold.over_limit, false)) owner_.OnHoldLimit(direction, false);
  if (std::exchange(hold.headers, false)) {
    PassHeaders(direction, at + 1, end && !had_bytes);
    if (end && !had_bytes) return;
  }
  if (ended_) return;
  if (had_bytes || end) {
    buffer::Buffer bytes(blocks_);
    if (had_bytes) bytes.MoveFrom(*hold.bytes);
    PassBody(direction, at + 1, bytes, end);
  }
  if (trailers != nullptr && !ended_) PassTrailers(direction, at + 1, *trailers);
}

void FilterChain::ActAtTurnEnd() {
  if (ended_) return;
  if (reply_ != nullptr) {
    const std::unique_ptr<OwnedReply> reply = std::move(reply_);
    response_from_reply_ = true;
    for (auto& entry : entries_) {
      // What the request still holds goes nowhere; a response that is held is replaced.
      for (Direction direction : {Direction::kRequest, Direction::kResponse}) {
        entry->hold(direction) = Hold{};
      }
    }
    owner_.OnLocalReply(reply->reply);
    return;
  }
  for (Direction direction : {Direction::kRequest, Direction::kResponse}) {
    for (size_t at = 0; at < entries_.size() && !ended_; ++at) {
      Hold& hold = EntryAt(direction, at).hold(direction);
      if (!std::exchange(hold.resume, false) || !hold.paused) continue;
      Release(direction, at);
    }
  }
}

void FilterChain::AddHeld(buffer::Ledger& ledger) const {
  for (const auto& entry : entries_) {
    for (Direction direction : {Direction::kRequest, Direction::kResponse}) {
      const Hold& hold = entry->hold(direction);
      if (hold.bytes.has_value()) ledger.Add(buffer::LedgerKind::kBody, hold.bytes->size());
      if (hold.trailers != nullptr) {
        ledger.Add(buffer::LedgerKind::kHeaders, hold.trailers->byte_size());
      }
    }
  }
}

void FilterChain::End() {
  if (std::exchange(ended_, true)) return;
  act_.Cancel();
  for (auto& entry : entries_) {
    entry->filter().OnStreamEnd();
    for (Direction direction : {Direction::kRequest, Direction::kResponse}) {
      entry->hold(direction).bytes.reset();
    }
  }
}

void FilterChain::Restart() {
  End();
  entries_.clear();
  reply_.reset();
  response_from_reply_ = false;
  ended_ = false;
}

}  // namespace weir::proxy
