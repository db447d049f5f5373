#include "source/tls/ocsp_stapling.h"

namespace weir::tls {

StapleAction StapleRules::ActionFor(const Identity& identity, bool client_asks) const {
  if (!client_asks) return StapleAction::kNotAsked;
  const auto& response = identity.ocsp_response();
  if (response.has_value() && response->IsCurrent(now)) return StapleAction::kStaple;
  if (identity.must_staple()) return StapleAction::kRefuse;
  switch (policy) {
    case config::OcspPolicy::kLenient:
      return StapleAction::kOmit;
    case config::OcspPolicy::kStrict:
      return response.has_value() ? StapleAction::kRefuse : StapleAction::kOmit;
    case config::OcspPolicy::kMustStaple:
      return StapleAction::kRefuse;
  }
  return StapleAction::kRefuse;
}

}  // namespace weir::tls
