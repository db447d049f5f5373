#include "source/config/proto/proxy_status.h"

#include <string>

#include "source/base/strings.h"
#include "source/http/syntax.h"

namespace weir::config::proto {
namespace {

namespace pb = envoy::extensions::filters::network::http_connection_manager::v3;
using Pb = pb::HttpConnectionManager::ProxyStatusConfig;

std::string_view NameOf(const Pb& message, std::string_view server_name, const Scope& scope) {
  if (message.use_node_id()) return scope.context().node_id;
  return message.has_literal_proxy_name() ? message.literal_proxy_name() : server_name;
}

// A token or a string of RFC 9651, 3.3.
std::string AsItem(std::string_view name, const Scope& scope) {
  const char first = name.empty() ? '\0' : AsciiToLower(name.front());
  if (http::IsToken(name) && ((first >= 'a' && first <= 'z') || first == '*')) {
    return std::string(name);
  }
  std::string quoted = "\"";
  for (const char c : name) {
    if (c < ' ' || c > '~') {
      scope.Error("may have no other characters than those of ASCII", name);
      return {};
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

std::optional<ProxyStatus> DecodeProxyStatus(const pb::HttpConnectionManager& message,
                                             std::string_view server_name, const Scope& scope) {
  if (!message.has_proxy_status_config()) return std::nullopt;
  const Pb& config = message.proxy_status_config();
  const Scope at = scope.Field("proxy_status_config");
  const std::string_view field =
      config.has_literal_proxy_name() ? "literal_proxy_name" : "use_node_id";
  const std::string_view name = NameOf(config, server_name, at);
  if (config.has_literal_proxy_name() && name.empty()) {
    at.Field(field).Error("a name is missing");
  }
  return ProxyStatus{.name = AsItem(name, at.Field(field)),
                     .details = !config.remove_details(),
                     .termination_details = !config.remove_connection_termination_details(),
                     .flags = !config.remove_response_flags(),
                     .recommended_code = config.set_recommended_response_code()};
}

}  // namespace weir::config::proto
