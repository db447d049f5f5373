#include "source/tls/identity_index.h"

#include <algorithm>

#include "source/base/check.h"
#include "source/base/strings.h"

namespace weir::tls {
namespace {

bool CanVerify(const ClientAbilities& client, const Identity& identity) {
  switch (identity.key_kind()) {
    case x509::KeyKind::kEcdsa:
      return client.ecdsa && std::find(client.curves.begin(), client.curves.end(),
                                       identity.curve()) != client.curves.end();
    case x509::KeyKind::kEd25519:
      return client.ed25519;
    case x509::KeyKind::kRsa:
    case x509::KeyKind::kOther:
      return true;
  }
  return true;
}

// The first one that the client can verify, of another kind than RSA where there is one; the first
// one when it can verify none, as the handshake then says why.
const Identity* Best(const std::vector<const Identity*>& candidates, const ClientAbilities& client,
                     const StapleRules& rules) {
  const Identity* best = nullptr;
  for (const Identity* candidate : candidates) {
    if (!CanVerify(client, *candidate)) continue;
    if (rules.ActionFor(*candidate, client.wants_staple) == StapleAction::kRefuse) continue;
    if (candidate->key_kind() != x509::KeyKind::kRsa) return candidate;
    if (best == nullptr) best = candidate;
  }
  return best != nullptr ? best : candidates.front();
}

}  // namespace

IdentityIndex::IdentityIndex(std::vector<Shared> identities, bool full_scan)
    : identities_(std::move(identities)), full_scan_(full_scan) {
  WEIR_CHECK(!identities_.empty(), "a server has at least one certificate");
  for (const Shared& identity : identities_) {
    in_order_.push_back(identity.get());
    for (const std::string& name : identity->server_names()) {
      by_name_[name].push_back(identity.get());
    }
  }
}

const Identity& IdentityIndex::Choose(std::string_view server_name, const ClientAbilities& client,
                                      const StapleRules& rules) const {
  if (!server_name.empty()) {
    const auto exact = by_name_.find(server_name);
    if (exact != by_name_.end()) return *Best(exact->second, client, rules);
    const size_t dot = server_name.find('.');
    if (dot != std::string_view::npos && dot > 0) {
      const auto wildcard = by_name_.find(StrCat("*", server_name.substr(dot)));
      if (wildcard != by_name_.end()) return *Best(wildcard->second, client, rules);
    }
    if (!full_scan_) return *in_order_.front();
  }
  return *Best(in_order_, client, rules);
}

}  // namespace weir::tls
