// What routing reads beside the path: where a redirect leads, and the cookies, fields and
// parameters that a request is hashed by. Lines: a location, letters, a path, fields. Letters:
//
//   c across schemes  s to safe ones alone  p not to a route before  l, L listed, and not that one
//   n no route is there   m one was followed already
//   f a filter left something  h that may be hashed
#include <vector>

#include "source/base/check.h"
#include "source/http/syntax.h"
#include "source/router/redirect_target.h"
#include "source/router/request_hash.h"
#include "test/fuzz/fields.h"

namespace weir::router {
namespace {

void CheckLocation(std::string_view location, buffer::Arena& arena) {
  const auto target = ParseTarget(location, arena);
  if (!target.has_value()) return;
  WEIR_CHECK(target->scheme == "http" || target->scheme == "https", "a scheme of ours");
  WEIR_CHECK(!target->authority.empty() && target->path.starts_with('/'), "it leads somewhere");
  for (const std::string_view part : {target->authority, target->path}) {
    for (const char c : part) WEIR_CHECK(c > ' ' && c < 0x7f, "it can stand in a request line");
  }
  WEIR_CHECK(target->authority.find_first_of("@/?#") == std::string_view::npos, "a host alone");
}

bool Has(std::string_view letters, char letter) {
  return letters.find(letter) != std::string_view::npos;
}

void CheckVerdicts(std::string_view letters, std::string_view target_scheme) {
  config::InternalRedirect policy;
  policy.allow_cross_scheme = Has(letters, 'c');
  policy.only_to_safe_scheme = Has(letters, 's');
  policy.never_to_previous_routes = Has(letters, 'p');
  if (Has(letters, 'l')) policy.allowed_routes = {{"listed"}};
  const auto first = JudgeTarget(policy, "http", target_scheme, Has(letters, 'm') ? 1 : 0);
  const bool same = target_scheme == "http";
  WEIR_CHECK((first == RedirectVerdict::kFollow) ==
                 ((same || policy.allow_cross_scheme) && !Has(letters, 'm')),
             "a scheme that may be, and not too often");
  const config::Route route{.name = Has(letters, 'L') ? "another" : "listed"};
  const config::Route* const previous[] = {&route};
  const auto second =
      JudgeRoute(policy, "http", target_scheme, Has(letters, 'n') ? nullptr : &route, previous);
  const bool listed = !policy.allowed_routes.has_value() || !Has(letters, 'L');
  WEIR_CHECK((second == RedirectVerdict::kFollow) ==
                 (!Has(letters, 'n') && (same || !policy.only_to_safe_scheme) &&
                  !policy.never_to_previous_routes && listed),
             "each predicate holds");
}

config::RegexRewrite WithoutDigits() { return {*match::Regex::Create("[0-9]+"), "#"}; }

const std::vector<config::HashPolicy>& Policies() {
  static const auto* const kPolicies = new std::vector<config::HashPolicy>{
      {.source = config::HashHeader{.field = "x-user"}},
      {.source = config::HashHeader{.field = "x-number", .rewrite = WithoutDigits()}},
      {.source = config::HashFilterState{.key = "left"}},
      {.source = config::HashCookie{.name = "session", .ttl = std::chrono::seconds(9)}},
      {.source = config::HashQueryParameter{.name = "key"}},
      {.source = config::HashSourceIp{}, .terminal = true},
      {.source = config::HashCookie{.name = "later"}},
  };
  return *kPolicies;
}

void CheckHash(std::string_view letters, const http::RequestHead& head) {
  const stream_info::ConnectionInfo connection;
  stream_info::StreamInfo stream(connection);
  stream.downstream_remote_address = *net::Address::Parse("192.0.2.1:1");
  if (Has(letters, 'f')) {
    stream.found.Edit().filter_state.Set(
        "left", stream_info::FilterState::Text{.value = "v", .hashable = Has(letters, 'h')}, false);
  }
  const auto facts = match::MatchFacts::OfRequest(head, &stream);
  NewCookie made;
  const auto hash = HashOf(Policies(), facts, 7, &made);
  WEIR_CHECK(hash.has_value(), "a client with an address has a hash");
  NewCookie again;
  WEIR_CHECK(HashOf(Policies(), facts, 7, &again) == hash, "the same in each process");
  if (made.cookie == nullptr) return;
  WEIR_CHECK(CookieValue(made.value, head.headers.arena()).size() == 16, "16 digits");
  (void)HashOf(Policies(), match::MatchFacts::OfRequest(head, nullptr), 7, nullptr);
}

}  // namespace
}  // namespace weir::router

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = weir::TextOf(data, size);
  weir::buffer::BlockPool pool;
  weir::buffer::Arena arena(pool);
  const std::string_view location = weir::TakeLine(rest);
  const std::string_view letters = weir::TakeLine(rest);
  weir::router::CheckLocation(location, arena);
  weir::router::CheckVerdicts(letters, location.starts_with("https") ? "https" : "http");
  weir::http::RequestHead head(arena);
  head.path = weir::TakeLine(rest);
  weir::TakeFields(rest, head.headers);
  weir::router::CheckHash(letters, head);
  return 0;
}
