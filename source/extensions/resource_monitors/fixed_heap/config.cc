#include "source/extensions/resource_monitors/fixed_heap/config.h"

#include "envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap.pb.h"
#include "source/config/proto/extension_decoders.h"

namespace weir::extensions::resource_monitors::fixed_heap {
namespace {

using Pb = envoy::extensions::resource_monitors::fixed_heap::v3::FixedHeapConfig;

std::shared_ptr<const config::ExtensionConfig> Decode(const Pb& message,
                                                      const config::proto::Scope& scope) {
  if (message.max_heap_size_bytes() == 0) {
    scope.Field("max_heap_size_bytes").Error("must be above 0", "0");
    return nullptr;
  }
  auto decoded = std::make_shared<FixedHeapConfig>();
  decoded->max_heap_size_bytes = message.max_heap_size_bytes();
  return decoded;
}

}  // namespace

bool FixedHeapConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const FixedHeapConfig*>(&other);
  return same != nullptr && max_heap_size_bytes == same->max_heap_size_bytes;
}

void RegisterDecoder(config::proto::ExtensionDecoders& decoders) {
  decoders.Add<Pb>(config::proto::ExtensionDecoders::Category::kResourceMonitor, Decode);
}

}  // namespace weir::extensions::resource_monitors::fixed_heap
