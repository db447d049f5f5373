#include "source/config/proto/ip_detection.h"

#include <optional>

#include "envoy/extensions/http/original_ip_detection/custom_header/v3/custom_header.pb.h"
#include "envoy/extensions/http/original_ip_detection/xff/v3/xff.pb.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace detection = envoy::extensions::http::original_ip_detection;
using XffPb = detection::xff::v3::XffConfig;
using HeaderPb = detection::custom_header::v3::CustomHeaderConfig;

constexpr uint16_t kForbidden = 403;

XffDetection DecodeXff(const XffPb& message, const Scope& scope) {
  XffDetection decoded{.trusted_hops = message.xff_num_trusted_hops()};
  const Scope at = scope.Field("xff_trusted_cidrs");
  for (int i = 0; i < message.xff_trusted_cidrs().cidrs_size(); ++i) {
    const auto range = DecodeCidrRange(message.xff_trusted_cidrs().cidrs(i), at.Item("cidrs", i));
    if (range.has_value()) decoded.trusted.push_back(*range);
  }
  if (message.has_xff_trusted_cidrs() && message.xff_num_trusted_hops() > 0) {
    at.Error("cannot be given together with xff_num_trusted_hops");
  }
  if (message.has_skip_xff_append()) decoded.skip_append = message.skip_xff_append().value();
  return decoded;
}

HeaderDetection DecodeHeader(const HeaderPb& message) {
  HeaderDetection decoded{.name = AsciiLower(message.header_name()),
                          .trusted = message.allow_extension_to_set_address_as_trusted()};
  if (message.has_reject_with_status()) {
    // As Envoy: a status that is no refusal becomes 403.
    const auto status = static_cast<uint16_t>(message.reject_with_status().code());
    decoded.reject_status = status >= 400 ? status : kForbidden;
  }
  return decoded;
}

std::optional<IpDetection> DecodeOne(const google::protobuf::Any& any, const Scope& scope) {
  const std::string type = schema::ExtensionTypeName(any);
  if (type == XffPb::descriptor()->full_name()) {
    const auto message = Unpack<XffPb>(any, scope);
    if (message != nullptr) return DecodeXff(*message, scope);
  } else if (type == HeaderPb::descriptor()->full_name()) {
    const auto message = Unpack<HeaderPb>(any, scope);
    if (message != nullptr) return DecodeHeader(*message);
  } else {
    scope.Error("is no detection of addresses; there are XffConfig and CustomHeaderConfig", type);
  }
  return std::nullopt;
}

}  // namespace

std::vector<IpDetection> DecodeIpDetection(
    const envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager&
        message,
    const Scope& scope) {
  constexpr std::string_view kField = "original_ip_detection_extensions";
  std::vector<IpDetection> decoded;
  const auto& extensions = message.original_ip_detection_extensions();
  if (!extensions.empty() && message.use_remote_address().value()) {
    scope.Field(kField).Error("cannot be given together with use_remote_address");
  }
  if (!extensions.empty() && message.xff_num_trusted_hops() > 0) {
    scope.Field(kField).Error("cannot be given together with xff_num_trusted_hops");
  }
  for (int i = 0; i < extensions.size(); ++i) {
    auto one = DecodeOne(extensions[i].typed_config(), scope.Item(kField, i).Field("typed_config"));
    if (one.has_value()) decoded.push_back(*std::move(one));
  }
  return decoded;
}

}  // namespace weir::config::proto
