#include "source/control/authenticator.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/grpcpp.h>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/control/ca/token.h"
#include "source/control/ca/token_list.h"

namespace weir::control {
namespace {

constexpr std::string_view kBearer = "bearer ";

// The leaf, then what the client sent with it; "" without a certificate.
std::string CertificateOf(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  std::string pem;
  if (auth == nullptr) return pem;
  for (const char* property :
       {GRPC_X509_PEM_CERT_PROPERTY_NAME, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME}) {
    for (const grpc::string_ref& value : auth->FindPropertyValues(property)) {
      pem.append(value.data(), value.size());
    }
  }
  return pem;
}

std::string TokenOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  if (found == metadata.end()) return "";
  const std::string_view value(found->second.data(), found->second.size());
  if (!StartsWithIgnoreCase(value, kBearer)) return "";
  return std::string(value.substr(kBearer.size()));
}

absl::Status Unauthenticated(std::string_view message) {
  return absl::UnauthenticatedError(ToAbsl(message));
}

}  // namespace

Authenticator::Authenticator(const event::Clock& clock, ca::Authority authority,
                             SecretBytes token_key)
    : clock_(clock),
      token_key_(std::move(token_key)),
      authority_(std::make_shared<const ca::Authority>(std::move(authority))) {}

void Authenticator::SetAuthority(ca::Authority authority) {
  auto next = std::make_shared<const ca::Authority>(std::move(authority));
  MutexLock lock(mutex_);
  authority_ = std::move(next);
}

void Authenticator::SetRevokedTokens(HashSet ids) {
  MutexLock lock(mutex_);
  revoked_tokens_ = std::move(ids);
}

bool Authenticator::IsRevoked(std::string_view token_id) const {
  MutexLock lock(mutex_);
  return revoked_tokens_.contains(token_id);
}

std::shared_ptr<const ca::Authority> Authenticator::authority() const {
  MutexLock lock(mutex_);
  return authority_;
}

absl::StatusOr<Authenticator::Caller> Authenticator::CallerOf(
    const grpc::ServerContextBase& context) const {
  if (const std::string pem = CertificateOf(context); !pem.empty()) {
    absl::StatusOr<std::string> path = authority()->PathOf(pem, clock_.System());
    if (path.ok()) return Caller{*std::move(path)};
    return Unauthenticated(StrCat("the client's certificate: ", MessageOf(path.status())));
  }
  const std::string token = TokenOf(context);
  if (token.empty()) {
    return Unauthenticated(
        "a certificate of the mesh is needed, or a token in the metadata \"authorization\"");
  }
  const ca::WallTime now = clock_.System();
  absl::StatusOr<std::string> path = ca::CheckToken(token, token_key_.view(), now);
  if (!path.ok()) return Unauthenticated(MessageOf(path.status()));
  std::string id = ca::IdOfToken(token);
  if (IsRevoked(id)) return Unauthenticated(kTokenRevoked);
  return Caller{*std::move(path), ca::EndOfToken(token) - now, std::move(id)};
}

absl::Status Authenticator::CheckAdmin(const grpc::ServerContextBase& context) const {
  WEIR_ASSIGN_OR_RETURN(const Caller caller, CallerOf(context));
  const std::string& path = caller.path;
  if (path == ca::kAdminPath) return absl::OkStatus();
  return absl::PermissionDeniedError(
      ToAbsl(StrCat("the identity ", path, " may not read or change the configuration; ",
                    ca::kAdminPath, " may")));
}

grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(MessageOf(status))};
}

}  // namespace weir::control
