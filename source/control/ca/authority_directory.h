// The authority on disk: a directory with
//
//   root.pem, root.key           the root; its key is needed for `Begin` alone
//   issuer.pem, issuer.key       what signs, below the root
//   bundle.pem                   what the mesh trusts: the root, during a rotation also the other
//   token.key                    what tokens are signed with
//   tokens                       which were made, and which are revoked (TokenList)
//   next-root.*, next-issuer.*   what the last rotation changed to, or the one under way will
//
// and the three steps of replacing the root: Begin (both are trusted), Switch (the new one signs),
// End (the old one is trusted no more). Nothing that is there is overwritten but by these steps.
// Files get mode 0600. Not thread-safe, and one command at a time changes it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "source/base/strings.h"
#include "source/control/ca/authority.h"
#include "source/control/ca/token_list.h"
#include "source/event/files.h"

namespace weir::control::ca {

// Every key in the directory; a program that finds one readable for others should refuse it.
inline constexpr const char* kKeyFiles[] = {"root.key", "issuer.key", "token.key", "next-root.key",
                                            "next-issuer.key"};

class AuthorityDirectory {
 public:
  // `files` outlives it. `path` must exist for the writing steps.
  AuthorityDirectory(event::Files& files, std::string path)
      : files_(files), path_(std::move(path)) {}

  // A new authority: a root for ten years, an issuer for one. Refused when there is one already.
  absl::Status Init(const std::string& trust_domain, WallTime now) const;
  absl::StatusOr<Authority> Load() const;
  absl::StatusOr<SecretBytes> LoadTokenKey() const;
  // Empty where none was made yet.
  absl::StatusOr<TokenList> LoadTokens() const;
  absl::Status SaveTokens(const TokenList& tokens) const;

  enum class Rotation { kNone, kBegun, kSwitched };
  // kBegun: the new root is trusted and does not sign yet. kSwitched: it signs, and the old one is
  // still trusted.
  absl::StatusOr<Rotation> RotationState() const;
  // The error says which step would be next.
  absl::Status Begin(WallTime now) const;
  absl::Status Switch() const;
  absl::Status End() const;

  std::string PathOf(std::string_view name) const { return StrCat(path_, "/", name); }

 private:
  bool Has(std::string_view name) const;
  absl::StatusOr<std::string> Read(std::string_view name) const;
  absl::StatusOr<SecretBytes> ReadSecret(std::string_view name) const;
  absl::Status Write(std::string_view name, std::string_view bytes) const;
  absl::Status MakeRoot(const std::string& prefix, const std::string& trust_domain,
                        WallTime now) const;
  absl::Status MakeIssuer(const std::string& prefix, const std::string& trust_domain,
                          WallTime now) const;

  event::Files& files_;
  const std::string path_;
};

}  // namespace weir::control::ca
