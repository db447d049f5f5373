#include "source/control/ca/workload_identities.h"

#include <algorithm>

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/status.h"

namespace weir::control::ca {
namespace {

using envoy::extensions::transport_sockets::tls::v3::Secret;

// The engine is not asked less often, so that a clock that jumps, or stands still while the machine
// sleeps, costs no more.
constexpr event::Duration kLongestWait = std::chrono::minutes(5);
// Until another try, when a certificate could not be made.
constexpr event::Duration kRetry = std::chrono::seconds(30);
// Until the issuer is looked at again, when it ends too early.
constexpr event::Duration kHopeAgain = std::chrono::hours(1);
// Clocks of the proxies may be behind.
constexpr event::Duration kClockSkew = std::chrono::minutes(1);
// A deadline is in the future.
constexpr event::Duration kTick = std::chrono::milliseconds(1);
constexpr event::Duration kSweepEvery = std::chrono::hours(1);

engine::ResourcePtr ResourceOf(const Secret& secret) {
  return engine::MakeResource(std::string(engine::kSecretType), secret.name(),
                              secret.SerializeAsString(), {}, {"the certificate authority"});
}

}  // namespace

WorkloadIdentities::WorkloadIdentities(const event::Clock& clock, event::Random random,
                                       Authority authority)
    : clock_(clock), random_(random), authority_(std::move(authority)) {
  MakeTrust();
}

void WorkloadIdentities::SetAuthority(Authority authority) {
  authority_ = std::move(authority);
  MakeTrust();
}

void WorkloadIdentities::MakeTrust() {
  Secret secret;
  secret.set_name(std::string(kTrustName));
  secret.mutable_validation_context()->mutable_trusted_ca()->set_inline_string(
      authority_.bundle_pem());
  engine::ResourcePtr made = ResourceOf(secret);
  if (trust_ == nullptr || trust_->hash != made->hash) trust_ = std::move(made);
}

absl::Status WorkloadIdentities::Admit(const std::string& identity, const engine::Node& node) {
  const absl::Status found = rules_.Find(identity, node).status();
  if (!found.ok()) WEIR_LOG(kControl, kWarn, "a node is refused: ", MessageOf(found));
  return found;
}

engine::NodeViews::Own WorkloadIdentities::ResourcesOf(const std::string& identity,
                                                       const engine::Node& node, engine::Time now) {
  const Wall wall = clock_.System();
  Sweep(wall);
  const absl::StatusOr<const IdentityRule*> found = rules_.Find(identity, node);
  WEIR_CHECK(found.ok(), "a node is admitted before it is given anything");
  const IdentityRule& rule = **found;
  Certificate& certificate = certificates_[{identity, node.id}];
  const bool good = certificate.secret != nullptr && wall < certificate.renew &&
                    certificate.rule == rule && certificate.issuer == authority_.fingerprint();
  if (!good) Make(rule, wall, certificate);
  Own own;
  own.resources.push_back(trust_);
  if (certificate.secret != nullptr) own.resources.push_back(certificate.secret);
  own.ask_again = now + std::clamp<event::Duration>(certificate.renew - wall, kTick, kLongestWait);
  return own;
}

// On failure what there was stays, and another try follows.
void WorkloadIdentities::Make(const IdentityRule& rule, Wall now, Certificate& certificate) {
  const bool same_terms =
      certificate.rule == rule && certificate.issuer == authority_.fingerprint();
  if (same_terms && authority_.issuer().NotAfter() <= certificate.end) {
    WEIR_LOG(kControl, kWarn, "the authority's issuer ends before a new certificate for ",
             rule.path, " could do better; weirctl ca rotate makes another one");
    certificate.renew = now + kHopeAgain;
    return;
  }
  Terms terms;
  terms.path = rule.path;
  terms.dns_names = rule.dns_names;
  terms.not_before = now - kClockSkew;
  terms.not_after = now + rule.lifetime;
  absl::StatusOr<Issued> issued = authority_.Issue(terms);
  if (!issued.ok()) {
    WEIR_LOG(kControl, kError, "no certificate for ", rule.path, ": ", MessageOf(issued.status()));
    certificate.renew = now + kRetry;
    return;
  }
  ++issued_;
  Secret secret;
  secret.set_name(std::string(kCertificateName));
  auto& message = *secret.mutable_tls_certificate();
  message.mutable_certificate_chain()->set_inline_string(issued->chain_pem);
  message.mutable_private_key()->set_inline_string(std::string(issued->key_pem.view()));
  certificate.secret = ResourceOf(secret);
  certificate.rule = rule;
  certificate.issuer = authority_.fingerprint();
  certificate.end = issued->not_after;
  // Between 0.62 and 0.72 of it, so that a mesh that started at once does not renew at once.
  const double share = 0.62 + 0.1 * random_.Unit();
  const event::Duration life = certificate.end - now;
  certificate.renew =
      now + event::Duration(static_cast<int64_t>(share * static_cast<double>(life.count())));
  WEIR_LOG(kControl, kDebug, "certificate ", issued->serial, " for ", rule.path);
}

// Nodes come and go.
void WorkloadIdentities::Sweep(Wall now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweepEvery;
  std::erase_if(certificates_, [&](const auto& entry) { return entry.second.end <= now; });
}

}  // namespace weir::control::ca
