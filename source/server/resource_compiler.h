// From the bytes of a resource to what a generation holds: decoded, validated and compiled. Runs on
// the pool; everything it refers to is read-only there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/proto/decode.h"
#include "source/filter/factories.h"
#include "source/generation/snapshot.h"

namespace weir::server {

// `transports` are those of TransportSocketsOf that need no secrets; null where there are others.
struct CompiledCluster {
  std::shared_ptr<const config::Cluster> config;
  config::Transports transports;
};

using CompiledValue = std::variant<CompiledCluster, std::shared_ptr<const config::Endpoints>,
                                   std::shared_ptr<const router::RouteIndex>,
                                   std::shared_ptr<const generation::Listener>,
                                   std::shared_ptr<const config::Secret>>;

struct CompiledResource {
  CompiledValue value;
  std::vector<schema::Unsupported> ignored;
  // Files and directories whose changes ask for the same bytes to be compiled anew.
  std::vector<std::string> watched = {};
};

class ResourceCompiler {
 public:
  // They and what the options refer to outlive it. Equal parts of what it makes are kept once.
  ResourceCompiler(config::proto::DecodeOptions options, const filter::Factories& factories,
                   filter::LogSinks& log_sinks)
      : options_(std::move(options)), factories_(factories), log_sinks_(log_sinks) {
    options_.parts = &parts_;
  }
  ResourceCompiler(const ResourceCompiler&) = delete;
  ResourceCompiler& operator=(const ResourceCompiler&) = delete;

  // The error lists everything that is wrong: path, value, rule. Any thread.
  absl::StatusOr<CompiledResource> Compile(std::string_view type_url, std::string_view bytes) const;
  // Transports that need no secrets are made.
  absl::StatusOr<std::shared_ptr<const generation::Listener>> CompileListener(
      std::shared_ptr<const config::Listener> listener) const;
  absl::StatusOr<CompiledCluster> CompileCluster(
      std::shared_ptr<const config::Cluster> cluster) const;
  absl::StatusOr<std::shared_ptr<const net::TransportSocketFactory>> MakeTransport(
      const config::ExtensionConfig& config, const config::SecretLookup& secrets) const;

 private:
  absl::Status AddChain(std::shared_ptr<const config::FilterChain> chain,
                        generation::Listener& listener) const;
  absl::StatusOr<std::shared_ptr<const generation::Chain>> CompileChain(
      std::shared_ptr<const config::FilterChain> chain) const;
  absl::Status AddLogs(const std::vector<config::AccessLog>& configured,
                       std::vector<std::shared_ptr<const filter::AccessLog>>& logs) const;
  absl::StatusOr<generation::HttpFilters> MakeHttpFilters(const config::HttpFilters& filters) const;
  absl::Status AddHttp(const config::HttpConnectionManager& http, generation::Chain& chain) const;

  config::SharedParts parts_;
  config::proto::DecodeOptions options_;
  const filter::Factories& factories_;
  filter::LogSinks& log_sinks_;
};

// `next` with the chains and transports of `before` in place of its own where the configuration is
// equal: those keep their connections.
std::shared_ptr<const generation::Listener> ShareChains(
    std::shared_ptr<const generation::Listener> next, const generation::Listener& before);

}  // namespace weir::server
