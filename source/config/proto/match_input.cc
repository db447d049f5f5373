#include "source/config/proto/match_input.h"

#include "envoy/extensions/matching/common_inputs/network/v3/network_inputs.pb.h"
#include "envoy/extensions/matching/common_inputs/ssl/v3/ssl_inputs.pb.h"
#include "envoy/extensions/matching/input_matchers/ip/v3/ip.pb.h"
#include "envoy/type/matcher/v3/http_inputs.pb.h"
#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/route.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace http_inputs = envoy::type::matcher::v3;
namespace network = envoy::extensions::matching::common_inputs::network::v3;
namespace ssl = envoy::extensions::matching::common_inputs::ssl::v3;
using IpPb = envoy::extensions::matching::input_matchers::ip::v3::Ip;
using google::protobuf::Descriptor;
using Kind = match::DataInput::Kind;

struct InputType {
  const Descriptor* message;
  Kind kind;
  MatchStage from;  // It has a value from here on.
};

const InputType* FindInput(const Descriptor* message) {
  static const InputType kTypes[] = {
      {http_inputs::HttpRequestHeaderMatchInput::descriptor(), Kind::kRequestHeader,
       MatchStage::kRequest},
      {http_inputs::HttpRequestQueryParamMatchInput::descriptor(), Kind::kQueryParameter,
       MatchStage::kRequest},
      {network::DestinationIPInput::descriptor(), Kind::kDestinationIp, MatchStage::kConnection},
      {network::DestinationPortInput::descriptor(), Kind::kDestinationPort,
       MatchStage::kConnection},
      {network::SourceIPInput::descriptor(), Kind::kSourceIp, MatchStage::kConnection},
      {network::SourcePortInput::descriptor(), Kind::kSourcePort, MatchStage::kConnection},
      {network::DirectSourceIPInput::descriptor(), Kind::kDirectSourceIp, MatchStage::kConnection},
      {network::SourceTypeInput::descriptor(), Kind::kSourceType, MatchStage::kConnection},
      {network::ServerNameInput::descriptor(), Kind::kServerName, MatchStage::kConnection},
      {network::TransportProtocolInput::descriptor(), Kind::kTransportProtocol,
       MatchStage::kConnection},
      {network::ApplicationProtocolInput::descriptor(), Kind::kApplicationProtocol,
       MatchStage::kConnection},
      {ssl::UriSanInput::descriptor(), Kind::kUriSan, MatchStage::kRequest},
      {ssl::DnsSanInput::descriptor(), Kind::kDnsSan, MatchStage::kRequest},
      {ssl::SubjectInput::descriptor(), Kind::kSubject, MatchStage::kRequest},
  };
  for (const InputType& type : kTypes) {
    if (type.message == message) return &type;
  }
  return nullptr;
}

std::string NameOf(const google::protobuf::Message& message, Kind kind, const Scope& scope) {
  if (kind == Kind::kRequestHeader) {
    const auto& header = static_cast<const http_inputs::HttpRequestHeaderMatchInput&>(message);
    return DecodeFieldName(header.header_name(), scope.Field("header_name"));
  }
  if (kind == Kind::kQueryParameter) {
    return static_cast<const http_inputs::HttpRequestQueryParamMatchInput&>(message).query_param();
  }
  return "";
}

}  // namespace

std::optional<match::DataInput> DecodeDataInput(const xds::core::v3::TypedExtensionConfig& message,
                                                const Scope& scope, MatchStage stage) {
  const Scope at = scope.Field("typed_config");
  const auto config = UnpackAny(message.typed_config(), at);
  if (config == nullptr) return std::nullopt;
  const Descriptor* const descriptor = config->GetDescriptor();
  const InputType* const type = FindInput(descriptor);
  if (type == nullptr) {
    at.Error("is not an input of a matcher", descriptor->full_name());
    return std::nullopt;
  }
  if (type->from > stage) {
    at.Error("has no value before a filter chain is chosen: there is neither TLS nor a request",
             descriptor->full_name());
    return std::nullopt;
  }
  return match::DataInput{.kind = type->kind, .name = NameOf(*config, type->kind, at)};
}

std::optional<decltype(match::InputTest::test)> DecodeCustomTest(
    const xds::core::v3::TypedExtensionConfig& message, const Scope& scope) {
  const Scope at = scope.Field("typed_config");
  const auto ip = Unpack<IpPb>(message.typed_config(), at);
  if (ip == nullptr) return std::nullopt;
  match::AddressTest test;
  for (int i = 0; i < ip->cidr_ranges_size(); ++i) {
    const auto range = DecodeCidrRange(ip->cidr_ranges(i), at.Item("cidr_ranges", i));
    if (range.has_value()) test.ranges.push_back(*range);
  }
  return test;
}

}  // namespace weir::config::proto
