#include "source/extensions/resource_monitors/downstream_connections/downstream_connections.h"

#include "source/extensions/resource_monitors/downstream_connections/config.h"

namespace weir::extensions::resource_monitors::downstream_connections {
namespace {

class DownstreamConnections final : public filter::ResourceMonitor {
 public:
  explicit DownstreamConnections(const DownstreamConnectionsConfig& config)
      : most_(config.max_active_downstream_connections) {}

  std::optional<double> Pressure() const override { return std::nullopt; }
  std::optional<uint64_t> max_downstream_connections() const override { return most_; }

 private:
  const uint64_t most_;
};

}  // namespace

void RegisterFactory(filter::Factories& factories) {
  factories.resource_monitors[std::string(kName)] = [](const config::ExtensionConfig& config,
                                                       const filter::MonitoredResources&) {
    return std::make_shared<const DownstreamConnections>(
        static_cast<const DownstreamConnectionsConfig&>(config));
  };
}

}  // namespace weir::extensions::resource_monitors::downstream_connections
