#include "source/extensions/http/set_filter_state/config.h"

#include "envoy/extensions/filters/http/set_filter_state/v3/set_filter_state.pb.h"
#include "source/config/proto/extension_decoders.h"
#include "source/config/proto/log_format.h"

namespace weir::extensions::http::set_filter_state {
namespace {

namespace pb = envoy::extensions::filters::http::set_filter_state::v3;
using config::proto::Scope;
using ValuePb = envoy::extensions::filters::common::set_filter_state::v3::FilterStateValue;

struct Factory {
  std::string_view key;
  StateValue::Kind kind;
};
constexpr Factory kFactories[] = {
    {"envoy.string", StateValue::Kind::kText},
    {"envoy.hashable_string", StateValue::Kind::kHashableText},
    {"envoy.network.ip", StateValue::Kind::kAddress},
};

StateValue::Kind KindOf(const ValuePb& message, const Scope& scope) {
  const bool named = !message.factory_key().empty();
  const std::string& wanted = named ? message.factory_key() : message.object_key();
  for (const Factory& factory : kFactories) {
    if (factory.key == wanted) return factory.kind;
  }
  scope.Field(named ? "factory_key" : "object_key")
      .Error(
          "names no kind of object: factory_key must be envoy.string, envoy.hashable_string or "
          "envoy.network.ip",
          wanted);
  return StateValue::Kind::kText;
}

StateValue DecodeValue(const ValuePb& message, const Scope& scope) {
  StateValue value{.key = message.object_key(),
                   .kind = KindOf(message, scope),
                   .format = {},
                   .read_only = message.read_only(),
                   .skip_if_empty = message.skip_if_empty()};
  const Scope at = scope.Field("format_string");
  if (message.format_string().has_json_format()) {
    at.Field("json_format").Error("an object is made of a text: text_format or text_format_source");
    return value;
  }
  auto format = config::proto::DecodeLogFormat(message.format_string(), at);
  if (format.has_value()) value.format = *std::move(format);
  return value;
}

std::shared_ptr<const config::ExtensionConfig> Decode(const pb::Config& message,
                                                      const Scope& scope) {
  auto decoded = std::make_shared<SetFilterStateConfig>();
  for (int i = 0; i < message.on_request_headers_size(); ++i) {
    decoded->values.push_back(
        DecodeValue(message.on_request_headers(i), scope.Item("on_request_headers", i)));
  }
  decoded->clear_route_cache = message.clear_route_cache();
  return decoded;
}

}  // namespace

bool SetFilterStateConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const SetFilterStateConfig*>(&other);
  return same != nullptr && values == same->values && clear_route_cache == same->clear_route_cache;
}

void RegisterDecoder(config::proto::ExtensionDecoders& decoders) {
  decoders.Add<pb::Config>(config::proto::ExtensionDecoders::Category::kHttpFilter, Decode);
}

}  // namespace weir::extensions::http::set_filter_state
