#include "source/config/proto/decode.h"

#include <algorithm>

#include "source/base/status.h"
#include "source/config/proto/cluster.h"
#include "source/config/proto/endpoints.h"
#include "source/config/proto/listener.h"
#include "source/config/proto/route_table.h"
#include "source/config/proto/tls.h"
#include "source/schema/field_rules.h"
#include "source/schema/resource_type.h"

namespace weir::config::proto {
namespace {

// Whether `path` is `above` or lies below it.
bool IsAtOrBelow(std::string_view path, std::string_view above) {
  return path.starts_with(above) &&
         (path.size() == above.size() || path[above.size()] == '.' || path[above.size()] == '[');
}

template <typename Message, typename Decode>
void DecodeAs(std::string_view bytes, const DecodeOptions& options, DecodedResource& resource,
              schema::Diagnostics& diagnostics, Decode decode) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    diagnostics.Error("", "the bytes are no message of this type");
    return;
  }
  resource.name = schema::ResourceName(message);
  CheckMessage(message, options, diagnostics, resource.ignored);
  schema::Diagnostics own;
  DecodeContext context{.extensions = options.extensions,
                        .data = options.data,
                        .diagnostics = own,
                        .ignored = resource.ignored,
                        .allow_unknown_fields = options.allow_unknown_fields,
                        .runtime = options.runtime,
                        .certificate_providers = options.certificate_providers,
                        .upstream_bind = options.upstream_bind,
                        .parts = options.parts,
                        .node_id = options.node_id};
  if (options.now) context.now = options.now();
  resource.value = decode(message, Scope(context));
  AppendNew(std::move(own), diagnostics);
}

}  // namespace

absl::StatusOr<std::string> NoDataReader::ReadFile(const std::string& path) const {
  return InvalidArgument(StrCat("files are not read here: '", path, "'"));
}

absl::StatusOr<std::string> NoDataReader::ReadEnvironment(const std::string& variable) const {
  return InvalidArgument(StrCat("environment variables are not read here: '", variable, "'"));
}

void AppendNew(schema::Diagnostics found, schema::Diagnostics& diagnostics) {
  const size_t before = diagnostics.all().size();
  for (schema::Diagnostic& diagnostic : found.mutable_all()) {
    const auto known = diagnostics.all().begin();
    const bool told = std::any_of(
        known, known + static_cast<std::ptrdiff_t>(before), [&](const schema::Diagnostic& earlier) {
          return !earlier.path.empty() && IsAtOrBelow(diagnostic.path, earlier.path);
        });
    if (!told) diagnostics.Add(std::move(diagnostic));
  }
}

void CheckMessage(const google::protobuf::Message& message, const DecodeOptions& options,
                  schema::Diagnostics& diagnostics, std::vector<schema::Unsupported>& ignored) {
  schema::CheckRules(message, diagnostics);
  const schema::SupportReport report =
      schema::CheckSupported(message, options.extensions.Known(), options.missing_fields());
  schema::AddRefused(report, diagnostics);
  ignored.insert(ignored.end(), report.ignored.begin(), report.ignored.end());
}

std::optional<DecodedResource> DecodeResource(std::string_view type_url, std::string_view bytes,
                                              const DecodeOptions& options,
                                              schema::Diagnostics& diagnostics) {
  DecodedResource resource;
  schema::Diagnostics own;
  if (type_url == schema::kListenerTypeUrl) {
    DecodeAs<envoy::config::listener::v3::Listener>(bytes, options, resource, own, DecodeListener);
  } else if (type_url == schema::kRouteConfigurationTypeUrl) {
    DecodeAs<envoy::config::route::v3::RouteConfiguration>(bytes, options, resource, own,
                                                           DecodeRouteTable);
  } else if (type_url == schema::kClusterTypeUrl) {
    DecodeAs<envoy::config::cluster::v3::Cluster>(bytes, options, resource, own, DecodeCluster);
  } else if (type_url == schema::kClusterLoadAssignmentTypeUrl) {
    DecodeAs<envoy::config::endpoint::v3::ClusterLoadAssignment>(
        bytes, options, resource, own, [](const auto& message, const Scope& scope) {
          return DecodeEndpoints(message, scope, EndpointNames::kRefuse);
        });
  } else if (type_url == schema::kSecretTypeUrl) {
    DecodeAs<envoy::extensions::transport_sockets::tls::v3::Secret>(bytes, options, resource, own,
                                                                    DecodeSecret);
  } else {
    own.Error("", StrCat("resources of type ", type_url, " are not supported"));
  }
  for (schema::Diagnostic& diagnostic : own.mutable_all()) {
    diagnostic.type_url = std::string(type_url);
    diagnostic.resource = resource.name;
  }
  const bool refused = own.has_errors();
  diagnostics.Append(std::move(own));
  if (refused) return std::nullopt;
  return resource;
}

}  // namespace weir::config::proto
