// /ready, /server_info, /memory, /listeners, /clusters: exact texts from a View made by hand.
#include <gtest/gtest.h>

#include "google/protobuf/util/json_util.h"
#include "source/admin/draft.h"
#include "test/admin/pages.h"

namespace weir::admin {
namespace {

TEST(ReadyPageTest, OnlyLiveIsReady) {
  const struct {
    ServerState state;
    bool failed;
    uint16_t status;
    std::string_view body;
  } rows[] = {
      {ServerState::kLive, false, 200, "LIVE\n"},
      {ServerState::kLive, true, 503, "DRAINING\n"},
      {ServerState::kDraining, false, 503, "DRAINING\n"},
      {ServerState::kPreInitializing, false, 503, "PRE_INITIALIZING\n"},
      {ServerState::kInitializing, true, 503, "INITIALIZING\n"},
  };
  for (const auto& row : rows) {
    const Page page = Get({.state = row.state, .health_check_failed = row.failed}, "/ready");
    EXPECT_EQ(page.status, row.status);
    EXPECT_EQ(page.body, row.body);
  }
}

TEST(RuntimePageTest, ShowsEachKeyInEachLayer) {
  View view;
  EXPECT_EQ(Get(view, "/runtime").body, "{\"entries\":{},\"layers\":[]}\n");
  view.runtime = {{"base", {{"b", "1"}, {"a.x", "true"}}}, {"admin", {}}, {"over", {{"b", "2"}}}};
  EXPECT_EQ(Get(view, "/runtime").body,
            "{\"entries\":{"
            "\"a.x\":{\"final_value\":\"true\",\"layer_values\":[\"true\",\"\",\"\"]},"
            "\"b\":{\"final_value\":\"2\",\"layer_values\":[\"1\",\"\",\"2\"]}},"
            "\"layers\":[\"base\",\"admin\",\"over\"]}\n");
}

TEST(HotRestartPageTest, ThereIsNone) {
  EXPECT_EQ(Get({}, "/hot_restart_version").body, "disabled\n");
}

TEST(CertificatesPageTest, ShowsWhatIsInUseAndHowLong) {
  View view{.now = event::SystemTime(std::chrono::seconds(1704067200))};
  EXPECT_EQ(Get(view, "/certs").status, 200);
  view.certificates = [] {
    CertificateStatus own{
        .serial = "1a2b",
        .dns_names = {"a.example"},
        .uri_names = {"spiffe://d/a"},
        .ip_names = {"10.0.0.1"},
        .valid_from = event::SystemTime(std::chrono::seconds(1700000000)),
        .expires = event::SystemTime(std::chrono::seconds(1704067200 + 10 * 86400 - 1))};
    own.path = "/certs/chain";
    own.staple_from = event::SystemTime(std::chrono::seconds(1704067200));
    own.staple_until = event::SystemTime(std::chrono::seconds(1704067200 + 86400));
    CertificateStatus ended{.serial = "7", .expires = event::SystemTime(std::chrono::seconds(1))};
    return std::vector<ContextCertificates>{{.authorities = {ended}, .own = {own}}};
  };
  const std::string body = Get(view, "/certs").body;
  for (const std::string_view part :
       {R"("ca_cert")", R"("serial_number": "7")", R"("cert_chain")", R"("serial_number": "1a2b")",
        R"("dns": "a.example")", R"("uri": "spiffe://d/a")", R"("ip_address": "10.0.0.1")",
        R"("path": "/certs/chain")", R"("path": "<inline>")",
        R"("expiration": "2024-01-02T00:00:00Z")", R"("days_until_expiration": "9")",
        R"("expiration_time": "2024-01-10T23:59:59Z")"}) {
    EXPECT_NE(body.find(part), std::string::npos) << part << " in " << body;
  }
}

TEST(ServerInfoPageTest, IsTheMessageOfTheApi) {
  View view{.state = ServerState::kLive, .version = "abc/0.1.0/Clean/RELEASE/BoringSSL"};
  view.uptime_current_epoch = view.uptime_all_epochs = std::chrono::seconds(75);
  view.concurrency = 3;
  view.command_line_options = {{"config_path", "/etc/weir.yaml"},
                               {"drain_time", "600s"},
                               {"restart_epoch", "0"},
                               {"mode", "serve"},
                               {"reject_unknown_dynamic_fields", "true"},
                               {"disabled_extensions", "a"},
                               {"disabled_extensions", "b"},
                               {"no_such_option", "1"},
                               {"base_id", "x"}};
  const auto node = NewDraftMessage("envoy.config.core.v3.Node");
  Draft(*node).Text("id", "n1").Text("cluster", "edge");
  view.node_bytes = node->SerializeAsString();
  const Page page = Get(view, "/server_info");
  EXPECT_EQ(page.content_type, "application/json");

  const auto info = NewDraftMessage("envoy.admin.v3.ServerInfo");
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(page.body, info.get()).ok()) << page.body;
  for (const std::string_view line :
       {R"("version": "abc/0.1.0/Clean/RELEASE/BoringSSL")", R"("state": "LIVE")",
        R"("uptime_current_epoch": "75s")", R"("hot_restart_version": "disabled")",
        R"("concurrency": 3)", R"("config_path": "/etc/weir.yaml")", R"("drain_time": "600s")",
        R"("mode": "Serve")", R"("restart_epoch": 0)", R"("reject_unknown_dynamic_fields": true)",
        R"("id": "n1")", R"("cluster": "edge")", R"("base_id": "0")"}) {
    EXPECT_NE(page.body.find(line), std::string::npos) << line << " in " << page.body;
  }
}

TEST(MemoryPageTest, HasTheHeap) {
  const auto memory = NewDraftMessage("envoy.admin.v3.Memory");
  const Page page = Get({}, "/memory");
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // Those that are ours.
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(page.body, memory.get(), options).ok())
      << page.body;
  EXPECT_NE(page.body.find("\"heap_size\""), std::string::npos);
}

TEST(MemoryPageTest, NamesTheLargestHolders) {
  View view;
  view.memory.workers = {{.block_bytes_in_use = 4096,
                          .block_bytes_free = 8192,
                          .downstream = {.connections = 3, .headers = 70, .body = 5},
                          .upstream = {.connections = 1}}};
  view.memory.largest = {{"10.0.0.9", false, {.connections = 2, .headers = 70, .body = 5}}};
  const std::string body = Get(view, "/memory").body;
  EXPECT_NE(
      body.find(
          R"json(,
 "workers": [{"block_bytes_free":8192,"block_bytes_in_use":4096,)json"
          R"json("downstream":{"body_bytes":5,"connections":3,"header_bytes":70,"input_bytes":0,"output_bytes":0},)json"
          R"json("upstream":{"body_bytes":0,"connections":1,"header_bytes":0,"input_bytes":0,"output_bytes":0}}],
 "largest_holders": [{"body_bytes":5,"connections":2,"header_bytes":70,"input_bytes":0,)json"
          R"json("output_bytes":0,"peer":"10.0.0.9","side":"downstream"}]
}
)json"),
      std::string::npos)
      << body;
}

TEST(ListenersPageTest, TextAndJson) {
  View view;
  view.listeners = {{"web", "0.0.0.0:10000"}, {"six", "[::1]:443"}, {"local", "/run/weir.sock"}};
  EXPECT_EQ(Get(view, "/listeners").body,
            "local::/run/weir.sock\nsix::[::1]:443\nweb::0.0.0.0:10000\n");
  EXPECT_EQ(Get(view, "/listeners?format=json").body, R"({
 "listener_statuses": [
  {
   "name": "local",
   "local_address": {
    "pipe": {
     "path": "/run/weir.sock"
    }
   }
  },
  {
   "name": "six",
   "local_address": {
    "socket_address": {
     "address": "::1",
     "port_value": 443
    }
   }
  },
  {
   "name": "web",
   "local_address": {
    "socket_address": {
     "address": "0.0.0.0",
     "port_value": 10000
    }
   }
  }
 ]
}
)");
}

View ViewWithClusters() {
  View view;
  ClusterStatus web{.name = "web",
                    .added_via_api = true,
                    .eds_service_name = "web-service",
                    .default_priority = {1024, 512, 256, 3},
                    .high_priority = {1, 2, 4, 5}};
  HostStatus host{.address = "127.0.0.1:80", .hostname = "h1", .weight = 7, .health = "DEGRADED"};
  host.region = "r";
  host.zone = "z";
  host.cx_total = 5;
  host.cx_active = 2;
  host.rq_total = 9;
  host.rq_success = 8;
  host.rq_error = 1;
  web.hosts = {host};
  view.clusters = {web,
                   {.name = "api",
                    .default_priority = {1024, 1024, 1024, 3},
                    .high_priority = {1024, 1024, 1024, 3}}};
  return view;
}

TEST(ClustersPageTest, TextIsEnvoysLineByLine) {
  EXPECT_EQ(Get(ViewWithClusters(), "/clusters").body, R"(api::observability_name::api
api::default_priority::max_connections::1024
api::default_priority::max_pending_requests::1024
api::default_priority::max_requests::1024
api::default_priority::max_retries::3
api::high_priority::max_connections::1024
api::high_priority::max_pending_requests::1024
api::high_priority::max_requests::1024
api::high_priority::max_retries::3
api::added_via_api::false
web::observability_name::web
web::default_priority::max_connections::1024
web::default_priority::max_pending_requests::512
web::default_priority::max_requests::256
web::default_priority::max_retries::3
web::high_priority::max_connections::1
web::high_priority::max_pending_requests::2
web::high_priority::max_requests::4
web::high_priority::max_retries::5
web::added_via_api::true
web::eds_service_name::web-service
web::127.0.0.1:80::cx_active::2
web::127.0.0.1:80::cx_connect_fail::0
web::127.0.0.1:80::cx_total::5
web::127.0.0.1:80::rq_active::0
web::127.0.0.1:80::rq_error::1
web::127.0.0.1:80::rq_success::8
web::127.0.0.1:80::rq_timeout::0
web::127.0.0.1:80::rq_total::9
web::127.0.0.1:80::hostname::h1
web::127.0.0.1:80::health_flags::/degraded_eds_health
web::127.0.0.1:80::weight::7
web::127.0.0.1:80::region::r
web::127.0.0.1:80::zone::z
web::127.0.0.1:80::sub_zone::
web::127.0.0.1:80::canary::false
web::127.0.0.1:80::priority::0
web::127.0.0.1:80::success_rate::-1
web::127.0.0.1:80::local_origin_success_rate::-1
)");
}

TEST(ClustersPageTest, HealthFlagsAreEnvoys) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "healthy"},
      {"UNKNOWN", "healthy"},
      {"HEALTHY", "healthy"},
      {"UNHEALTHY", "/failed_eds_health"},
      {"TIMEOUT", "/failed_eds_health"},
      {"DEGRADED", "/degraded_eds_health"},
      {"DRAINING", "/eds_status_draining"},
  };
  for (const auto& [health, flags] : rows) {
    View view = ViewWithClusters();
    view.clusters[0].hosts[0].health = health;
    EXPECT_NE(Get(view, "/clusters").body.find("::health_flags::" + std::string(flags) + "\n"),
              std::string::npos)
        << health;
  }
}

TEST(ClustersPageTest, JsonIsTheMessageOfTheApi) {
  const Page page = Get(ViewWithClusters(), "/clusters?format=json");
  EXPECT_EQ(page.content_type, "application/json");
  const auto clusters = NewDraftMessage("envoy.admin.v3.Clusters");
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(page.body, clusters.get()).ok())
      << page.body;
  EXPECT_NE(page.body.find(R"(  {
   "name": "web",
   "added_via_api": true,
   "host_statuses": [
    {
     "address": {
      "socket_address": {
       "address": "127.0.0.1",
       "port_value": 80
      }
     },
     "stats": [
      {
       "type": "GAUGE",
       "value": "2",
       "name": "cx_active"
      },)"),
            std::string::npos)
      << page.body;
  EXPECT_NE(page.body.find(R"("eds_health_status": "DEGRADED")"), std::string::npos);
  EXPECT_NE(page.body.find(R"("priority": "HIGH",
      "max_connections": 1,)"),
            std::string::npos)
      << page.body;
}

TEST(InitDumpTest, ListsWhatWaitsAndForWhat) {
  View view;
  view.waiting_listeners = {{"in", {"route configuration main", "secret own"}}};
  view.waiting_clusters = {{"web", {"endpoints web"}}};
  EXPECT_EQ(Get(view, "/init_dump").body, R"({
 "unready_targets_dumps": [
  {
   "name": "listener in",
   "target_names": [
    "route configuration main",
    "secret own"
   ]
  },
  {
   "name": "cluster web",
   "target_names": [
    "endpoints web"
   ]
  }
 ]
}
)");
  EXPECT_EQ(Get(view, "/init_dump?mask=listener").body.find("cluster web"), std::string::npos);
  EXPECT_EQ(Get({}, "/init_dump").body, "{}\n");
}

TEST(DraftTest, OptionsTakeNoDurationThatTheMessageMayNotHave) {
  const auto options = NewDraftMessage("envoy.admin.v3.CommandLineOptions");
  EXPECT_TRUE(Draft(*options).FromText("drain_time", "315576000000s"));
  EXPECT_EQ(options->ShortDebugString(), "drain_time { seconds: 315576000000 }");
  EXPECT_FALSE(Draft(*options).FromText("drain_time", "315576000001s"));
  EXPECT_FALSE(Draft(*options).FromText("drain_time", "18446744073709551615s"));
}

TEST(ListenersTest, EveryAddressHasALine) {
  View view;
  view.listeners = {{"edge", "10.0.0.1:80", {"10.0.0.2:80"}}};
  EXPECT_EQ(Get(view, "/listeners").body, "edge::10.0.0.1:80\nedge::10.0.0.2:80\n");
  EXPECT_NE(Get(view, "/listeners?format=json").body.find("additional_local_addresses"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::admin
