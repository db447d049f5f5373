#include "source/config/proto/proxy_protocol.h"

namespace weir::config::proto {

net::TlvSelection DecodeTlvSelection(
    const envoy::config::core::v3::ProxyProtocolPassThroughTLVs& message) {
  using Pb = envoy::config::core::v3::ProxyProtocolPassThroughTLVs;
  net::TlvSelection selection;
  selection.all = message.match_type() == Pb::INCLUDE_ALL;
  // Below 256 by the field's rule.
  if (!selection.all) selection.types.assign(message.tlv_type().begin(), message.tlv_type().end());
  return selection;
}

}  // namespace weir::config::proto
