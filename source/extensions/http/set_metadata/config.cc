#include "source/extensions/http/set_metadata/config.h"

#include "envoy/extensions/filters/http/set_metadata/v3/set_metadata.pb.h"
#include "source/config/proto/extension_decoders.h"
#include "source/config/proto/values.h"

namespace weir::extensions::http::set_metadata {
namespace {

namespace pb = envoy::extensions::filters::http::set_metadata::v3;

std::shared_ptr<const config::ExtensionConfig> Decode(const pb::Config& message,
                                                      const config::proto::Scope& scope) {
  auto decoded = std::make_shared<SetMetadataConfig>();
  if (message.has_value()) {
    if (message.metadata_namespace().empty()) {
      scope.Field("metadata_namespace").Error("a namespace is missing");
    }
    decoded->entries.push_back({.metadata_namespace = message.metadata_namespace(),
                                .value = config::proto::DecodeStruct(message.value()),
                                .allow_overwrite = true});
  }
  for (int i = 0; i < message.metadata_size(); ++i) {
    const pb::Metadata& metadata = message.metadata(i);
    if (!metadata.has_value()) {
      scope.Item("metadata", i).Field("value").Error("a value is missing");
    }
    decoded->entries.push_back({.metadata_namespace = metadata.metadata_namespace(),
                                .value = config::proto::DecodeStruct(metadata.value()),
                                .allow_overwrite = metadata.allow_overwrite()});
  }
  return decoded;
}

}  // namespace

bool SetMetadataConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const SetMetadataConfig*>(&other);
  return same != nullptr && entries == same->entries;
}

void RegisterDecoder(config::proto::ExtensionDecoders& decoders) {
  decoders.Add<pb::Config>(config::proto::ExtensionDecoders::Category::kHttpFilter, Decode);
}

}  // namespace weir::extensions::http::set_metadata
