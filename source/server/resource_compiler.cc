#include "source/server/resource_compiler.h"

#include <utility>

#include "source/base/status.h"
#include "source/filter/make_access_log.h"

namespace weir::server {
namespace {

// The factory of an extension, made by the function registered under its configuration's name.
template <typename Made, typename Functions>
absl::StatusOr<std::shared_ptr<const Made>> Make(const Functions& functions, std::string_view kind,
                                                 const config::ExtensionConfig& config) {
  const auto found = functions.find(config.extension_name());
  if (found == functions.end()) {
    return InvalidArgument(
        StrCat("this program has no ", kind, " \"", config.extension_name(), "\""));
  }
  return found->second(config);
}

const config::Secret* NoSecrets(const config::SecretReference&) { return nullptr; }

std::string ChainText(const config::FilterChain& chain) {
  return chain.name.empty() ? "filter chain" : StrCat("filter chain \"", chain.name, "\"");
}

}  // namespace

absl::StatusOr<CompiledResource> ResourceCompiler::Compile(std::string_view type_url,
                                                           std::string_view bytes) const {
  schema::Diagnostics diagnostics;
  std::optional<config::proto::DecodedResource> decoded =
      config::proto::DecodeResource(type_url, bytes, options_, diagnostics);
  if (!decoded.has_value()) return InvalidArgument(diagnostics.ToString());
  CompiledResource compiled{{}, std::move(decoded->ignored)};
  if (auto* cluster = std::get_if<std::shared_ptr<const config::Cluster>>(&decoded->value)) {
    WEIR_ASSIGN_OR_RETURN(compiled.value, CompileCluster(std::move(*cluster)));
  } else if (auto* endpoints =
                 std::get_if<std::shared_ptr<const config::Endpoints>>(&decoded->value)) {
    compiled.value = std::move(*endpoints);
  } else if (auto* secret = std::get_if<std::shared_ptr<const config::Secret>>(&decoded->value)) {
    compiled.watched = (*secret)->watched;
    compiled.value = std::move(*secret);
  } else if (auto* routes =
                 std::get_if<std::shared_ptr<const config::RouteTable>>(&decoded->value)) {
    WEIR_ASSIGN_OR_RETURN(compiled.value, router::RouteIndex::Create(std::move(*routes)));
  } else {
    WEIR_ASSIGN_OR_RETURN(
        compiled.value,
        CompileListener(std::get<std::shared_ptr<const config::Listener>>(decoded->value)));
  }
  return compiled;
}

absl::StatusOr<std::shared_ptr<const generation::Listener>> ResourceCompiler::CompileListener(
    std::shared_ptr<const config::Listener> listener) const {
  auto compiled = std::make_shared<generation::Listener>();
  WEIR_ASSIGN_OR_RETURN(compiled->index, router::ChainIndex::Create(listener->filter_chains,
                                                                    listener->default_filter_chain,
                                                                    listener->chain_matcher));
  for (const auto& chain : listener->filter_chains) {
    WEIR_RETURN_IF_ERROR(AddChain(chain, *compiled));
  }
  if (listener->default_filter_chain != nullptr) {
    WEIR_RETURN_IF_ERROR(AddChain(listener->default_filter_chain, *compiled));
  }
  for (const config::NamedExtension& extension : listener->listener_filters) {
    WEIR_ASSIGN_OR_RETURN(
        auto factory, Make<filter::ListenerFilterFactory>(factories_.listener_filters,
                                                          "listener filter", *extension.config));
    compiled->listener_filters.push_back(std::move(factory));
  }
  WEIR_RETURN_IF_ERROR(AddLogs(listener->access_logs, compiled->access_logs));
  compiled->config = std::move(listener);
  return compiled;
}

absl::StatusOr<CompiledCluster> ResourceCompiler::CompileCluster(
    std::shared_ptr<const config::Cluster> cluster) const {
  CompiledCluster compiled{std::move(cluster), {}};
  for (const auto& socket : config::TransportSocketsOf(*compiled.config)) {
    compiled.transports.emplace_back();
    if (socket == nullptr || !socket->secrets().empty()) continue;
    WEIR_ASSIGN_OR_RETURN(compiled.transports.back(), MakeTransport(*socket, NoSecrets));
  }
  return compiled;
}

absl::StatusOr<std::shared_ptr<const net::TransportSocketFactory>> ResourceCompiler::MakeTransport(
    const config::ExtensionConfig& config, const config::SecretLookup& secrets) const {
  return filter::MakeTransport(config, {secrets, factories_, log_sinks_});
}

absl::Status ResourceCompiler::AddChain(std::shared_ptr<const config::FilterChain> chain,
                                        generation::Listener& listener) const {
  const config::FilterChain* const configured = chain.get();
  const auto& socket = configured->transport_socket;
  if (socket != nullptr && socket->secrets().empty()) {
    auto transport = MakeTransport(*socket, NoSecrets);
    if (!transport.ok()) return Annotate(transport.status(), ChainText(*configured));
    listener.transports[configured] = *std::move(transport);
  }
  WEIR_ASSIGN_OR_RETURN(listener.chains[configured], CompileChain(std::move(chain)));
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const generation::Chain>> ResourceCompiler::CompileChain(
    std::shared_ptr<const config::FilterChain> chain) const {
  auto compiled = std::make_shared<generation::Chain>();
  compiled->config = std::move(chain);
  if (const config::HttpConnectionManager* http = compiled->http()) {
    WEIR_RETURN_IF_ERROR(AddHttp(*http, *compiled));
  } else {
    WEIR_RETURN_IF_ERROR(AddLogs(compiled->tcp()->access_logs, compiled->access_logs));
  }
  return compiled;
}

absl::Status ResourceCompiler::AddLogs(
    const std::vector<config::AccessLog>& configured,
    std::vector<std::shared_ptr<const filter::AccessLog>>& logs) const {
  for (const config::AccessLog& log : configured) {
    WEIR_ASSIGN_OR_RETURN(logs.emplace_back(), filter::MakeAccessLog(factories_, log, log_sinks_));
  }
  return absl::OkStatus();
}

absl::Status ResourceCompiler::AddHttp(const config::HttpConnectionManager& http,
                                       generation::Chain& chain) const {
  WEIR_RETURN_IF_ERROR(AddLogs(http.access_logs, chain.access_logs));
  if (http.routes != nullptr) {
    WEIR_ASSIGN_OR_RETURN(chain.inline_routes, router::RouteIndex::Create(http.routes));
  }
  WEIR_ASSIGN_OR_RETURN(chain.http_filters, MakeHttpFilters(http.http_filters));
  for (const config::Upgrade& upgrade : http.upgrades) {
    if (!upgrade.filters.has_value()) continue;
    WEIR_ASSIGN_OR_RETURN(chain.upgrade_filters[upgrade.type], MakeHttpFilters(*upgrade.filters));
  }
  return absl::OkStatus();
}

absl::StatusOr<generation::HttpFilters> ResourceCompiler::MakeHttpFilters(
    const config::HttpFilters& filters) const {
  generation::HttpFilters made;
  for (const config::HttpFilter& configured : filters.before_router) {
    const auto& [name, config] = configured.extension;
    WEIR_ASSIGN_OR_RETURN(auto factory, Make<filter::HttpFilterFactory>(factories_.http_filters,
                                                                        "HTTP filter", *config));
    made.before_router.push_back({name, std::move(factory), configured.disabled});
  }
  made.router.config = filters.router;
  WEIR_RETURN_IF_ERROR(AddLogs(filters.router.upstream_logs, made.router.upstream_logs));
  return made;
}

std::shared_ptr<const generation::Listener> ShareChains(
    std::shared_ptr<const generation::Listener> next, const generation::Listener& before) {
  HashMap<std::vector<const config::FilterChain*>> by_name;
  for (const auto& [configured, chain] : before.chains) {
    by_name[configured->name].push_back(configured);
  }
  auto shared = std::make_shared<generation::Listener>(*next);
  for (auto& [configured, chain] : shared->chains) {
    for (const config::FilterChain* candidate : by_name[configured->name]) {
      const auto found = before.chains.find(candidate);
      if (!(*found->second->config == *configured)) continue;
      chain = found->second;
      const auto transport = before.transports.find(candidate);
      if (transport != before.transports.end()) {
        shared->transports[configured] = transport->second;
      }
      break;
    }
  }
  return shared;
}

}  // namespace weir::server
