#include "source/config/proto/match_input.h"

#include "envoy/extensions/matching/common_inputs/network/v3/network_inputs.pb.h"
#include "envoy/extensions/matching/common_inputs/ssl/v3/ssl_inputs.pb.h"
#include "envoy/extensions/matching/input_matchers/ip/v3/ip.pb.h"
#include "envoy/extensions/matching/input_matchers/metadata/v3/metadata.pb.h"
#include "envoy/type/matcher/v3/http_inputs.pb.h"
#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/route.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace http_inputs = envoy::type::matcher::v3;
namespace network = envoy::extensions::matching::common_inputs::network::v3;
namespace ssl = envoy::extensions::matching::common_inputs::ssl::v3;
using MetadataPb = envoy::extensions::matching::input_matchers::metadata::v3::Metadata;
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
      {network::DynamicMetadataInput::descriptor(), Kind::kDynamicMetadata,
       MatchStage::kConnection},
      {network::FilterStateInput::descriptor(), Kind::kFilterState, MatchStage::kConnection},
      {ssl::UriSanInput::descriptor(), Kind::kUriSan, MatchStage::kRequest},
      {ssl::DnsSanInput::descriptor(), Kind::kDnsSan, MatchStage::kRequest},
      {ssl::SubjectInput::descriptor(), Kind::kSubject, MatchStage::kRequest},
  };
  for (const InputType& type : kTypes) {
    if (type.message == message) return &type;
  }
  return nullptr;
}

// What the message says beside its kind.
void DecodeArguments(const google::protobuf::Message& message, const Scope& scope,
                     match::DataInput& input) {
  if (input.kind == Kind::kRequestHeader) {
    const auto& header = static_cast<const http_inputs::HttpRequestHeaderMatchInput&>(message);
    input.name = DecodeFieldName(header.header_name(), scope.Field("header_name"));
  } else if (input.kind == Kind::kQueryParameter) {
    input.name =
        static_cast<const http_inputs::HttpRequestQueryParamMatchInput&>(message).query_param();
  } else if (input.kind == Kind::kDynamicMetadata) {
    input.path = DecodeMetadataPath(static_cast<const network::DynamicMetadataInput&>(message));
  } else if (input.kind == Kind::kFilterState) {
    const auto& state = static_cast<const network::FilterStateInput&>(message);
    input.name = state.key();
    if (!state.field().empty()) input.path.push_back(state.field());
  }
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
  match::DataInput input{.kind = type->kind, .name = "", .path = {}};
  DecodeArguments(*config, at, input);
  return input;
}

std::optional<decltype(match::InputTest::test)> DecodeCustomTest(
    const xds::core::v3::TypedExtensionConfig& message, const Scope& scope) {
  const Scope at = scope.Field("typed_config");
  const auto config = UnpackAny(message.typed_config(), at);
  if (config == nullptr) return std::nullopt;
  if (config->GetDescriptor() == MetadataPb::descriptor()) {
    const auto& metadata = static_cast<const MetadataPb&>(*config);
    auto value = DecodeValueMatcher(metadata.value(), at.Field("value"));
    if (!value.has_value()) return std::nullopt;
    return match::ValueTest{*std::move(value), metadata.invert()};
  }
  if (config->GetDescriptor() != IpPb::descriptor()) {
    at.Error(StrCat("must be a ", IpPb::descriptor()->full_name(), " or a ",
                    MetadataPb::descriptor()->full_name()),
             config->GetDescriptor()->full_name());
    return std::nullopt;
  }
  const auto* const ip = static_cast<const IpPb*>(config.get());
  match::AddressTest test;
  for (int i = 0; i < ip->cidr_ranges_size(); ++i) {
    const auto range = DecodeCidrRange(ip->cidr_ranges(i), at.Item("cidr_ranges", i));
    if (range.has_value()) test.ranges.push_back(*range);
  }
  return test;
}

}  // namespace weir::config::proto
