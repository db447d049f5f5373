// What the admin pages show of the server.
#include <algorithm>
#include <utility>

#include "source/base/strings.h"
#include "source/schema/resource_type.h"
#include "source/server/memory_status.h"
#include "source/server/server.h"

namespace weir::server {
namespace {

admin::ContextCertificates StatusOf(const net::CertificatesInUse& in_use) {
  const auto describe = [](const std::vector<net::ConfiguredCertificate>& all) {
    std::vector<admin::CertificateStatus> statuses;
    for (const net::ConfiguredCertificate& certificate : all) {
      const net::CertificateFacts& facts = *certificate.facts;
      statuses.push_back({facts.serial, facts.dns_names, facts.uri_names, facts.ip_names,
                          facts.not_before, facts.not_after, certificate.path,
                          certificate.staple_from, certificate.staple_until});
    }
    return statuses;
  };
  return {.authorities = describe(in_use.authorities), .own = describe(in_use.own)};
}

void MarkWarming(admin::ResourceSet& set, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const admin::ResourceRecord* const record = set.records.Find(name);
    if (record == nullptr) continue;
    admin::ResourceRecord marked = *record;
    marked.warming = true;
    set.records = set.records.Set(name, std::move(marked));
  }
}

std::vector<admin::Waiting> Sorted(std::vector<admin::Waiting> all) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

}  // namespace

std::shared_ptr<admin::View> Server::MakeView() const {
  auto view = std::make_shared<admin::View>();
  view->state = state();
  view->version = options_.version;
  view->health_check_failed = drain_.health_checks_fail();
  view->now = platform_.main_loop.WallNow();
  view->uptime_all_epochs = view->uptime_current_epoch =
      std::chrono::duration_cast<std::chrono::seconds>(platform_.main_loop.Now() - started_);
  view->command_line_options = options_.command_line;
  view->node_bytes = bootstrap_.node_bytes;
  view->bootstrap_bytes = options_.bootstrap_bytes;
  view->bootstrap_last_updated = view->now - view->uptime_all_epochs;
  view->bootstrap_ignored = options_.bootstrap_ignored;
  view->concurrency = static_cast<uint32_t>(workers_.size());
  for (const config::Runtime::Layer& layer : bootstrap_.runtime->layers()) {
    view->runtime.push_back({layer.name, layer.values});
  }
  view->resources = book_.Sets();
  for (admin::ResourceSet& set : view->resources) {
    if (set.type_url == schema::kClusterTypeUrl) MarkWarming(set, clusters_.Warming());
    if (set.type_url == schema::kListenerTypeUrl) MarkWarming(set, listeners_.Warming());
  }
  clusters_.active().ForEach([&](const std::string& name, const config::ClusterEntry& entry) {
    admin::ClusterStatus status;
    status.name = name;
    status.added_via_api = !clusters_.IsStatic(name);
    status.eds_service_name = entry.config->eds_service_name;
    const auto limits = [](const config::CircuitBreakers& breakers) {
      return admin::ClusterStatus::Limits{breakers.max_connections, breakers.max_pending_requests,
                                          breakers.max_requests, breakers.least_retries()};
    };
    status.default_priority = limits(*entry.config->breakers);
    status.high_priority = limits(*entry.config->high_breakers);
    view->clusters.push_back(std::move(status));
  });
  std::sort(view->clusters.begin(), view->clusters.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  listeners_.active().ForEach(
      [&](const std::string& name, const std::shared_ptr<const generation::Listener>& listener) {
        // With the ports that the kernel chose; what is not bound, or not any more, as configured.
        const auto sockets = listeners_.sockets().find(name);
        std::vector<std::string> bound;
        if (sockets != listeners_.sockets().end()) {
          for (const auto& group : sockets->second) bound.push_back(group->address().ToString());
        }
        if (bound.empty()) bound.push_back(listener->config->address.ToString());
        view->listeners.push_back({name, bound.front(), {bound.begin() + 1, bound.end()}});
      });
  std::sort(view->listeners.begin(), view->listeners.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  view->waiting_listeners = Sorted(listeners_.Waiting());
  view->waiting_clusters = Sorted(clusters_.Waiting());
  AddCertificates(*view);
  return view;
}

void Server::AddCertificates(admin::View& view) const {
  std::vector<std::shared_ptr<const net::TransportSocketFactory>> transports;
  clusters_.active().ForEach([&](const std::string&, const config::ClusterEntry& entry) {
    if (entry.transports == nullptr) return;
    for (const auto& transport : *entry.transports) {
      if (transport != nullptr) transports.push_back(transport);
    }
  });
  listeners_.active().ForEach(
      [&](const std::string&, const std::shared_ptr<const generation::Listener>& listener) {
        for (const auto& [chain, transport] : listener->transports) {
          transports.push_back(transport);
        }
      });
  view.certificates = [transports = std::move(transports)] {
    std::vector<admin::ContextCertificates> contexts;
    for (const auto& transport : transports) {
      admin::ContextCertificates context = StatusOf(transport->certificates());
      if (!context.own.empty() || !context.authorities.empty()) {
        contexts.push_back(std::move(context));
      }
    }
    return contexts;
  };
}

// Endpoints of the configuration, with the numbers of every worker that has used them.
void Server::AddHosts(admin::View& view, const std::vector<HostView>& hosts) const {
  HashMap<std::vector<const HostView*>> by_place;
  for (const HostView& host : hosts)
    by_place[StrCat(host.cluster, "|", host.address)].push_back(&host);
  for (admin::ClusterStatus& cluster : view.clusters) {
    const config::ClusterEntry* const entry = clusters_.active().Find(cluster.name);
    if (entry == nullptr || entry->endpoints == nullptr) continue;
    for (const config::Endpoint& endpoint : entry->endpoints->endpoints) {
      const auto* const address = std::get_if<net::Address>(&endpoint.address);
      if (address == nullptr) continue;
      admin::HostStatus status;
      status.address = address->ToString();
      status.hostname = *endpoint.hostname;
      status.weight = endpoint.weight;
      status.health = std::string(config::NameOf(endpoint.health));
      if (endpoint.locality < entry->endpoints->localities->size()) {
        const config::Locality& locality = (*entry->endpoints->localities)[endpoint.locality];
        status.region = locality.region;
        status.zone = locality.zone;
        status.sub_zone = locality.sub_zone;
      }
      for (const HostView* host : by_place[StrCat(cluster.name, "|", status.address)]) {
        const upstream::HostStats& stats = *host->stats;
        status.cx_total += stats.cx_total.value();
        status.cx_connect_fail += stats.cx_connect_fail.value();
        status.cx_active += stats.cx_active.value();
        status.rq_total += stats.rq_total.value();
        status.rq_success += stats.rq_success.value();
        status.rq_error += stats.rq_error.value();
        status.rq_timeout += stats.rq_timeout.value();
        status.rq_active += stats.rq_active.value();
      }
      cluster.hosts.push_back(std::move(status));
    }
  }
}

void Server::CollectView(admin::Needs needs,
                         std::function<void(std::shared_ptr<const admin::View>)> done) {
  struct Collecting {
    std::vector<HostView> hosts;
    std::vector<WorkerMemory> memory;
    size_t left;
  };
  auto collecting = std::make_shared<Collecting>(Collecting{{}, {}, workers_.size()});
  event::Loop& main_loop = platform_.main_loop;
  const bool memory_too = needs == admin::Needs::kMemory;
  OnWorkers([this, collecting, memory_too, done = std::move(done), &main_loop](Worker& worker) {
    std::optional<WorkerMemory> memory;
    if (memory_too) memory = worker.Memory();
    main_loop.Post([this, collecting, done, hosts = worker.Hosts(), memory = std::move(memory)] {
      collecting->hosts.insert(collecting->hosts.end(), hosts.begin(), hosts.end());
      if (memory.has_value()) collecting->memory.push_back(*memory);
      if (--collecting->left > 0) return;
      const std::shared_ptr<admin::View> view = MakeView();
      AddHosts(*view, collecting->hosts);
      view->memory = MemoryStatusOf(collecting->memory);
      done(view);
    });
  });
}

}  // namespace weir::server
