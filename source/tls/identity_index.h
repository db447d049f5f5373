// Which of a server's certificates a client gets: by the name that it asks for, exact before
// wildcard, then by key type, ECDSA before RSA when the client can, and by what has to be stapled.
// Pure; any thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"
#include "source/tls/identity.h"
#include "source/tls/ocsp_stapling.h"

namespace weir::tls {

// What a ClientHello says about certificates that the client can verify.
struct ClientAbilities {
  bool ecdsa = false;
  std::vector<uint16_t> curves;  // For ECDSA keys, as TLS numbers.
  bool ed25519 = false;
  bool wants_staple = false;  // It asks for an OCSP response.
};

class IdentityIndex {
 public:
  using Shared = std::shared_ptr<const Identity>;

  // `identities`: in the order of the configuration, at least one. `full_scan`: where no name
  // matches, look for the best key among all; otherwise the first one is the answer.
  IdentityIndex(std::vector<Shared> identities, bool full_scan);

  // `server_name` in lower case, "" when the client sent none. One that `rules` refuse is the
  // answer only where there is no other.
  const Identity& Choose(std::string_view server_name, const ClientAbilities& client,
                         const StapleRules& rules) const;
  const std::vector<Shared>& all() const { return identities_; }

 private:
  std::vector<Shared> identities_;
  HashMap<std::vector<const Identity*>> by_name_;  // "a.example", "*.example"
  std::vector<const Identity*> in_order_;
  bool full_scan_;
};

}  // namespace weir::tls
