#include "source/config/proto/filter_overrides.h"

#include <utility>

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/in_order.h"

namespace weir::config::proto {
namespace {

using google::protobuf::Any;
using FilterConfigPb = envoy::config::route::v3::FilterConfig;

// Whether the program lacks what `any` holds and the author said that this is no harm.
bool IsDispensable(const FilterConfigPb& wrapper, const Scope& scope) {
  if (!wrapper.is_optional()) return false;
  const std::string type = schema::ExtensionTypeName(wrapper.config());
  if (scope.context().extensions.Find(type) != nullptr) return false;
  const Scope config = scope.Field("config");
  scope.context().ignored.push_back({.kind = schema::Unsupported::Kind::kExtension,
                                     .path = config.path(),
                                     .message = wrapper.GetDescriptor()->full_name(),
                                     .field = "config",
                                     .value = type,
                                     .reason = "is_optional"});
  return true;
}

void DecodeOverride(const std::string& filter, const Any& any, const Scope& scope,
                    FilterOverrides& overrides) {
  constexpr auto kCategory = ExtensionDecoders::Category::kRouteFilter;
  if (schema::ExtensionTypeName(any) != FilterConfigPb::descriptor()->full_name()) {
    auto config = DecodeExtension(any, kCategory, scope);
    if (config != nullptr) overrides.push_back({.filter = filter, .config = std::move(config)});
    return;
  }
  const auto wrapper = Unpack<FilterConfigPb>(any, scope);
  if (wrapper == nullptr) return;
  if (wrapper->disabled()) {
    overrides.push_back({.filter = filter, .disabled = true});
    return;
  }
  // Without a type it only says that the filter runs, where its own `disabled` says otherwise.
  if (wrapper->has_config() && wrapper->config().type_url().empty()) {
    overrides.push_back({.filter = filter});
    return;
  }
  if (IsDispensable(*wrapper, scope)) return;
  auto config = DecodeExtension(wrapper->config(), kCategory, scope.Field("config"));
  if (config != nullptr) overrides.push_back({.filter = filter, .config = std::move(config)});
}

}  // namespace

FilterOverrides DecodeFilterOverrides(const google::protobuf::Map<std::string, Any>& overrides,
                                      const Scope& scope) {
  FilterOverrides decoded;
  for (const auto& [filter, any] : InOrder(overrides)) {
    DecodeOverride(std::string(filter), *any, scope.Key("typed_per_filter_config", filter),
                   decoded);
  }
  return decoded;
}

}  // namespace weir::config::proto
