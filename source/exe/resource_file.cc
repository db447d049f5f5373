#include "source/exe/resource_file.h"

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/status.h"
#include "source/schema/config_text.h"

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

}  // namespace weir::exe
