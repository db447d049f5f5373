#include "source/config/proto/http_filters.h"

#include <string>
#include <utility>

#include "source/base/hash_map.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/router.h"

namespace weir::config::proto {
namespace {

namespace pb = envoy::extensions::filters::network::http_connection_manager::v3;
using RouterPb = envoy::extensions::filters::http::router::v3::Router;

void DecodeEnd(const pb::HttpFilter& filter, const Scope& scope, Router& router) {
  if (filter.disabled()) scope.Field("disabled").Error("the router cannot be disabled");
  const Scope at = scope.Field("typed_config");
  const auto message = Unpack<RouterPb>(filter.typed_config(), at);
  if (message != nullptr) router = DecodeRouter(*message, at);
}

// Whether the program lacks the filter and the author said that this is no harm.
bool IsDispensable(const pb::HttpFilter& filter, const std::string& type, const Scope& scope) {
  if (!filter.is_optional() || scope.context().extensions.Find(type) != nullptr) return false;
  scope.context().ignored.push_back({.kind = schema::Unsupported::Kind::kExtension,
                                     .path = scope.Field("typed_config").path(),
                                     .message = filter.GetDescriptor()->full_name(),
                                     .field = "typed_config",
                                     .value = type,
                                     .reason = "is_optional"});
  return true;
}

}  // namespace

HttpFilters DecodeHttpFilters(const google::protobuf::RepeatedPtrField<pb::HttpFilter>& filters,
                              const Scope& scope, std::string_view field) {
  HttpFilters decoded;
  const std::string& router_type = RouterPb::descriptor()->full_name();
  const int last = filters.size() - 1;
  if (last < 0) scope.Field(field).Error("the router filter is missing");
  HashSet names;
  for (int i = 0; i <= last; ++i) {
    const pb::HttpFilter& filter = filters[i];
    const Scope item = scope.Item(field, i);
    if (!names.insert(filter.name()).second) {
      item.Field("name").Error("there is a filter of this name already", filter.name());
    }
    const std::string type = schema::ExtensionTypeName(filter.typed_config());
    if ((type == router_type) != (i == last)) {
      item.Error(i == last ? "the last HTTP filter must be the router"
                           : "the router must be the last HTTP filter",
                 filter.name());
    } else if (type == router_type) {
      DecodeEnd(filter, item, decoded.router);
    } else if (!IsDispensable(filter, type, item)) {
      auto config = DecodeExtension(filter.typed_config(), ExtensionDecoders::Category::kHttpFilter,
                                    item.Field("typed_config"));
      if (config == nullptr) continue;
      decoded.before_router.push_back(
          {.extension = {filter.name(), std::move(config)}, .disabled = filter.disabled()});
    }
  }
  return decoded;
}

}  // namespace weir::config::proto
