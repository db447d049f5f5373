// Which tokens were made and have not ended, and which of them count no more. None of them can be
// made again from this: a token is known by an id.
//
// A text, one line a token: "id end identity", and "revoked" behind them where it is. A value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/hash_map.h"
#include "source/control/ca/authority.h"

namespace weir::control::ca {

// 16 hexadecimal digits that say nothing of the token, and that no command line takes for a flag.
std::string IdOfToken(std::string_view token);

struct KnownToken {
  std::string id;
  WallTime end;
  std::string path;  // Of the identity.
  bool revoked = false;
  friend bool operator==(const KnownToken&, const KnownToken&) = default;
};

class TokenList {
 public:
  TokenList() = default;
  // The error names the line.
  static absl::StatusOr<TokenList> Parse(std::string_view text);
  std::string Text() const;

  const std::vector<KnownToken>& tokens() const { return tokens_; }
  HashSet RevokedIds() const;

  // One of the same id is replaced.
  void Add(KnownToken token);
  // False: there is none of this id.
  bool Revoke(std::string_view id);
  void DropEnded(WallTime now);

 private:
  KnownToken* Find(std::string_view id);

  std::vector<KnownToken> tokens_;
};

}  // namespace weir::control::ca
