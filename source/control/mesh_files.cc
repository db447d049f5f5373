#include "source/control/mesh_files.h"

#include <arpa/inet.h>

#include <utility>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/x509/issuing.h"

namespace weir::control {
namespace {

constexpr size_t kMaxFileBytes = 4 << 20;
constexpr const char* kServerKey = "server.key";
constexpr const char* kServerCertificate = "server.pem";
constexpr auto kServerLife = std::chrono::hours(24);
constexpr auto kServerRenewal = std::chrono::hours(16);
// Until another try, when the certificate could not be written.
constexpr auto kRetry = std::chrono::minutes(1);
constexpr auto kWarnBeforeEnd = std::chrono::hours(24 * 30);
constexpr auto kClockSkew = std::chrono::minutes(1);

bool IsAddress(const std::string& name) {
  uint8_t bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

}  // namespace

MeshFiles::MeshFiles(event::Loop& loop, event::Files& files, Options options)
    : loop_(loop),
      files_(files),
      options_(std::move(options)),
      directory_(files, options_.directory),
      renewal_(loop, [this] { OnRenewal(); }) {}

TlsFiles MeshFiles::tls_files() const {
  return {directory_.PathOf(kServerKey), directory_.PathOf(kServerCertificate),
          directory_.PathOf("bundle.pem")};
}

absl::StatusOr<ca::IdentityRules> MeshFiles::ReadIdentities() const {
  if (options_.identities.empty()) return ca::IdentityRules();
  WEIR_ASSIGN_OR_RETURN(const std::string text, files_.Read(options_.identities, kMaxFileBytes));
  schema::Diagnostics diagnostics;
  ca::IdentityRules rules = ca::IdentityRules::Parse(options_.identities, text, diagnostics);
  if (diagnostics.has_errors()) return InvalidArgument(diagnostics.ToString());
  return rules;
}

absl::Status MeshFiles::Open() {
  WEIR_ASSIGN_OR_RETURN(authority_, directory_.Load());
  WEIR_ASSIGN_OR_RETURN(identities_, ReadIdentities());
  WEIR_ASSIGN_OR_RETURN(const ca::TokenList tokens, directory_.LoadTokens());
  revoked_tokens_ = tokens.RevokedIds();
  if (authority_->issuer().NotAfter() < loop_.WallNow() + kWarnBeforeEnd) {
    WEIR_LOG(kControl, kWarn,
             "the authority's issuer ends within 30 days; weirctl ca rotate makes ", "another one");
  }
  // Before its certificate: the two are read together. The key stays for as long as this runs.
  server_key_ = x509::MakeKey();
  WEIR_RETURN_IF_ERROR(
      files_.WriteAtomically(directory_.PathOf(kServerKey), x509::KeyPem(*server_key_).view()));
  return WriteServerCertificate();
}

absl::Status MeshFiles::WriteServerCertificate() {
  ca::Terms terms;
  terms.path = ca::kServerPath;
  terms.dns_names = {"localhost", "weir-control"};
  terms.ips = {"127.0.0.1", "::1"};
  for (const std::string& name : options_.server_names) {
    (IsAddress(name) ? terms.ips : terms.dns_names).push_back(name);
  }
  terms.not_before = loop_.WallNow() - kClockSkew;
  terms.not_after = loop_.WallNow() + kServerLife;
  renewal_.Enable(kRetry);
  WEIR_ASSIGN_OR_RETURN(const std::string chain, authority_->IssueFor(*server_key_, terms));
  WEIR_RETURN_IF_ERROR(files_.WriteAtomically(directory_.PathOf(kServerCertificate), chain));
  served_ = authority_->fingerprint();
  renewal_.Enable(kServerRenewal);
  return absl::OkStatus();
}

void MeshFiles::OnRenewal() {
  const absl::Status written = WriteServerCertificate();
  if (written.ok()) return;
  WEIR_LOG(kControl, kError, "the server's own certificate: ", MessageOf(written));
}

absl::Status MeshFiles::Watch(Changes changes) {
  changes_ = std::move(changes);
  WEIR_ASSIGN_OR_RETURN(directory_watch_, files_.Watch(options_.directory, [this] {
    FollowAuthority();
    FollowTokens();
  }));
  if (options_.identities.empty()) return absl::OkStatus();
  WEIR_ASSIGN_OR_RETURN(identities_watch_,
                        files_.Watch(options_.identities, [this] { OnIdentities(); }));
  return absl::OkStatus();
}

void MeshFiles::FollowAuthority() {
  absl::StatusOr<ca::Authority> next = directory_.Load();
  if (!next.ok()) {
    // Also while a step of a rotation is being written.
    WEIR_LOG(kControl, kWarn, "the authority stays as it was: ", MessageOf(next.status()));
    return;
  }
  const bool same = next->fingerprint() == authority_->fingerprint() &&
                    next->bundle_pem() == authority_->bundle_pem();
  if (same) return;
  authority_ = *std::move(next);
  WEIR_LOG(kControl, kInfo, "the authority changed: issuer ", authority_->issuer().Subject());
  if (served_ != authority_->fingerprint()) OnRenewal();
  changes_.authority(*authority_);
}

void MeshFiles::FollowTokens() {
  const absl::StatusOr<ca::TokenList> tokens = directory_.LoadTokens();
  if (!tokens.ok()) {
    WEIR_LOG(kControl, kError,
             "the revoked tokens stay as they were: ", MessageOf(tokens.status()));
    return;
  }
  HashSet revoked = tokens->RevokedIds();
  if (revoked == revoked_tokens_) return;
  revoked_tokens_ = std::move(revoked);
  WEIR_LOG(kControl, kInfo, "revoked tokens: ", revoked_tokens_.size());
  changes_.revoked_tokens(revoked_tokens_);
}

void MeshFiles::OnIdentities() {
  absl::StatusOr<ca::IdentityRules> next = ReadIdentities();
  if (!next.ok()) {
    WEIR_LOG(kControl, kError, "the identities stay as they were: ", MessageOf(next.status()));
    return;
  }
  identities_ = *std::move(next);
  WEIR_LOG(kControl, kInfo, "identities: ", identities_.size());
  changes_.identities(identities_);
}

}  // namespace weir::control
