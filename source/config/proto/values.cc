#include "source/config/proto/values.h"

#include <algorithm>

#include "source/base/status.h"
#include "source/config/proto/decode.h"
#include "source/config/runtime.h"
#include "source/config/shared_parts.h"

namespace weir::config::proto {
namespace core = envoy::config::core::v3;

std::chrono::milliseconds DecodeDuration(const google::protobuf::Duration& duration,
                                         const Scope& scope) {
  constexpr int64_t kMaxSeconds = int64_t{100} * 366 * 86400;
  if (duration.seconds() < 0 || duration.nanos() < 0 || duration.nanos() > 999'999'999) {
    scope.Error("must not be negative", StrCat(duration.seconds(), "s"));
    return std::chrono::milliseconds(0);
  }
  if (duration.seconds() > kMaxSeconds) {
    scope.Error("must be at most 100 years", StrCat(duration.seconds(), "s"));
    return std::chrono::milliseconds(0);
  }
  return std::chrono::seconds(duration.seconds()) +
         std::chrono::ceil<std::chrono::milliseconds>(std::chrono::nanoseconds(duration.nanos()));
}

std::optional<net::Address> DecodeAddress(const core::Address& address, const Scope& scope,
                                          std::string* name) {
  if (address.has_pipe()) {
    const Scope pipe = scope.Field("pipe");
    absl::StatusOr<net::Address> path =
        net::Address::Unix(address.pipe().path(), address.pipe().mode());
    if (path.ok()) return *std::move(path);
    pipe.Field("path").Error(path.status());
    return std::nullopt;
  }
  if (!address.has_socket_address()) {
    scope.Error("an address is missing: socket_address or pipe");
    return std::nullopt;
  }
  return DecodeSocketAddress(address.socket_address(), scope.Field("socket_address"), name);
}

std::optional<net::Address> DecodeSocketAddress(const core::SocketAddress& address,
                                                const Scope& scope, std::string* name) {
  if (address.port_value() > 65535) {
    scope.Field("port_value").Error("must be at most 65535", StrCat(address.port_value()));
    return std::nullopt;
  }
  const std::optional<net::IpAddress> ip = net::IpAddress::Parse(address.address());
  if (ip.has_value()) return net::Address::Ip(*ip, static_cast<uint16_t>(address.port_value()));
  if (name != nullptr && !address.address().empty()) {
    *name = address.address();
  } else {
    scope.Field("address").Error(
        "is not an IP address (names are resolved in clusters of type "
        "STRICT_DNS alone)",
        address.address());
  }
  return std::nullopt;
}

namespace {

// A CidrRange of either API.
template <typename Message>
std::optional<net::CidrRange> RangeOf(const Message& range, const Scope& scope) {
  const std::optional<net::IpAddress> ip = net::IpAddress::Parse(range.address_prefix());
  if (!ip.has_value()) {
    scope.Field("address_prefix").Error("is not an IP address", range.address_prefix());
    return std::nullopt;
  }
  absl::StatusOr<net::CidrRange> decoded = net::CidrRange::Create(*ip, range.prefix_len().value());
  if (decoded.ok()) return *std::move(decoded);
  scope.Field("prefix_len").Error(decoded.status());
  return std::nullopt;
}

}  // namespace

std::optional<net::CidrRange> DecodeCidrRange(const core::CidrRange& range, const Scope& scope) {
  return RangeOf(range, scope);
}

std::optional<net::CidrRange> DecodeCidrRange(const xds::core::v3::CidrRange& range,
                                              const Scope& scope) {
  return RangeOf(range, scope);
}

net::TcpKeepalive DecodeKeepalive(const core::TcpKeepalive& keepalive) {
  return {.probes = keepalive.keepalive_probes().value(),
          .idle_seconds = keepalive.keepalive_time().value(),
          .interval_seconds = keepalive.keepalive_interval().value()};
}

namespace {

// A directory that nobody watches must not seem to be watched.
void CheckWatchedDirectory(const core::DataSource& source, const Scope& scope) {
  if (!source.has_watched_directory()) return;
  const Scope at = scope.Field("watched_directory");
  if (!source.has_filename()) {
    at.Error("belongs to a filename");
  } else if (!scope.context().follows_files) {
    at.Error("is watched for secrets that are streamed alone", source.watched_directory().path());
  }
}

void Follow(const core::DataSource& source, std::vector<std::string>& files) {
  const std::string& path =
      source.has_watched_directory() ? source.watched_directory().path() : source.filename();
  if (std::find(files.begin(), files.end(), path) == files.end()) files.push_back(path);
}

}  // namespace

std::string DecodeDataSource(const core::DataSource& source, const Scope& scope) {
  CheckWatchedDirectory(source, scope);
  const DataReader& reader = scope.context().data;
  absl::StatusOr<std::string> bytes;
  switch (source.specifier_case()) {
    case core::DataSource::kInlineBytes:
      return source.inline_bytes();
    case core::DataSource::kInlineString:
      return source.inline_string();
    case core::DataSource::kFilename:
      bytes = reader.ReadFile(source.filename());
      Follow(source, scope.context().files);
      if (!bytes.ok()) scope.Field("filename").Error(bytes.status());
      break;
    case core::DataSource::kEnvironmentVariable:
      bytes = reader.ReadEnvironment(source.environment_variable());
      if (!bytes.ok()) scope.Field("environment_variable").Error(bytes.status());
      break;
    case core::DataSource::SPECIFIER_NOT_SET:
      scope.Error(
          "a source is missing: filename, inline_bytes, inline_string or environment_variable");
      return {};
  }
  return bytes.ok() ? *std::move(bytes) : std::string();
}

bool IsElsewhere(const core::DataSource& source, const Scope& scope) {
  return scope.context().data.IsElsewhere() &&
         (source.has_filename() || source.has_environment_variable());
}

Fraction DecodeFraction(const core::RuntimeFractionalPercent& fraction, const Scope& scope) {
  const Runtime* const runtime = scope.context().runtime;
  if (runtime != nullptr && !fraction.runtime_key().empty()) {
    if (const auto value = runtime->FractionOf(fraction.runtime_key())) return *value;
  }
  return DecodePercent(fraction.default_value());
}

Fraction DecodePercent(const envoy::type::v3::FractionalPercent& percent) {
  uint64_t unit = 1;
  if (percent.denominator() == envoy::type::v3::FractionalPercent::HUNDRED) unit = 10'000;
  if (percent.denominator() == envoy::type::v3::FractionalPercent::TEN_THOUSAND) unit = 100;
  const uint64_t per_million = percent.numerator() * unit;
  return {static_cast<uint32_t>(std::min<uint64_t>(per_million, 1'000'000))};
}

namespace {

void DecodeGrpcService(const core::GrpcService& service, const Scope& scope, GrpcSource& source) {
  const core::GrpcService::EnvoyGrpc& target = service.envoy_grpc();
  const Scope at = scope.Field("envoy_grpc");
  at.RefuseSet(target, {"max_receive_message_length"});
  scope.IgnoreSet(service, {"timeout"}, "the stream has no end");
  source.cluster = target.cluster_name();
  source.authority = target.authority();
  const HashSet* const clusters = scope.context().known_clusters;
  if (clusters != nullptr && !clusters->contains(source.cluster)) {
    at.Field("cluster_name").Error("there is no static cluster of this name", source.cluster);
  }
  for (const core::HeaderValue& value : service.initial_metadata()) {
    source.initial_metadata.emplace_back(AsciiLower(value.key()),
                                         value.value().empty() ? value.raw_value() : value.value());
  }
}

Value ValueOf(const google::protobuf::Value& value) {
  switch (value.kind_case()) {
    case google::protobuf::Value::kBoolValue:
      return Value::Bool(value.bool_value());
    case google::protobuf::Value::kNumberValue:
      return Value::Number(value.number_value());
    case google::protobuf::Value::kStringValue:
      return Value::String(value.string_value());
    case google::protobuf::Value::kStructValue:
      return DecodeStruct(value.struct_value());
    case google::protobuf::Value::kListValue: {
      Value::List list;
      for (const auto& element : value.list_value().values()) list.push_back(ValueOf(element));
      return Value::FromList(std::move(list));
    }
    case google::protobuf::Value::kNullValue:
    case google::protobuf::Value::KIND_NOT_SET:
      return Value();
  }
  return Value();
}

}  // namespace

CountedName DecodeCountedName(std::string text, const Scope& scope) {
  SharedParts* const parts = scope.context().parts;
  return parts == nullptr ? CountedName(std::move(text)) : parts->Name(std::move(text));
}

Value DecodeStruct(const google::protobuf::Struct& message) {
  Value::Fields fields;
  for (const auto& [name, value] : message.fields()) fields.emplace_back(name, ValueOf(value));
  return Value::FromFields(std::move(fields));
}

GrpcSource DecodeGrpcSource(const core::ApiConfigSource& message, const Scope& scope) {
  GrpcSource source;
  scope.RefuseSet(message, {"cluster_names"});
  if (message.api_type() != core::ApiConfigSource::GRPC &&
      message.api_type() != core::ApiConfigSource::DELTA_GRPC) {
    scope.Field("api_type")
        .Error("must be GRPC or DELTA_GRPC",
               core::ApiConfigSource::ApiType_Name(message.api_type()));
  }
  source.delta = message.api_type() == core::ApiConfigSource::DELTA_GRPC;
  if (message.transport_api_version() == core::V2) {
    scope.Field("transport_api_version").Error("must be V3", "V2");
  }
  if (message.has_rate_limit_settings()) {
    const core::RateLimitSettings& settings = message.rate_limit_settings();
    RequestRateLimit& limit = source.rate_limit.emplace();
    if (settings.has_max_tokens()) limit.max_tokens = settings.max_tokens().value();
    if (settings.has_fill_rate()) limit.fill_rate = settings.fill_rate().value();
    if (limit.max_tokens == 0) {
      scope.Field("rate_limit_settings").Field("max_tokens").Error("must be more than 0");
    }
  }
  if (message.grpc_services_size() != 1) {
    scope.Field("grpc_services")
        .Error("there must be exactly one", StrCat(message.grpc_services_size()));
    return source;
  }
  DecodeGrpcService(message.grpc_services(0), scope.Item("grpc_services", 0), source);
  return source;
}

ConfigSource DecodeConfigSource(const core::ConfigSource& source, const Scope& scope) {
  ConfigSource decoded;
  switch (source.config_source_specifier_case()) {
    case core::ConfigSource::kAds:
      decoded.kind = ConfigSource::Kind::kAds;
      break;
    case core::ConfigSource::kSelf:
      decoded.kind = ConfigSource::Kind::kSelf;
      break;
    case core::ConfigSource::kPath:
      decoded.kind = ConfigSource::Kind::kPath;
      decoded.path = source.path();
      break;
    case core::ConfigSource::kPathConfigSource:
      decoded.kind = ConfigSource::Kind::kPath;
      decoded.path = source.path_config_source().path();
      decoded.watched_directory = source.path_config_source().watched_directory().path();
      break;
    case core::ConfigSource::kApiConfigSource:
      decoded.kind = ConfigSource::Kind::kGrpc;
      decoded.grpc = DecodeGrpcSource(source.api_config_source(), scope.Field("api_config_source"));
      break;
    case core::ConfigSource::CONFIG_SOURCE_SPECIFIER_NOT_SET:
      scope.Error("a source is missing: ads, self, api_config_source or path_config_source");
      break;
  }
  if (decoded.kind == ConfigSource::Kind::kPath && decoded.path.empty()) {
    scope.Error("the path is empty");
  }
  if (source.resource_api_version() == core::V2) {
    scope.Field("resource_api_version").Error("must be V3", "V2");
  }
  if (source.has_initial_fetch_timeout()) {
    decoded.initial_fetch_timeout =
        DecodeDuration(source.initial_fetch_timeout(), scope.Field("initial_fetch_timeout"));
  }
  return decoded;
}

ConfigSource DecodeOwnSource(const core::ConfigSource& source, bool has_ads, const Scope& scope) {
  ConfigSource decoded = DecodeConfigSource(source, scope);
  if (decoded.kind == ConfigSource::Kind::kSelf) {
    scope.Error(
        "`self` has no meaning in the bootstrap: ads, api_config_source or path_config_source");
  }
  if (decoded.kind == ConfigSource::Kind::kAds && !has_ads) {
    scope.Error("`ads` needs dynamic_resources.ads_config");
  }
  return decoded;
}

}  // namespace weir::config::proto
