#include "source/exe/resource_file.h"

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/status.h"
#include "source/schema/config_text.h"
#include "source/schema/resource_type.h"

namespace weir::exe {
namespace {

using SharedSecret = std::shared_ptr<const config::Secret>;

absl::StatusOr<SharedSecret> DecodeSecret(std::string_view bytes,
                                          const config::proto::DecodeOptions& options) {
  schema::Diagnostics diagnostics;
  const auto decoded =
      config::proto::DecodeResource(schema::kSecretTypeUrl, bytes, options, diagnostics);
  if (!decoded) return InvalidArgument(diagnostics.ToString());
  return std::get<SharedSecret>(decoded->value);
}

}  // namespace

absl::StatusOr<std::string> ParseResourceFile(const std::string& path, std::string_view text) {
  if (path.ends_with(".pb")) return std::string(text);
  schema::Diagnostics diagnostics;
  std::vector<schema::TextResource> resources = schema::ReadResources({text, path}, diagnostics);
  if (diagnostics.has_errors()) return InvalidArgument(diagnostics.ToString());
  envoy::service::discovery::v3::DiscoveryResponse response;
  for (schema::TextResource& resource : resources) {
    *response.add_resources() = std::move(resource.any);
  }
  return response.SerializeAsString();
}

absl::StatusOr<std::vector<SharedSecret>> ReadSecrets(const config::ConfigSource& source,
                                                      const config::proto::DecodeOptions& options) {
  std::vector<SharedSecret> secrets;
  if (source.kind == config::ConfigSource::Kind::kGiven) {
    WEIR_ASSIGN_OR_RETURN(secrets.emplace_back(), DecodeSecret(source.given.bytes, options));
    return secrets;
  }
  const std::string& path = source.path;
  WEIR_ASSIGN_OR_RETURN(const std::string text, options.data.ReadFile(path));
  WEIR_ASSIGN_OR_RETURN(const std::string bytes, ParseResourceFile(path, text));
  envoy::service::discovery::v3::DiscoveryResponse response;
  if (!response.ParseFromString(bytes)) return InvalidArgument(StrCat(path, ": is no response"));
  for (const google::protobuf::Any& any : response.resources()) {
    if (any.type_url() != schema::kSecretTypeUrl) continue;
    absl::StatusOr<SharedSecret> secret = DecodeSecret(any.value(), options);
    if (!secret.ok()) return Annotate(secret.status(), path);
    secrets.push_back(*std::move(secret));
  }
  return secrets;
}

}  // namespace weir::exe
