#include "source/extensions/listener/proxy_protocol/config.h"

#include "envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.pb.h"
#include "source/config/proto/extension_decoders.h"
#include "source/config/proto/proxy_protocol.h"

namespace weir::extensions::listener::proxy_protocol {
namespace {

using Pb = envoy::extensions::filters::listener::proxy_protocol::v3::ProxyProtocol;
using envoy::config::core::v3::ProxyProtocolConfig_Version_V1;

// Types are below 256 by the field's rule.
void DecodeRule(const Pb::Rule& rule, ProxyProtocolConfig& decoded) {
  // Without it the TLV is known and goes nowhere.
  if (!rule.has_on_tlv_present()) return;
  const Pb::KeyValuePair& target = rule.on_tlv_present();
  decoded.rules.push_back({.type = static_cast<uint8_t>(rule.tlv_type()),
                           .metadata_namespace = target.metadata_namespace().empty()
                                                     ? std::string(kName)
                                                     : target.metadata_namespace(),
                           .key = target.key(),
                           .base64 = target.value_string_encoding() == Pb::KeyValuePair::BASE64});
}

std::shared_ptr<const config::ExtensionConfig> Decode(const Pb& message,
                                                      const config::proto::Scope& scope) {
  auto decoded = std::make_shared<ProxyProtocolConfig>();
  for (const Pb::Rule& rule : message.rules()) DecodeRule(rule, *decoded);
  decoded->to_filter_state = message.tlv_location() == Pb::FILTER_STATE;
  decoded->allow_without = message.allow_requests_without_proxy_protocol();
  for (const int version : message.disallowed_versions()) {
    (version == ProxyProtocolConfig_Version_V1 ? decoded->allow_v1 : decoded->allow_v2) = false;
  }
  if (!decoded->allow_v1 && !decoded->allow_v2 && !decoded->allow_without) {
    scope.Field("disallowed_versions")
        .Error("leaves no version that a connection could begin with");
  }
  if (message.has_pass_through_tlvs()) {
    decoded->pass_through = config::proto::DecodeTlvSelection(message.pass_through_tlvs());
  }
  decoded->stat_prefix = message.stat_prefix();
  return decoded;
}

}  // namespace

bool ProxyProtocolConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const ProxyProtocolConfig*>(&other);
  return same != nullptr && rules == same->rules && to_filter_state == same->to_filter_state &&
         allow_without == same->allow_without && allow_v1 == same->allow_v1 &&
         allow_v2 == same->allow_v2 && pass_through == same->pass_through &&
         stat_prefix == same->stat_prefix;
}

void RegisterDecoder(config::proto::ExtensionDecoders& decoders) {
  decoders.Add<Pb>(config::proto::ExtensionDecoders::Category::kListenerFilter, Decode);
}

}  // namespace weir::extensions::listener::proxy_protocol
