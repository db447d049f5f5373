#include "source/config/proto/proxy_protocol.h"

#include "source/base/strings.h"

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

net::ProxyHeaderFormat DecodeProxyHeader(
    const envoy::config::core::v3::ProxyProtocolConfig& message, const Scope& scope) {
  using Pb = envoy::config::core::v3::ProxyProtocolConfig;
  net::ProxyHeaderFormat format;
  if (message.version() == Pb::V2) {
    format.version = net::ProxyVersion::kV2;
  } else if (message.has_pass_through_tlvs() || message.added_tlvs_size() > 0) {
    scope.Field("version").Error("V1 has no TLVs; V2 is needed for them", "V1");
  }
  if (message.has_pass_through_tlvs()) {
    format.pass_through = DecodeTlvSelection(message.pass_through_tlvs());
  }
  for (int i = 0; i < message.added_tlvs_size(); ++i) {
    const auto& tlv = message.added_tlvs(i);
    if (tlv.value().size() > UINT16_MAX) {
      scope.Item("added_tlvs", i)
          .Field("value")
          .Error("has more than 65535 bytes", StrCat(tlv.value().size(), " bytes"));
    }
    format.added.push_back({static_cast<uint8_t>(tlv.type()), tlv.value()});
  }
  return format;
}

}  // namespace weir::config::proto
