#include "source/stats/name_policy.h"

#include <algorithm>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/stats/tag_pattern.h"

namespace weir::stats {

struct NamePolicy::Rule {
  std::string tag;
  std::string fixed_value;
  std::unique_ptr<const TagPattern> pattern;  // Null: the fixed value.
};

NamePolicy::NamePolicy() = default;
NamePolicy::~NamePolicy() = default;

absl::StatusOr<std::shared_ptr<const NamePolicy>> NamePolicy::Create(NameOptions options) {
  auto policy = std::make_shared<NamePolicy>();
  policy->all_default_tags_ = options.all_default_tags;
  policy->shows_ = std::move(options.shows);
  for (NameOptions::Tag& tag : options.tags) {
    Rule rule{
        .tag = std::move(tag.name), .fixed_value = tag.fixed_value.value_or(""), .pattern = {}};
    if (!tag.fixed_value.has_value() && !tag.regex.has_value()) {
      if (!IsDefaultTag(rule.tag)) {
        return InvalidArgument(StrCat("tag \"", rule.tag,
                                      "\" has no value, and there is no default tag of this name"));
      }
      policy->kept_.push_back(std::move(rule.tag));
      continue;
    }
    if (tag.regex.has_value()) {
      auto pattern = TagPattern::Create(*tag.regex);
      if (!pattern.ok()) return Annotate(pattern.status(), StrCat("tag \"", rule.tag, "\""));
      rule.pattern = *std::move(pattern);
    }
    policy->rules_.push_back(std::move(rule));
  }
  return std::shared_ptr<const NamePolicy>(std::move(policy));
}

bool NamePolicy::Keeps(std::string_view tag) const {
  return all_default_tags_ || std::find(kept_.begin(), kept_.end(), tag) != kept_.end();
}

void NamePolicy::Apply(std::string_view name, std::string& extracted, Tags& tags) const {
  for (const Rule& rule : rules_) {
    std::string value = rule.fixed_value;
    if (rule.pattern != nullptr) {
      const std::optional<TagPattern::Found> found = rule.pattern->Find(name);
      if (!found.has_value()) continue;
      value = found->value;
      if (const size_t at = extracted.find(found->removed); at != std::string::npos) {
        extracted.erase(at, found->removed.size());
      }
    }
    std::erase_if(tags, [&](const auto& tag) { return tag.first == rule.tag; });
    tags.emplace_back(rule.tag, std::move(value));
  }
}

}  // namespace weir::stats
