#include "source/stats/name_policy.h"

#include <algorithm>
#include <utility>

#include "re2/re2.h"
#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::stats {

namespace {

// RE2 has no look-ahead. One at the end of a pattern only says what must follow, and a tag is what
// stands in the groups: as a group of its own it says the same.
std::string WithoutLookAheadAtEnd(std::string pattern) {
  constexpr std::string_view kLookAhead = "(?=";
  const size_t at = pattern.rfind(kLookAhead);
  if (at == std::string::npos || !pattern.ends_with(')')) return pattern;
  int depth = 0;
  for (size_t i = at; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '(') {
      ++depth;
    } else if (pattern[i] == ')' && --depth == 0 && i + 1 != pattern.size()) {
      return pattern;
    }
  }
  pattern.replace(at, kLookAhead.size(), "(?:");
  return pattern;
}

}  // namespace

struct NamePolicy::Rule {
  std::string tag;
  std::string fixed_value;
  std::unique_ptr<const RE2> pattern;  // Null: the fixed value.
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
      RE2::Options re2;
      re2.set_log_errors(false);
      rule.pattern = std::make_unique<const RE2>(WithoutLookAheadAtEnd(*tag.regex), re2);
      if (!rule.pattern->ok()) {
        return InvalidArgument(
            StrCat("tag \"", rule.tag, "\": \"", *tag.regex,
                   "\" is no regular expression of RE2: ", rule.pattern->error()));
      }
      if (rule.pattern->NumberOfCapturingGroups() == 0) {
        return InvalidArgument(StrCat("tag \"", rule.tag, "\": \"", *tag.regex,
                                      "\" has no group, which would be the tag's value"));
      }
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
      re2::StringPiece groups[3];
      const int wanted = 1 + std::min(rule.pattern->NumberOfCapturingGroups(), 2);
      if (!rule.pattern->Match({name.data(), name.size()}, 0, name.size(), RE2::UNANCHORED, groups,
                               wanted)) {
        continue;
      }
      const std::string removed(groups[1]);
      value = wanted > 2 && groups[2].data() != nullptr ? std::string(groups[2]) : removed;
      if (const size_t at = extracted.find(removed); at != std::string::npos) {
        extracted.erase(at, removed.size());
      }
    }
    std::erase_if(tags, [&](const auto& tag) { return tag.first == rule.tag; });
    tags.emplace_back(rule.tag, std::move(value));
  }
}

}  // namespace weir::stats
