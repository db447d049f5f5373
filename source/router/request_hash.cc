#include "source/router/request_hash.h"

#include <bit>

#include "source/match/cookie_matcher.h"
#include "source/match/header_matcher.h"
#include "source/match/query_matcher.h"
#include "source/stream_info/findings.h"

namespace weir::router {
namespace {

// FNV-1a with a last mix (that of splitmix64), so that short texts differ in all bits.
uint64_t HashText(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

class Hasher {
 public:
  Hasher(const match::MatchFacts& facts, uint64_t random, NewCookie* new_cookie)
      : facts_(facts), random_(random), new_cookie_(new_cookie) {}

  std::optional<uint64_t> operator()(const config::HashHeader& header) const {
    const auto value = match::HeaderValue(*facts_.head, header.field);
    if (!value.has_value()) return std::nullopt;
    if (!header.rewrite.has_value()) return HashText(*value);
    return HashText(header.rewrite->pattern.ReplaceAll(*value, header.rewrite->substitution));
  }

  std::optional<uint64_t> operator()(const config::HashCookie& cookie) const {
    if (const auto value = match::Cookie(*facts_.head, cookie.name)) return HashText(*value);
    if (!cookie.ttl.has_value() || new_cookie_ == nullptr || new_cookie_->cookie != nullptr) {
      return std::nullopt;
    }
    *new_cookie_ = {&cookie, random_};
    return HashText(CookieValue(random_, facts_.head->headers.arena()));
  }

  std::optional<uint64_t> operator()(const config::HashSourceIp&) const {
    if (facts_.stream == nullptr) return std::nullopt;
    const net::Address& client = facts_.stream->downstream_remote_address;
    return client.is_ip() ? std::optional(HashText(client.ip().ToString())) : std::nullopt;
  }

  std::optional<uint64_t> operator()(const config::HashQueryParameter& parameter) const {
    const auto value = match::QueryParameter(facts_.head->path, parameter.name);
    return value.has_value() ? std::optional(HashText(*value)) : std::nullopt;
  }

  std::optional<uint64_t> operator()(const config::HashFilterState& state) const {
    if (facts_.connection == nullptr) return std::nullopt;
    const auto* const object =
        stream_info::FindObject(*facts_.connection, facts_.stream, state.key);
    if (object == nullptr) return std::nullopt;
    const auto* const text = std::get_if<stream_info::FilterState::Text>(object);
    if (text == nullptr || !text->hashable) return std::nullopt;
    return HashText(text->value);
  }

 private:
  const match::MatchFacts& facts_;
  const uint64_t random_;
  NewCookie* const new_cookie_;
};

}  // namespace

std::string_view CookieValue(uint64_t value, buffer::Arena& arena) {
  static constexpr char kHex[] = "0123456789abcdef";
  char* const out = arena.Allocate(16);
  for (int digit = 0; digit < 16; ++digit) out[digit] = kHex[(value >> (60 - 4 * digit)) & 0xF];
  return {out, 16};
}

std::optional<uint64_t> HashOf(std::span<const config::HashPolicy> policies,
                               const match::MatchFacts& facts, uint64_t random,
                               NewCookie* new_cookie) {
  std::optional<uint64_t> hash;
  const Hasher hasher(facts, random, new_cookie);
  for (const config::HashPolicy& policy : policies) {
    if (const std::optional<uint64_t> next = std::visit(hasher, policy.source)) {
      // Turned first, so that two equal parts do not cancel out.
      hash = std::rotl(hash.value_or(0), 1) ^ *next;
    }
    if (policy.terminal && hash.has_value()) break;
  }
  return hash;
}

}  // namespace weir::router
