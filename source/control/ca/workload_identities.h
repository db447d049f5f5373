// The certificates of the mesh's workloads: which node gets which, made when it first asks, kept,
// and replaced before they end.
//
// A node sees its own certificate with its key as secret "default" and what to trust as "ROOTCA",
// the names that users of Istio know. A certificate is replaced after about two thirds of its life,
// at once when the authority has another issuer or the identity's rule says something else, and
// else stays the same over all streams of its node. Engine's thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/control/ca/authority.h"
#include "source/control/ca/identity_rules.h"
#include "source/control/engine/node_views.h"
#include "source/event/clock.h"
#include "source/event/random.h"

namespace weir::control::ca {

inline constexpr std::string_view kCertificateName = "default";
inline constexpr std::string_view kTrustName = "ROOTCA";

// Their type is engine::kSecretType.
inline constexpr std::string_view kGivenNames[] = {kCertificateName, kTrustName};

class WorkloadIdentities final : public engine::NodeViews {
 public:
  // `clock` outlives it.
  WorkloadIdentities(const event::Clock& clock, event::Random random, Authority authority);

  // What streams see changes with the next Engine::RefreshViews.
  void SetAuthority(Authority authority);
  void SetRules(IdentityRules rules) { rules_ = std::move(rules); }

  absl::Status Admit(const std::string& identity, const engine::Node& node) override;
  Own ResourcesOf(const std::string& identity, const engine::Node& node, engine::Time now) override;

  // Certificates made so far.
  uint64_t issued() const { return issued_; }

 private:
  using Wall = event::SystemTime;
  struct Certificate {
    engine::ResourcePtr secret;
    IdentityRule rule;   // By which it was made.
    std::string issuer;  // Authority::fingerprint
    Wall renew;
    Wall end;
  };

  void Make(const IdentityRule& rule, Wall now, Certificate& certificate);
  void MakeTrust();
  void Sweep(Wall now);

  const event::Clock& clock_;
  event::Random random_;
  Authority authority_;
  IdentityRules rules_;
  engine::ResourcePtr trust_;
  std::map<std::pair<std::string, std::string>, Certificate> certificates_;  // Path, node.
  Wall next_sweep_;
  uint64_t issued_ = 0;
};

}  // namespace weir::control::ca
