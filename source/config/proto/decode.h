// From the wire to the structs of source/config: the entry points. The only place, with the
// extensions' config.cc, where the data plane sees the messages of resources.
//
//   schema::Diagnostics diagnostics;
//   auto resource = DecodeResource(type_url, any.value(), {extensions, data}, diagnostics);
//   if (!resource) NACK with diagnostics.ToString();
//
// All errors of a resource are reported at once: broken field rules, unsupported fields, enum
// values and extensions, and what the structs cannot hold or the data plane does not do. Pure but
// for the reader of files; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/bootstrap.h"
#include "source/config/cluster.h"
#include "source/config/endpoints.h"
#include "source/config/listener.h"
#include "source/config/proto/extension_decoders.h"
#include "source/config/route.h"
#include "source/config/runtime.h"
#include "source/config/shared_parts.h"
#include "source/config/tls.h"
#include "source/schema/diagnostic.h"
#include "source/schema/supported.h"

namespace envoy::config::bootstrap::v3 {
class Bootstrap;
}

namespace weir::config::proto {

// What a DataSource names, read when its resource is decoded.
class DataReader {
 public:
  virtual ~DataReader() = default;
  virtual absl::StatusOr<std::string> ReadFile(const std::string& path) const = 0;
  virtual absl::StatusOr<std::string> ReadEnvironment(const std::string& variable) const = 0;
  // Whether every user of the machine may read the file.
  virtual bool IsOpenToAll(const std::string&) const { return false; }
  // Files and environment are another machine's: what they hold cannot be known, and is not
  // checked.
  virtual bool IsElsewhere() const { return false; }
};

// Refuses both: for a place that must not read files.
class NoDataReader final : public DataReader {
 public:
  absl::StatusOr<std::string> ReadFile(const std::string& path) const override;
  absl::StatusOr<std::string> ReadEnvironment(const std::string& variable) const override;
};

// For a control plane: a resource names files of the proxies that get it.
class RemoteDataReader final : public DataReader {
 public:
  absl::StatusOr<std::string> ReadFile(const std::string&) const override { return std::string(); }
  absl::StatusOr<std::string> ReadEnvironment(const std::string&) const override {
    return std::string();
  }
  bool IsElsewhere() const override { return true; }
};

struct DecodeOptions {
  const ExtensionDecoders& extensions;
  const DataReader& data;
  // Fields that the data plane lacks are noted and refuse nothing, where schema::MayBeMissing says
  // so (enum values and extensions are refused all the same).
  bool allow_unknown_fields = false;
  // What runtime keys refer to; null: the defaults hold.
  const Runtime* runtime = nullptr;
  // The bootstrap's upstream_bind_config; null: there is none.
  std::shared_ptr<const UpstreamBind> upstream_bind = nullptr;
  // The wall clock, against which secrets are held; without it they do not expire.
  std::function<std::chrono::system_clock::time_point()> now = nullptr;
  // Of the proxy that decodes; empty: it is not known.
  std::string node_id = {};
  // Those of the bootstrap; null: not known, and every instance may be one of them.
  const CertificateProviders* certificate_providers = nullptr;
  // Where equal parts of resources are kept once; null: nowhere.
  SharedParts* parts = nullptr;

  schema::MissingFields missing_fields() const {
    return allow_unknown_fields ? schema::MissingFields::kIgnore : schema::MissingFields::kRefuse;
  }
};

using ResourceValue =
    std::variant<std::shared_ptr<const Listener>, std::shared_ptr<const RouteTable>,
                 std::shared_ptr<const Cluster>, std::shared_ptr<const Endpoints>,
                 std::shared_ptr<const Secret>>;

struct DecodedResource {
  std::string name;
  ResourceValue value;
  std::vector<schema::Unsupported> ignored;
};

// A Listener, RouteConfiguration, Cluster, ClusterLoadAssignment or Secret from its bytes (`value`
// of the Any). Nothing, with errors in `diagnostics` that carry type URL, name, path, value and
// rule, when it has to be refused.
std::optional<DecodedResource> DecodeResource(std::string_view type_url, std::string_view bytes,
                                              const DecodeOptions& options,
                                              schema::Diagnostics& diagnostics);

// The bootstrap, which was read and checked by schema::ReadMessage (or CheckMessage below). Nothing
// when there were errors. What is ignored is added to `ignored`.
std::optional<Bootstrap> DecodeBootstrap(const envoy::config::bootstrap::v3::Bootstrap& message,
                                         const DecodeOptions& options,
                                         schema::Diagnostics& diagnostics,
                                         std::vector<schema::Unsupported>& ignored);

// The field rules and what is supported, as DecodeResource checks them before it decodes. `message`
// is generated.
void CheckMessage(const google::protobuf::Message& message, const DecodeOptions& options,
                  schema::Diagnostics& diagnostics, std::vector<schema::Unsupported>& ignored);

// Adds what `found` has, but for places that `diagnostics` already speaks of: one mistake, one
// error.
void AppendNew(schema::Diagnostics found, schema::Diagnostics& diagnostics);

}  // namespace weir::config::proto
