// What strangers and operators write: tokens, lists of them, files of identities. A token
// that is taken was made with the key.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/base/check.h"
#include "source/control/ca/identity_rules.h"
#include "source/control/ca/token.h"
#include "source/control/ca/token_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::control::ca;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const WallTime now(std::chrono::seconds(1'700'000'000));
  if (CheckToken(text, "the key", now).ok()) {
    WEIR_CHECK(CheckToken(text, "another key", now).ok() == false, "a token has one key");
  }
  const WallTime end = now + std::chrono::hours(1);
  const std::string token = MakeToken(text, end, "nonce", "k");
  const auto path = CheckToken(token, "k", now);
  WEIR_CHECK(path.ok() == (IsIdentityPath(text) && token.size() <= kMaxTokenBytes),
             "a token is of an identity");
  WEIR_CHECK(!path.ok() || *path == text, "a token gives back its identity");
  WEIR_CHECK(!CheckToken(token, "k", end).ok(), "and ends");
  WEIR_CHECK(EndOfToken(token) == end, "when it says");
  (void)EndOfToken(text);
  if (const auto tokens = TokenList::Parse(text); tokens.ok()) {
    const auto again = TokenList::Parse(tokens->Text());
    WEIR_CHECK(again.ok() && again->tokens() == tokens->tokens(), "a list is read as written");
  }
  weir::schema::Diagnostics diagnostics;
  const IdentityRules rules = IdentityRules::Parse("identities.yaml", text, diagnostics);
  WEIR_CHECK(!diagnostics.has_errors() || rules.size() == 0, "errors leave no rule");
  for (const char* const node : {"a-1", "b", ""}) {
    (void)rules.Find("/demo/a", {.id = node, .cluster = "c"});
  }
  return 0;
}
