#include "source/extensions/http/set_metadata/set_metadata.h"

#include "source/extensions/http/set_metadata/config.h"

namespace weir::extensions::http::set_metadata {
namespace {

void Apply(const MetadataEntry& entry, Value& metadata) {
  const Value* const before = metadata.Find(entry.metadata_namespace);
  if (before == nullptr) {
    metadata = WithField(metadata, entry.metadata_namespace, entry.value);
  } else if (entry.allow_overwrite) {
    metadata = WithField(metadata, entry.metadata_namespace, Merged(*before, entry.value));
  }
}

class SetMetadata final : public filter::HttpFilter {
 public:
  SetMetadata(const std::vector<MetadataEntry>& entries, filter::HttpFilterHost& host)
      : entries_(entries), host_(host) {}

  filter::FilterResult OnRequestHeaders(weir::http::RequestHead&, bool) override {
    Value& metadata = host_.info().found.Edit().metadata;
    for (const MetadataEntry& entry : entries_) Apply(entry, metadata);
    return filter::FilterResult::kContinue;
  }

 private:
  const std::vector<MetadataEntry>& entries_;
  filter::HttpFilterHost& host_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(const SetMetadataConfig& config) : entries_(config.entries) {}

  // Filters live no longer than the chain that has this factory.
  std::unique_ptr<filter::HttpFilter> Create(filter::HttpFilterHost& host) const override {
    return std::make_unique<SetMetadata>(entries_, host);
  }

 private:
  const std::vector<MetadataEntry> entries_;
};

}  // namespace

void RegisterFactory(filter::Factories& factories) {
  factories.http_filters[std::string(kName)] = [](const config::ExtensionConfig& config) {
    return std::make_shared<const Factory>(static_cast<const SetMetadataConfig&>(config));
  };
}

}  // namespace weir::extensions::http::set_metadata
