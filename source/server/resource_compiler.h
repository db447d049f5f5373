// From the bytes of a resource to what a generation holds: decoded, validated and compiled. Runs on
// the pool; everything it refers to is read-only there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/proto/decode.h"
#include "source/filter/factories.h"
#include "source/generation/snapshot.h"

namespace weir::server {

using CompiledValue =
    std::variant<std::shared_ptr<const config::Cluster>, std::shared_ptr<const config::Endpoints>,
                 std::shared_ptr<const router::RouteIndex>,
                 std::shared_ptr<const generation::Listener>>;

struct CompiledResource {
  std::string name;
  CompiledValue value;
  std::vector<schema::Unsupported> ignored;
};

class ResourceCompiler {
 public:
  // All of them outlive it.
  ResourceCompiler(const config::proto::ExtensionDecoders& decoders,
                   const config::proto::DataReader& data, const filter::Factories& factories,
                   filter::LogSinks& log_sinks, bool allow_unknown_fields)
      : options_{decoders, data, allow_unknown_fields},
        factories_(factories),
        log_sinks_(log_sinks) {}

  // The error lists everything that is wrong: path, value, rule. Any thread.
  absl::StatusOr<CompiledResource> Compile(std::string_view type_url, std::string_view bytes) const;
  absl::StatusOr<std::shared_ptr<const generation::Listener>> CompileListener(
      std::shared_ptr<const config::Listener> listener) const;

 private:
  absl::StatusOr<std::shared_ptr<const generation::Chain>> CompileChain(
      const config::Listener& listener, std::shared_ptr<const config::FilterChain> chain) const;
  absl::Status AddHttp(const config::HttpConnectionManager& http, generation::Chain& chain) const;

  const config::proto::DecodeOptions options_;
  const filter::Factories& factories_;
  filter::LogSinks& log_sinks_;
};

// `next` with the chains of `before` in place of its own where they are equal: those keep their
// connections.
std::shared_ptr<const generation::Listener> ShareChains(
    std::shared_ptr<const generation::Listener> next, const generation::Listener& before);

}  // namespace weir::server
