#include "source/control/ca/token_list.h"

#include <algorithm>
#include <utility>

#include "source/base/encoding.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/control/ca/token.h"
#include "source/x509/mac.h"

namespace weir::control::ca {
namespace {

constexpr size_t kIdSize = 16;
constexpr std::string_view kRevoked = "revoked";

std::optional<KnownToken> ParseLine(std::string_view line) {
  const std::vector<std::string_view> words = Split(line, ' ');
  const bool revoked = words.size() == 4 && words[3] == kRevoked;
  if (words.size() != 3 && !revoked) return std::nullopt;
  const std::optional<uint64_t> end = ParseUint64(words[1]);
  if (words[0].size() != kIdSize || !end || *end > kLatestSeconds || !IsIdentityPath(words[2])) {
    return std::nullopt;
  }
  return KnownToken{std::string(words[0]), WallTime(std::chrono::seconds(*end)),
                    std::string(words[2]), revoked};
}

}  // namespace

std::string IdOfToken(std::string_view token) {
  return EncodeHex(x509::HmacSha256("id of a token", token)).substr(0, kIdSize);
}

absl::StatusOr<TokenList> TokenList::Parse(std::string_view text) {
  TokenList list;
  int number = 0;
  for (const std::string_view line : Split(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    std::optional<KnownToken> token = ParseLine(line);
    if (!token) return InvalidArgument(StrCat(number, ": must be \"id end identity [revoked]\""));
    list.tokens_.push_back(*std::move(token));
  }
  return list;
}

std::string TokenList::Text() const {
  std::string text;
  for (const KnownToken& token : tokens_) {
    const auto end =
        std::chrono::duration_cast<std::chrono::seconds>(token.end.time_since_epoch()).count();
    StrAppend(text, token.id, " ", end, " ", token.path, token.revoked ? " revoked\n" : "\n");
  }
  return text;
}

HashSet TokenList::RevokedIds() const {
  HashSet ids;
  for (const KnownToken& token : tokens_) {
    if (token.revoked) ids.insert(token.id);
  }
  return ids;
}

KnownToken* TokenList::Find(std::string_view id) {
  const auto found = std::find_if(tokens_.begin(), tokens_.end(),
                                  [&](const KnownToken& token) { return token.id == id; });
  return found == tokens_.end() ? nullptr : &*found;
}

void TokenList::Add(KnownToken token) {
  if (KnownToken* const same = Find(token.id)) {
    *same = std::move(token);
  } else {
    tokens_.push_back(std::move(token));
  }
}

bool TokenList::Revoke(std::string_view id) {
  KnownToken* const token = Find(id);
  if (token != nullptr) token->revoked = true;
  return token != nullptr;
}

void TokenList::DropEnded(WallTime now) {
  std::erase_if(tokens_, [&](const KnownToken& token) { return token.end <= now; });
}

}  // namespace weir::control::ca
