// Whether a client gets an OCSP response with a certificate (RFC 6066, 8; RFC 8446, 4.4.2.1). Pure;
// any thread.
#pragma once

#include "source/config/tls.h"
#include "source/event/clock.h"
#include "source/tls/identity.h"

namespace weir::tls {

enum class StapleAction : unsigned char {
  kNotAsked,  // The client did not ask for one.
  kStaple,
  kOmit,    // There is none that is current, and the handshake goes on.
  kRefuse,  // The same, and the certificate must not be shown without.
};

struct StapleRules {
  config::OcspPolicy policy = config::OcspPolicy::kLenient;
  event::SystemTime now;

  StapleAction ActionFor(const Identity& identity, bool client_asks) const;
};

}  // namespace weir::tls
