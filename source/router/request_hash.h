// The hash of a request or connection by the policies of its route or proxy: what a load balancer
// that wants one chooses by.
// Pure; the same in every process, so that proxies agree.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "source/config/route.h"
#include "source/match/match_facts.h"

namespace weir::router {

// A policy that wants a cookie which the request does not have (with a ttl), and the value to give
// it.
struct NewCookie {
  const config::HashCookie* cookie = nullptr;  // Null: none is wanted.
  uint64_t value = 0;
};

// Nothing when no policy finds anything to hash. Policies that look at a request need one in
// `facts`. With `new_cookie`, the first
// missing cookie with a ttl is made of `random` and hashed as if it had been there.
std::optional<uint64_t> HashOf(std::span<const config::HashPolicy> policies,
                               const match::MatchFacts& facts, uint64_t random,
                               NewCookie* new_cookie);

// A value as it stands in the cookie: 16 hexadecimal digits, in `arena`.
std::string_view CookieValue(uint64_t value, buffer::Arena& arena);

}  // namespace weir::router
