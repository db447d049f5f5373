// envoy.extensions.filters.http.set_filter_state.v3.Config: which objects are kept of a request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/extension.h"
#include "source/format/log_format.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::http::set_filter_state {

inline constexpr std::string_view kName = "envoy.filters.http.set_filter_state";

// One object and the text that it is made of.
struct StateValue {
  enum class Kind : uint8_t {
    kText,          // envoy.string
    kHashableText,  // envoy.hashable_string
    kAddress,       // envoy.network.ip; another text makes none
  };
  std::string key;
  Kind kind = Kind::kText;
  format::LogFormat format;
  bool read_only = false;
  bool skip_if_empty = false;
  friend bool operator==(const StateValue&, const StateValue&) = default;
};

struct SetFilterStateConfig final : config::ExtensionConfig {
  std::vector<StateValue> values;  // In their order.
  bool clear_route_cache = false;  // The route is chosen anew.

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::http::set_filter_state
