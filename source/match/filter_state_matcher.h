// envoy.type.matcher.v3.FilterStateMatcher and AddressMatcher as values. Pure; any thread.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "source/match/match_facts.h"
#include "source/match/string_matcher.h"
#include "source/net/address.h"
#include "source/stream_info/filter_state.h"

namespace weir::match {

// AddressMatcher, and input_matchers.ip.v3.Ip
struct AddressTest {
  std::vector<net::CidrRange> ranges;  // One of them has the address,
  bool invert = false;                 // or none.

  bool Holds(const net::IpAddress& address) const;
  friend bool operator==(const AddressTest&, const AddressTest&) = default;
};

struct FilterStateMatcher {
  std::string key;
  std::variant<StringMatcher, AddressTest> test;

  // The object of the facts; null: there is none.
  const stream_info::FilterState::Object* Find(const MatchFacts& facts) const;
  // False without an object, and for one of a kind that the test is not for.
  bool Matches(const MatchFacts& facts) const;
  friend bool operator==(const FilterStateMatcher&, const FilterStateMatcher&) = default;
};

}  // namespace weir::match
