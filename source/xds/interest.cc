#include "source/xds/interest.h"

#include <algorithm>

#include "source/base/check.h"
#include "source/xds/resource_sink.h"

namespace weir::xds {

// The clock of one name; it may end from inside its own timer.
struct Interest::Wait final : event::DeferredDeletable {
  Wait(event::Loop& loop, std::function<void()> fire) : timer(loop, std::move(fire)) {}
  event::Timer timer;
};

Interest::Interest(event::Loop& loop, std::function<void(std::string_view)> timed_out)
    : loop_(loop), timed_out_(std::move(timed_out)) {}
Interest::~Interest() = default;

void Interest::Add(std::string_view name, event::Duration timeout) {
  const auto at = entries_.try_emplace(std::string(name)).first;
  Entry& entry = at->second;
  if (++entry.count > 1) return;
  Touch(at->first, entry);
  // Answered already: it was given up and taken again within one turn, and what is kept of it is
  // still good.
  if (timeout == event::Duration::zero() || entry.answered) return;
  auto wait = std::make_unique<Wait>(loop_, [this, key = at->first] {
    std::unique_ptr<Wait> self = std::move(waits_.extract(key).mapped());
    timed_out_(key);
    loop_.DeferDelete(std::move(self));
  });
  wait->timer.Enable(timeout);
  waits_.insert_or_assign(at->first, std::move(wait));
}

void Interest::Remove(std::string_view name) {
  const auto at = entries_.find(name);
  WEIR_CHECK(at != entries_.end() && at->second.count > 0, "each Unsubscribe follows a Subscribe");
  if (--at->second.count > 0) return;
  StopClock(name);
  Touch(at->first, at->second);
}

bool Interest::WantsByName(std::string_view name) const {
  const auto at = entries_.find(name);
  return at != entries_.end() && at->second.count > 0;
}

bool Interest::Wants(std::string_view name) const {
  return WantsByName(kWildcard) || WantsByName(name);
}

bool Interest::ReleaseFollows(std::string_view name) const {
  const auto at = entries_.find(name);
  return at != entries_.end() && at->second.count == 0;
}

std::vector<std::string> Interest::Names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) {
    if (entry.count > 0) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Interest::Answered(std::string_view name) {
  const auto at = entries_.find(name);
  if (at == entries_.end() || at->second.count == 0) return;
  at->second.answered = true;
  StopClock(name);
}

void Interest::StopClock(std::string_view name) {
  if (const auto at = waits_.find(name); at != waits_.end()) waits_.erase(at);
}

Interest::Changes Interest::Settle(bool telling) {
  Changes changes;
  std::vector<std::string> touched = std::move(touched_);
  touched_.clear();
  std::sort(touched.begin(), touched.end());
  for (std::string& name : touched) {
    const auto at = entries_.find(name);
    if (at == entries_.end()) continue;
    Entry& entry = at->second;
    entry.touched = false;
    if (entry.count == 0) {
      if (telling && entry.told) changes.unsubscribe.push_back(name);
      entries_.erase(at);
      changes.released.push_back(std::move(name));
    } else if (telling && !entry.told) {
      entry.told = true;
      changes.subscribe.push_back(std::move(name));
    }
  }
  return changes;
}

void Interest::ForgetTold() {
  for (auto& [name, entry] : entries_) {
    entry.told = false;
    Touch(name, entry);
  }
}

void Interest::Touch(const std::string& name, Entry& entry) {
  if (entry.touched) return;
  entry.touched = true;
  touched_.push_back(name);
}

}  // namespace weir::xds
