#include "source/control/ca/authority_directory.h"

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/x509/issuing.h"
#include "source/x509/mac.h"
#include "source/x509/spiffe.h"

namespace weir::control::ca {
namespace {

using Rotation = AuthorityDirectory::Rotation;

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr auto kRootLife = std::chrono::hours(24 * 3650);
constexpr auto kIssuerLife = std::chrono::hours(24 * 365);
// Clocks of others may be behind.
constexpr auto kClockSkew = std::chrono::minutes(5);
constexpr size_t kTokenKeyBytes = 32;

// What root and issuer have alike. Two roots of one domain have different names, so that a chain
// leads to the right one.
x509::CertificateTerms TermsOf(std::string_view role, const std::string& trust_domain,
                               WallTime now) {
  x509::CertificateTerms terms;
  terms.common_name =
      StrCat(trust_domain.substr(0, 32), " ", role, " ", x509::ToBase64Url(x509::RandomBytes(6)));
  terms.uris = {SpiffeUri(trust_domain, "")};
  terms.not_before = now - kClockSkew;
  terms.is_authority = true;
  return terms;
}

absl::Status NextStepIs(Rotation state) {
  switch (state) {
    case Rotation::kNone:
      return absl::FailedPreconditionError("no rotation is under way; `begin` starts one");
    case Rotation::kBegun:
      return absl::FailedPreconditionError("a rotation has begun; `switch` is its next step");
    case Rotation::kSwitched:
      return absl::FailedPreconditionError(
          "a rotation has come to its last step, which is `end`: every proxy must have been given "
          "a certificate of the new root before it");
  }
  return absl::OkStatus();
}

}  // namespace

bool AuthorityDirectory::Has(std::string_view name) const { return Read(name).ok(); }

absl::StatusOr<std::string> AuthorityDirectory::Read(std::string_view name) const {
  return files_.Read(PathOf(name), kMaxFileBytes);
}

absl::StatusOr<SecretBytes> AuthorityDirectory::ReadSecret(std::string_view name) const {
  WEIR_ASSIGN_OR_RETURN(std::string text, Read(name));
  return SecretBytes(std::move(text));
}

absl::Status AuthorityDirectory::Write(std::string_view name, std::string_view bytes) const {
  return files_.WriteAtomically(PathOf(name), bytes);
}

absl::Status AuthorityDirectory::MakeRoot(const std::string& prefix,
                                          const std::string& trust_domain, WallTime now) const {
  const x509::PrivateKey key = x509::MakeKey();
  x509::CertificateTerms terms = TermsOf("root", trust_domain, now);
  terms.not_after = now + kRootLife;
  terms.path_length = 1;
  WEIR_ASSIGN_OR_RETURN(const x509::Certificate root, x509::SelfSign(terms, key));
  WEIR_RETURN_IF_ERROR(Write(prefix + "root.key", x509::KeyPem(key).view()));
  return Write(prefix + "root.pem", root.Pem());
}

absl::Status AuthorityDirectory::MakeIssuer(const std::string& prefix,
                                            const std::string& trust_domain, WallTime now) const {
  WEIR_ASSIGN_OR_RETURN(const std::string root_pem, Read(prefix + "root.pem"));
  WEIR_ASSIGN_OR_RETURN(const SecretBytes root_key_pem, ReadSecret(prefix + "root.key"));
  WEIR_ASSIGN_OR_RETURN(const auto root, x509::ParseCertificates(root_pem));
  WEIR_ASSIGN_OR_RETURN(const auto root_key, x509::PrivateKey::Parse(root_key_pem.view()));
  const x509::PrivateKey key = x509::MakeKey();
  x509::CertificateTerms terms = TermsOf("issuer", trust_domain, now);
  terms.not_after = now + kIssuerLife;
  terms.path_length = 0;
  WEIR_ASSIGN_OR_RETURN(const x509::Certificate issuer,
                        x509::Sign(terms, key, root.front(), root_key));
  WEIR_RETURN_IF_ERROR(Write(prefix + "issuer.key", x509::KeyPem(key).view()));
  return Write(prefix + "issuer.pem", issuer.Pem());
}

absl::Status AuthorityDirectory::Init(const std::string& trust_domain, WallTime now) const {
  const auto id = x509::ParseSpiffeId(SpiffeUri(trust_domain, ""));
  if (!id || !id->path.empty()) {
    return InvalidArgument(StrCat(
        "\"", trust_domain, "\" is no trust domain: lower-case letters, digits, '.', '-' and '_'"));
  }
  for (const char* name : {"root.key", "root.pem", "issuer.key", "issuer.pem", "bundle.pem"}) {
    if (Has(name)) {
      return absl::AlreadyExistsError(
          StrCat(PathOf(name), " is there already; an authority is never overwritten"));
    }
  }
  WEIR_RETURN_IF_ERROR(MakeRoot("", trust_domain, now));
  WEIR_RETURN_IF_ERROR(MakeIssuer("", trust_domain, now));
  WEIR_RETURN_IF_ERROR(
      Write("token.key", x509::ToBase64Url(x509::RandomBytes(kTokenKeyBytes)) + "\n"));
  WEIR_ASSIGN_OR_RETURN(const std::string root, Read("root.pem"));
  // Last: with it the authority is there.
  return Write("bundle.pem", root);
}

absl::StatusOr<Authority> AuthorityDirectory::Load() const {
  WEIR_ASSIGN_OR_RETURN(const std::string issuer, Read("issuer.pem"));
  WEIR_ASSIGN_OR_RETURN(const SecretBytes key, ReadSecret("issuer.key"));
  WEIR_ASSIGN_OR_RETURN(std::string bundle, Read("bundle.pem"));
  absl::StatusOr<Authority> authority = Authority::Create(issuer, key.view(), std::move(bundle));
  if (!authority.ok()) return Annotate(authority.status(), path_);
  return authority;
}

absl::StatusOr<SecretBytes> AuthorityDirectory::LoadTokenKey() const {
  WEIR_ASSIGN_OR_RETURN(std::string text, Read("token.key"));
  std::optional<std::string> key = x509::FromBase64Url(TrimOws(Split(text, '\n').front()));
  if (!key || key->size() != kTokenKeyBytes) {
    return InvalidArgument(StrCat(PathOf("token.key"), ": is no key of tokens"));
  }
  return SecretBytes(*std::move(key));
}

absl::StatusOr<TokenList> AuthorityDirectory::LoadTokens() const {
  const absl::StatusOr<std::string> text = Read("tokens");
  if (absl::IsNotFound(text.status())) return TokenList();
  WEIR_RETURN_IF_ERROR(text.status());
  absl::StatusOr<TokenList> tokens = TokenList::Parse(*text);
  if (!tokens.ok()) return Annotate(tokens.status(), PathOf("tokens"));
  return tokens;
}

absl::Status AuthorityDirectory::SaveTokens(const TokenList& tokens) const {
  return Write("tokens", tokens.Text());
}

absl::StatusOr<Rotation> AuthorityDirectory::RotationState() const {
  WEIR_ASSIGN_OR_RETURN(const std::string bundle, Read("bundle.pem"));
  WEIR_ASSIGN_OR_RETURN(const auto trusted, x509::ParseCertificates(bundle));
  if (trusted.size() == 1) return Rotation::kNone;
  WEIR_ASSIGN_OR_RETURN(const std::string root, Read("root.pem"));
  WEIR_ASSIGN_OR_RETURN(const std::string next, Read("next-root.pem"));
  return root == next ? Rotation::kSwitched : Rotation::kBegun;
}

absl::Status AuthorityDirectory::Begin(WallTime now) const {
  WEIR_ASSIGN_OR_RETURN(const Rotation state, RotationState());
  if (state != Rotation::kNone) return NextStepIs(state);
  WEIR_ASSIGN_OR_RETURN(const Authority authority, Load());
  WEIR_RETURN_IF_ERROR(MakeRoot("next-", authority.trust_domain(), now));
  WEIR_RETURN_IF_ERROR(MakeIssuer("next-", authority.trust_domain(), now));
  WEIR_ASSIGN_OR_RETURN(const std::string next, Read("next-root.pem"));
  return Write("bundle.pem", StrCat(authority.bundle_pem(), next));
}

// Whoever looks in between finds an issuer that does not belong to its key, and keeps what it has.
// The root's certificate comes last: until then the step can be taken again.
absl::Status AuthorityDirectory::Switch() const {
  WEIR_ASSIGN_OR_RETURN(const Rotation state, RotationState());
  if (state != Rotation::kBegun) return NextStepIs(state);
  for (const char* name : {"issuer.key", "issuer.pem", "root.key", "root.pem"}) {
    WEIR_ASSIGN_OR_RETURN(const SecretBytes bytes, ReadSecret(StrCat("next-", name)));
    WEIR_RETURN_IF_ERROR(Write(name, bytes.view()));
  }
  return absl::OkStatus();
}

absl::Status AuthorityDirectory::End() const {
  WEIR_ASSIGN_OR_RETURN(const Rotation state, RotationState());
  if (state != Rotation::kSwitched) return NextStepIs(state);
  WEIR_ASSIGN_OR_RETURN(const std::string root, Read("root.pem"));
  return Write("bundle.pem", root);
}

}  // namespace weir::control::ca
