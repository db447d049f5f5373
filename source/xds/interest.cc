#include "source/xds/interest.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/xds/resource_sink.h"

namespace weir::xds {

namespace {

constexpr event::MonotonicTime kNever = event::MonotonicTime::max();

}  // namespace

struct Interest::Entry {
  explicit Entry(std::string_view own_name) : own_name(own_name) {}
  const std::string& name() const { return own_name; }

  const std::string own_name;
  event::MonotonicTime deadline = kNever;  // Of the answer.
  uint32_t count = 0;
  bool told = false;
  bool answered = false;
  bool touched = false;  // Listed in touched_.
};

Interest::Interest(event::Loop& loop, std::function<void(std::string_view)> timed_out)
    : loop_(loop), timed_out_(std::move(timed_out)), clock_(loop, [this] { Overdue(); }) {}
Interest::~Interest() = default;

void Interest::Add(std::string_view name, event::Duration timeout) {
  auto at = entries_.find(name);
  if (at == entries_.end()) at = entries_.insert(std::make_unique<Entry>(name)).first;
  Entry& entry = **at;
  if (++entry.count > 1) return;
  Touch(entry);
  // Answered already: it was given up and taken again within one turn, and what is kept of it is
  // still good.
  if (timeout == event::Duration::zero() || entry.answered) return;
  const event::MonotonicTime now = loop_.Now();
  if (timeout >= kNever - now) return;
  entry.deadline = now + timeout;
  StartClock(entry.deadline);
}

void Interest::Remove(std::string_view name) {
  const auto at = entries_.find(name);
  WEIR_CHECK(at != entries_.end() && (*at)->count > 0, "each Unsubscribe follows a Subscribe");
  Entry& entry = **at;
  if (--entry.count > 0) return;
  entry.deadline = kNever;
  Touch(entry);
}

bool Interest::WantsByName(std::string_view name) const {
  const auto at = entries_.find(name);
  return at != entries_.end() && (*at)->count > 0;
}

bool Interest::Wants(std::string_view name) const {
  return WantsByName(kWildcard) || WantsByName(name);
}

bool Interest::ReleaseFollows(std::string_view name) const {
  const auto at = entries_.find(name);
  return at != entries_.end() && (*at)->count == 0;
}

std::vector<std::string> Interest::Names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& entry : entries_) {
    if (entry->count > 0) names.push_back(entry->name());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Interest::Answered(std::string_view name) {
  const auto at = entries_.find(name);
  if (at == entries_.end() || (*at)->count == 0) return;
  (*at)->answered = true;
  (*at)->deadline = kNever;
}

void Interest::StartClock(event::MonotonicTime deadline) {
  if (clock_.enabled() && clock_due_ <= deadline) return;
  clock_due_ = deadline;
  clock_.Enable(deadline - loop_.Now());
}

void Interest::Overdue() {
  const event::MonotonicTime now = loop_.Now();
  std::vector<std::string> overdue;
  event::MonotonicTime next = kNever;
  for (const auto& entry : entries_) {
    if (entry->deadline <= now) {
      overdue.push_back(entry->name());
    } else {
      next = std::min(next, entry->deadline);
    }
  }
  if (next != kNever) StartClock(next);
  std::sort(overdue.begin(), overdue.end());
  for (const std::string& name : overdue) {
    // Whom the name before was told to may have given this one up.
    const auto at = entries_.find(name);
    if (at == entries_.end() || (*at)->deadline > now) continue;
    (*at)->deadline = kNever;
    timed_out_(name);
  }
}

Interest::Changes Interest::Settle(bool telling) {
  Changes changes;
  const std::vector<Entry*> touched = std::exchange(touched_, {});
  for (Entry* const entry : touched) {
    entry->touched = false;
    if (entry->count == 0) {
      if (telling && entry->told) changes.unsubscribe.push_back(entry->name());
      changes.released.push_back(entry->name());
      entries_.erase(entries_.find(entry->name()));
    } else if (telling && !entry->told) {
      entry->told = true;
      changes.subscribe.push_back(entry->name());
    }
  }
  for (auto* const names : {&changes.subscribe, &changes.unsubscribe, &changes.released}) {
    std::sort(names->begin(), names->end());
  }
  return changes;
}

void Interest::ForgetTold() {
  for (const auto& entry : entries_) {
    entry->told = false;
    Touch(*entry);
  }
}

void Interest::Touch(Entry& entry) {
  if (entry.touched) return;
  entry.touched = true;
  touched_.push_back(&entry);
}

}  // namespace weir::xds
