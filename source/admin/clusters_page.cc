// /clusters: Envoy's lines "cluster::host::what::value", or envoy.admin.v3.Clusters as JSON.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "source/admin/address_text.h"
#include "source/admin/draft.h"
#include "source/admin/pages.h"
#include "source/base/strings.h"
#include "source/schema/proto_to_text.h"

namespace weir::admin {
namespace {

struct Metric {
  std::string_view name;
  std::string_view type;
  uint64_t value;
};

uint64_t GaugeValue(int64_t value) { return value < 0 ? 0 : static_cast<uint64_t>(value); }

// By name, as Envoy has them.
std::vector<Metric> MetricsOf(const HostStatus& host) {
  return {
      {"cx_active", "GAUGE", GaugeValue(host.cx_active)},
      {"cx_connect_fail", "COUNTER", host.cx_connect_fail},
      {"cx_total", "COUNTER", host.cx_total},
      {"rq_active", "GAUGE", GaugeValue(host.rq_active)},
      {"rq_error", "COUNTER", host.rq_error},
      {"rq_success", "COUNTER", host.rq_success},
      {"rq_timeout", "COUNTER", host.rq_timeout},
      {"rq_total", "COUNTER", host.rq_total},
  };
}

std::string_view HealthFlags(std::string_view health) {
  if (health == "UNHEALTHY" || health == "TIMEOUT") return "/failed_eds_health";
  if (health == "DEGRADED") return "/degraded_eds_health";
  if (health == "DRAINING") return "/eds_status_draining";
  return "healthy";
}

std::vector<const ClusterStatus*> ByName(const View& view) {
  std::vector<const ClusterStatus*> clusters;
  for (const ClusterStatus& cluster : view.clusters) clusters.push_back(&cluster);
  std::sort(clusters.begin(), clusters.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  return clusters;
}

void AppendLimits(std::string& out, std::string_view cluster, std::string_view priority,
                  const ClusterStatus::Limits& limits) {
  const auto line = [&](std::string_view name, uint32_t value) {
    StrAppend(out, cluster, "::", priority, "_priority::", name, "::", value, "\n");
  };
  line("max_connections", limits.max_connections);
  line("max_pending_requests", limits.max_pending_requests);
  line("max_requests", limits.max_requests);
  line("max_retries", limits.max_retries);
}

void AppendHost(std::string& out, std::string_view cluster, const HostStatus& host) {
  const auto line = [&](std::string_view name, const auto& value) {
    StrAppend(out, cluster, "::", host.address, "::", name, "::", value, "\n");
  };
  for (const Metric& metric : MetricsOf(host)) line(metric.name, metric.value);
  line("hostname", host.hostname);
  line("health_flags", HealthFlags(host.health));
  line("weight", host.weight);
  line("region", host.region);
  line("zone", host.zone);
  line("sub_zone", host.sub_zone);
  // None of these is there to be measured.
  line("canary", "false");
  line("priority", "0");
  line("success_rate", "-1");
  line("local_origin_success_rate", "-1");
}

std::string Text(const View& view) {
  std::string out;
  for (const ClusterStatus* cluster : ByName(view)) {
    StrAppend(out, cluster->name, "::observability_name::", cluster->name, "\n");
    AppendLimits(out, cluster->name, "default", cluster->default_priority);
    AppendLimits(out, cluster->name, "high", cluster->high_priority);
    StrAppend(out, cluster->name, "::added_via_api::", cluster->added_via_api ? "true" : "false",
              "\n");
    if (!cluster->eds_service_name.empty()) {
      StrAppend(out, cluster->name, "::eds_service_name::", cluster->eds_service_name, "\n");
    }
    for (const HostStatus& host : cluster->hosts) AppendHost(out, cluster->name, host);
  }
  return out;
}

void FillLimits(Draft thresholds, std::string_view priority, const ClusterStatus::Limits& limits) {
  thresholds.Enum("priority", priority);
  const auto set = [&](std::string_view field, uint32_t value) {
    thresholds.Sub(field).Number("value", value);
  };
  set("max_connections", limits.max_connections);
  set("max_pending_requests", limits.max_pending_requests);
  set("max_requests", limits.max_requests);
  set("max_retries", limits.max_retries);
}

void FillHost(Draft status, const HostStatus& host) {
  FillAddress(host.address, status.Sub("address"));
  for (const Metric& metric : MetricsOf(host)) {
    status.Add("stats")
        .Enum("type", metric.type)
        .Number("value", metric.value)
        .Text("name", metric.name);
  }
  const bool known = !host.health.empty() && host.health != "UNKNOWN";
  status.Sub("health_status").Enum("eds_health_status", known ? host.health : "HEALTHY");
  status.Number("weight", host.weight).Text("hostname", host.hostname);
  if (host.region.empty() && host.zone.empty() && host.sub_zone.empty()) return;
  status.Sub("locality")
      .Text("region", host.region)
      .Text("zone", host.zone)
      .Text("sub_zone", host.sub_zone);
}

std::string Json(const View& view) {
  const auto message = NewDraftMessage("envoy.admin.v3.Clusters");
  for (const ClusterStatus* cluster : ByName(view)) {
    Draft status = Draft(*message).Add("cluster_statuses");
    status.Text("name", cluster->name)
        .Flag("added_via_api", cluster->added_via_api)
        .Text("observability_name", cluster->name)
        .Text("eds_service_name", cluster->eds_service_name);
    Draft breakers = status.Sub("circuit_breakers");
    FillLimits(breakers.Add("thresholds"), "DEFAULT", cluster->default_priority);
    FillLimits(breakers.Add("thresholds"), "HIGH", cluster->high_priority);
    for (const HostStatus& host : cluster->hosts) FillHost(status.Add("host_statuses"), host);
  }
  return schema::MessageToJson(*message);
}

}  // namespace

Page ClustersPage(const Inputs& inputs, const Query& query) {
  if (query.Get("format") == "json") return JsonPage(Json(*inputs.view));
  return TextPage(200, Text(*inputs.view));
}

}  // namespace weir::admin
