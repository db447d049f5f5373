// What routing reads beside the path: where a redirect leads, and the cookies, fields and
// parameters that a request is hashed by. Lines: a location, a path, fields.
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

const std::vector<config::HashPolicy>& Policies() {
  static const auto* const kPolicies = new std::vector<config::HashPolicy>{
      {.source = config::HashHeader{.field = "x-user"}},
      {.source = config::HashCookie{.name = "session", .ttl = std::chrono::seconds(9)}},
      {.source = config::HashQueryParameter{.name = "key"}},
      {.source = config::HashSourceIp{}, .terminal = true},
      {.source = config::HashCookie{.name = "later"}},
  };
  return *kPolicies;
}

void CheckHash(const http::RequestHead& head) {
  const stream_info::ConnectionInfo connection;
  stream_info::StreamInfo stream(connection);
  stream.downstream_remote_address = *net::Address::Parse("192.0.2.1:1");
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
  weir::router::CheckLocation(weir::TakeLine(rest), arena);
  weir::http::RequestHead head(arena);
  head.path = weir::TakeLine(rest);
  weir::TakeFields(rest, head.headers);
  weir::router::CheckHash(head);
  return 0;
}
