#include "source/match/filter_state_matcher.h"

#include <algorithm>

#include "source/stream_info/findings.h"

namespace weir::match {

bool AddressTest::Holds(const net::IpAddress& address) const {
  const bool contained =
      std::any_of(ranges.begin(), ranges.end(),
                  [&](const net::CidrRange& range) { return range.Contains(address); });
  return contained != invert;
}

const stream_info::FilterState::Object* FilterStateMatcher::Find(const MatchFacts& facts) const {
  if (facts.connection == nullptr) return nullptr;
  return stream_info::FindObject(*facts.connection, facts.stream, key);
}

bool FilterStateMatcher::Matches(const MatchFacts& facts) const {
  const stream_info::FilterState::Object* const object = Find(facts);
  if (object == nullptr) return false;
  if (const auto* addresses = std::get_if<AddressTest>(&test)) {
    const auto* const address = std::get_if<net::Address>(object);
    return address != nullptr && address->is_ip() && addresses->Holds(address->ip());
  }
  const std::optional<std::string> text = stream_info::TextOf(*object);
  return text.has_value() && std::get<StringMatcher>(test).Matches(*text);
}

}  // namespace weir::match
