#include "source/server/name_policy.h"

#include <algorithm>
#include <utility>

#include "source/base/status.h"

namespace weir::server {

absl::StatusOr<std::shared_ptr<const stats::NamePolicy>> MakeNamePolicy(
    const config::StatsConfig& config) {
  stats::NameOptions options;
  options.all_default_tags = config.all_default_tags;
  for (const config::StatsConfig::Tag& tag : config.tags) {
    options.tags.push_back({tag.name, tag.fixed_value, tag.regex});
  }
  using Shown = config::StatsConfig::Shown;
  if (config.shown != Shown::kAll) {
    options.shows = [shown = config.shown, patterns = config.patterns](std::string_view name) {
      if (shown == Shown::kNone) return false;
      const bool matches = std::any_of(patterns.begin(), patterns.end(),
                                       [name](const auto& each) { return each.Matches(name); });
      return matches == (shown == Shown::kMatching);
    };
  }
  auto policy = stats::NamePolicy::Create(std::move(options));
  if (!policy.ok()) return Annotate(policy.status(), "stats_config.stats_tags");
  return policy;
}

}  // namespace weir::server
