#include "source/match/match_tree.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::match {
namespace {

// Of the first that leads to one.
template <typename Kind, typename Value, typename FollowValue>
std::optional<ActionNumber> FindContaining(const NestedIndex<Kind, Value>& index,
                                           const typename Kind::Point& point, FollowValue follow) {
  std::optional<ActionNumber> found;
  index.VisitContaining(point, [&](const Value& value) {
    found = follow(value);
    return found.has_value();
  });
  return found;
}

}  // namespace

std::optional<ActionNumber> OnMatch::Follow(const MatchFacts& facts) const {
  if (keep_matching) return std::nullopt;
  if (const auto* action = std::get_if<ActionNumber>(&next)) return *action;
  return std::get<std::shared_ptr<const MatchTree>>(next)->Find(facts);
}

bool operator==(const OnMatch& a, const OnMatch& b) {
  if (a.keep_matching != b.keep_matching || a.next.index() != b.next.index()) return false;
  if (a.next == b.next) return true;
  const auto* const tree = std::get_if<std::shared_ptr<const MatchTree>>(&a.next);
  return tree != nullptr && **tree == *std::get<std::shared_ptr<const MatchTree>>(b.next);
}

bool InputTest::Holds(const MatchFacts& facts) const {
  if (const auto* addresses = std::get_if<AddressTest>(&test)) {
    const std::optional<net::IpAddress> address = InputAddress(input, facts);
    return address.has_value() && addresses->Holds(*address);
  }
  if (const auto* value = std::get_if<ValueTest>(&test)) {
    return value->value.Matches(InputValue(input, facts)) != value->invert;
  }
  const InputText text(input, facts);
  return text.view().has_value() && std::get<StringMatcher>(test).Matches(*text.view());
}

bool Combination::Holds(const MatchFacts& facts) const {
  const auto holds = [&facts](const Predicate& part) { return part.Holds(facts); };
  switch (kind) {
    case Kind::kAny:
      return std::any_of(parts.begin(), parts.end(), holds);
    case Kind::kAll:
      return std::all_of(parts.begin(), parts.end(), holds);
    case Kind::kNone:
      return std::none_of(parts.begin(), parts.end(), holds);
  }
  return false;
}

bool operator==(const Combination& a, const Combination& b) {
  return a.kind == b.kind && a.parts == b.parts;
}

bool Predicate::Holds(const MatchFacts& facts) const {
  return std::visit([&facts](const auto& some) { return some.Holds(facts); }, what);
}

std::optional<ActionNumber> PredicateList::Find(const MatchFacts& facts) const {
  for (const Entry& entry : entries) {
    if (!entry.predicate.Holds(facts)) continue;
    if (const auto found = entry.then.Follow(facts)) return found;
  }
  return std::nullopt;
}

std::optional<ActionNumber> ExactMap::Find(const MatchFacts& facts) const {
  const InputText text(input, facts);
  if (!text.view().has_value()) return std::nullopt;
  const auto found = entries.find(*text.view());
  return found == entries.end() ? std::nullopt : found->second.Follow(facts);
}

std::optional<ActionNumber> PrefixMap::Find(const MatchFacts& facts) const {
  const InputText text(input, facts);
  if (!text.view().has_value()) return std::nullopt;
  return FindContaining(entries, *text.view(),
                        [&facts](const OnMatch& then) { return then.Follow(facts); });
}

std::optional<ActionNumber> RangeMap::Find(const MatchFacts& facts) const {
  const std::optional<net::IpAddress> address = InputAddress(input, facts);
  if (!address.has_value()) return std::nullopt;
  bool innermost = true;
  return FindContaining(address->is_v6() ? v6 : v4, *address,
                        [&](uint32_t number) -> std::optional<ActionNumber> {
                          const Entry& entry = entries[number];
                          const bool counts = std::exchange(innermost, false) || !entry.exclusive;
                          return counts ? entry.then.Follow(facts) : std::nullopt;
                        });
}

std::optional<ActionNumber> DomainMap::Find(const MatchFacts& facts) const {
  const InputText text(input, facts);
  if (!text.view().has_value()) return std::nullopt;
  const std::string name = AsciiLower(*text.view());
  const auto follow = [&](std::string_view domain) -> std::optional<ActionNumber> {
    const auto found = by_domain.find(domain);
    return found == by_domain.end() ? std::nullopt : entries[found->second].Follow(facts);
  };
  if (const auto found = follow(name)) return found;
  for (size_t dot = name.find('.', 1); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    if (const auto found = follow(std::string_view(name).substr(dot))) return found;
  }
  return follow("");
}

std::optional<ActionNumber> MatchTree::Find(const MatchFacts& facts) const {
  const std::optional<ActionNumber> found =
      std::visit([&facts](const auto& body) { return body.Find(facts); }, body_);
  if (found.has_value() || !on_no_match_.has_value()) return found;
  return on_no_match_->Follow(facts);
}

}  // namespace weir::match
