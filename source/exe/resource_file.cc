#include "source/exe/resource_file.h"

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/status.h"
#include "source/schema/config_text.h"
#include "source/schema/resource_type.h"

namespace weir::exe {

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

absl::StatusOr<std::vector<std::shared_ptr<const config::Secret>>> ReadSecrets(
    const std::string& path, const config::proto::DecodeOptions& options) {
  WEIR_ASSIGN_OR_RETURN(const std::string text, options.data.ReadFile(path));
  WEIR_ASSIGN_OR_RETURN(const std::string bytes, ParseResourceFile(path, text));
  envoy::service::discovery::v3::DiscoveryResponse response;
  if (!response.ParseFromString(bytes)) return InvalidArgument(StrCat(path, ": is no response"));
  std::vector<std::shared_ptr<const config::Secret>> secrets;
  for (const google::protobuf::Any& any : response.resources()) {
    if (any.type_url() != schema::kSecretTypeUrl) continue;
    schema::Diagnostics diagnostics;
    const auto decoded =
        config::proto::DecodeResource(any.type_url(), any.value(), options, diagnostics);
    if (!decoded) return InvalidArgument(StrCat(path, ": ", diagnostics.ToString()));
    secrets.push_back(std::get<std::shared_ptr<const config::Secret>>(decoded->value));
  }
  return secrets;
}

}  // namespace weir::exe
