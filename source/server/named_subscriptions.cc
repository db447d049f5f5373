#include "source/server/named_subscriptions.h"

#include <chrono>

#include "source/base/check.h"
#include "source/xds/subscription_stats.h"

namespace weir::server {
namespace {

std::string_view PrefixOf(NamedSubscriptions::Kind kind) {
  switch (kind) {
    case NamedSubscriptions::Kind::kEndpoints:
      return "cluster.";
    case NamedSubscriptions::Kind::kRoutes:
      return "http.";
    case NamedSubscriptions::Kind::kSecrets:
      return "sds.";
  }
  return "";
}

int64_t Milliseconds(event::SystemTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

NamedSubscriptions::Rows::iterator NamedSubscriptions::Find(std::string_view name,
                                                            std::string_view place) {
  const auto [first, last] = rows_.equal_range(name);
  for (auto row = first; row != last; ++row) {
    if (PlaceOf(*row) == place) return row;
  }
  return rows_.end();
}

void NamedSubscriptions::Add(std::string_view name, std::string_view place, const void* source) {
  const MutexLock lock(mutex_);
  auto at = Find(name, place);
  if (at == rows_.end()) {
    at = rows_.emplace(std::string(name), Row{});
    if (place != name) at->second.place = std::make_shared<const std::string>(place);
    at->second.attempts = 1;
  }
  at->second.source = source;
  ++at->second.users;
}

void NamedSubscriptions::Remove(std::string_view name, std::string_view place) {
  const MutexLock lock(mutex_);
  const auto at = Find(name, place);
  WEIR_CHECK(at != rows_.end(), "each Remove follows an Add");
  if (--at->second.users == 0) rows_.erase(at);
}

void NamedSubscriptions::Answered(const std::vector<Outcome>& outcomes, std::string_view version,
                                  event::SystemTime now) {
  const auto answer = std::make_shared<const Answer>(Answer{std::string(version), now});
  const MutexLock lock(mutex_);
  for (const Outcome& outcome : outcomes) {
    const auto [first, last] = rows_.equal_range(outcome.name);
    for (auto at = first; at != last; ++at) {
      Row& row = at->second;
      ++(outcome.accepted ? row.successes : row.rejections);
      if (!outcome.accepted) continue;
      row.accepted = answer;
      if (!outcome.changed) continue;
      ++row.reloads;
      row.reloaded = now;
    }
  }
}

void NamedSubscriptions::Count(std::string_view name, uint32_t Row::* counter) {
  const MutexLock lock(mutex_);
  const auto [first, last] = rows_.equal_range(name);
  for (auto at = first; at != last; ++at) ++(at->second.*counter);
}

void NamedSubscriptions::RotationFailed(std::string_view name) {
  Count(name, &Row::rotation_failures);
}

void NamedSubscriptions::TimedOut(std::string_view name) { Count(name, &Row::timeouts); }

void NamedSubscriptions::Failed(const void* source) {
  const MutexLock lock(mutex_);
  for (auto& [name, row] : rows_) {
    if (row.source == source) ++row.failures;
  }
}

void NamedSubscriptions::AddSamples(const Rows::value_type& of,
                                    std::vector<stats::Sample>& out) const {
  using stats::Kind::kCounter;
  using stats::Kind::kGauge;
  const Row& row = of.second;
  const stats::Scope scope{PrefixOf(kind_), PlaceOf(of)};
  const auto add = [&](std::string_view stat, stats::Kind kind, int64_t number,
                       std::string_view help) { out.push_back({scope, stat, number, help, kind}); };
  add("update_attempt", kCounter, row.attempts, "Times that the resource was asked for");
  add("update_success", kCounter, row.successes, "Answers that were accepted");
  add("update_failure", kCounter, row.failures, "Streams that ended, files that were not read");
  add("update_rejected", kCounter, row.rejections, "Answers that were refused");
  add("init_fetch_timeout", kCounter, row.timeouts, "First answers that did not come in time");
  if (kind_ == NamedSubscriptions::Kind::kSecrets) {
    add("key_rotation_failed", kCounter, row.rotation_failures,
        "Changes of files that were refused");
  }
  if (kind_ == NamedSubscriptions::Kind::kRoutes) {
    add("config_reload", kCounter, row.reloads, "Answers that changed the configuration");
    add("config_reload_time_ms", kGauge, Milliseconds(row.reloaded), "When the last of them came");
  }
  static const Answer kNone;
  const Answer& accepted = row.accepted == nullptr ? kNone : *row.accepted;
  add("update_time", kGauge, Milliseconds(accepted.received), "When the last answer was accepted");
  add("version", kGauge, xds::VersionHash(accepted.version), "Hash of the version last accepted");
  out.push_back({scope, "version_text", 0, "The version last accepted", stats::Kind::kText,
                 accepted.version});
}

std::vector<stats::Sample> NamedSubscriptions::Samples() const {
  // The main thread waits for the copy at most, not for the names.
  const Rows rows = [this] {
    const MutexLock lock(mutex_);
    return rows_;
  }();
  std::vector<stats::Sample> samples;
  for (const auto& row : rows) AddSamples(row, samples);
  return samples;
}

}  // namespace weir::server
