// envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig: the heap in use as a share of a
// fixed size.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/config/extension.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::resource_monitors::fixed_heap {

inline constexpr std::string_view kName = "envoy.resource_monitors.fixed_heap";

struct FixedHeapConfig final : config::ExtensionConfig {
  uint64_t max_heap_size_bytes = 0;  // Above 0.

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::resource_monitors::fixed_heap
