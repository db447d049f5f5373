// /config_dump from resources as bytes: what is shown where, what is not shown, and parts of it.
#include <gtest/gtest.h>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/util/json_util.h"
#include "source/admin/draft.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"
#include "test/admin/pages.h"

namespace weir::admin {
namespace {

using google::protobuf::util::JsonStringToMessage;

// The bytes of a message of the API written as JSON.
std::string Bytes(std::string_view type, std::string_view json) {
  const auto message = NewDraftMessage(type);
  const auto status = JsonStringToMessage(std::string(json), message.get());
  EXPECT_TRUE(status.ok()) << status.ToString();
  return message->SerializeAsString();
}

event::SystemTime At(int64_t seconds) { return event::SystemTime(std::chrono::seconds(seconds)); }

std::shared_ptr<const ResourceRecord::Remarks> Refused(ResourceRecord::Error error) {
  return std::make_shared<const ResourceRecord::Remarks>(
      ResourceRecord::Remarks{.error = std::move(error)});
}

ResourceRecord Accepted(std::string_view name, std::string_view version, std::string_view bytes,
                        event::SystemTime last_updated = {}) {
  return {.content = {name, version, bytes}, .last_updated = last_updated, .accepted = true};
}

void Put(ResourceSet& set, ResourceRecord record) {
  const NamedBytes content = record.content;
  set.records = set.records.Set(content.name(), std::move(record));
}

std::string Cluster(std::string_view name) {
  return Bytes("envoy.config.cluster.v3.Cluster", "{\"name\":\"" + std::string(name) + "\"}");
}

ResourceSet Clusters() {
  ResourceSet set{.type_url = std::string(schema::kClusterTypeUrl), .version = "v7"};
  ResourceRecord fixed = Accepted("fixed", "", Cluster("fixed"), At(100));
  fixed.is_static = true;
  Put(set, fixed);
  Put(set, Accepted("active", "v5", Cluster("active"), At(200)));
  ResourceRecord warm = Accepted("warm", "v6", Cluster("warm"), At(300));
  warm.warming = true;
  Put(set, warm);
  ResourceRecord broken = Accepted("broken", "v4", Cluster("broken"), At(50));
  broken.remarks = std::make_shared<const ResourceRecord::Remarks>(ResourceRecord::Remarks{
      .ignored = {"alt_stat_name: has no effect"},
      .error = ResourceRecord::Error{.version = "v7",
                                     .details = "connect_timeout: must be greater than 0s",
                                     .last_attempt = At(400),
                                     .bytes = Bytes("envoy.config.cluster.v3.Cluster",
                                                    R"({"name":"broken","connect_timeout":"0s",
                             "wait_for_warm_on_init":false})")}});
  Put(set, broken);
  return set;
}

View SmallView() {
  View view;
  view.bootstrap_bytes = std::make_shared<const std::string>(
      Bytes("envoy.config.bootstrap.v3.Bootstrap", R"({"node":{"id":"n"}})"));
  view.bootstrap_last_updated = At(1);
  view.bootstrap_ignored = {"watchdog: has no effect"};
  view.resources = {Clusters()};
  return view;
}

constexpr std::string_view kSmallDump = R"({
 "configs": [
  {
   "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
   "bootstrap": {
    "node": {
     "id": "n"
    }
   },
   "last_updated": "1970-01-01T00:00:01Z"
  },
  {
   "@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
   "version_info": "v7",
   "static_clusters": [
    {
     "cluster": {
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      "name": "fixed"
     },
     "last_updated": "1970-01-01T00:01:40Z"
    }
   ],
   "dynamic_active_clusters": [
    {
     "version_info": "v5",
     "cluster": {
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      "name": "active"
     },
     "last_updated": "1970-01-01T00:03:20Z",
     "client_status": "ACKED"
    },
    {
     "version_info": "v4",
     "cluster": {
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      "name": "broken"
     },
     "last_updated": "1970-01-01T00:00:50Z",
     "error_state": {
      "failed_configuration": {
       "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
       "name": "broken",
       "connect_timeout": "0s",
       "wait_for_warm_on_init": false
      },
      "last_update_attempt": "1970-01-01T00:06:40Z",
      "details": "connect_timeout: must be greater than 0s",
      "version_info": "v7"
     },
     "client_status": "NACKED"
    }
   ],
   "dynamic_warming_clusters": [
    {
     "version_info": "v6",
     "cluster": {
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      "name": "warm"
     },
     "last_updated": "1970-01-01T00:05:00Z",
     "client_status": "ACKED"
    }
   ]
  },
  {
   "@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump"
  },
  {
   "@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump"
  },
  {
   "@type": "type.googleapis.com/weir.admin.v1.IgnoredConfigDump",
   "resources": [
    {
     "type_url": "type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap",
     "fields": [
      "watchdog: has no effect"
     ]
    },
    {
     "type_url": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
     "name": "broken",
     "fields": [
      "alt_stat_name: has no effect"
     ]
    }
   ]
  }
 ]
}
)";

TEST(ConfigDumpTest, ClustersAreShownByStateWithVersionsAndErrors) {
  EXPECT_EQ(Get(SmallView(), "/config_dump").body, kSmallDump);
}

std::string Listener(std::string_view name) {
  return Bytes("envoy.config.listener.v3.Listener", "{\"name\":\"" + std::string(name) + "\"}");
}

ResourceSet Listeners() {
  ResourceSet set{.type_url = std::string(schema::kListenerTypeUrl), .version = "v2"};
  Put(set, Accepted("a", "v1", Listener("a"), At(60)));
  ResourceRecord warming = Accepted("b", "v2", Listener("b"));
  warming.warming = true;
  Put(set, warming);
  Put(set, {.content = {"c", "", ""},
            .remarks = Refused({.version = "v2", .details = "address: is required"})});
  return set;
}

TEST(ConfigDumpTest, ListenersHaveAStateForEachVersionAndAnError) {
  const ResourceSet set = Listeners();
  View view;
  view.resources = {set};
  EXPECT_EQ(Get(view, "/config_dump?mask=dynamic_listeners").body, R"({
 "configs": [
  {
   "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump"
  },
  {
   "@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump"
  },
  {
   "@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
   "dynamic_listeners": [
    {
     "name": "a",
     "active_state": {
      "version_info": "v1",
      "listener": {
       "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
       "name": "a"
      },
      "last_updated": "1970-01-01T00:01:00Z"
     },
     "client_status": "ACKED"
    },
    {
     "name": "b",
     "warming_state": {
      "version_info": "v2",
      "listener": {
       "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
       "name": "b"
      }
     },
     "client_status": "ACKED"
    },
    {
     "name": "c",
     "error_state": {
      "details": "address: is required",
      "version_info": "v2"
     },
     "client_status": "NACKED"
    }
   ]
  },
  {
   "@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump"
  }
 ]
}
)");
}

TEST(ConfigDumpTest, EndpointsOnlyWhenAskedFor) {
  ResourceSet set{.type_url = std::string(schema::kClusterLoadAssignmentTypeUrl), .version = "v1"};
  Put(set, Accepted("web", "v1",
                    Bytes("envoy.config.endpoint.v3.ClusterLoadAssignment",
                          R"({"cluster_name":"web"})")));
  View view;
  view.resources = {set};
  EXPECT_EQ(Get(view, "/config_dump").body.find("EndpointsConfigDump"), std::string::npos);
  EXPECT_NE(Get(view, "/config_dump?include_eds").body.find("\"cluster_name\": \"web\""),
            std::string::npos);
  EXPECT_EQ(Get(view, "/config_dump?resource=dynamic_endpoint_configs").status, 404);
  EXPECT_EQ(Get(view, "/config_dump?resource=dynamic_endpoint_configs&include_eds").status, 200);
}

TEST(ConfigDumpTest, APartCanBeAskedFor) {
  const View view = SmallView();
  EXPECT_EQ(
      Get(view, "/config_dump?resource=dynamic_active_clusters&mask=cluster.name,version_info")
          .body,
      R"({
 "configs": [
  {
   "@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump.DynamicCluster",
   "version_info": "v5",
   "cluster": {
    "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "name": "active"
   }
  },
  {
   "@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump.DynamicCluster",
   "version_info": "v4",
   "cluster": {
    "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "name": "broken"
   }
  }
 ]
}
)");
  const struct {
    std::string_view target;
    uint16_t status;
    std::string_view has;
    std::string_view has_not;
  } rows[] = {
      {"/config_dump?name_regex=act.*", 200, "\"active\"", "\"broken\""},
      {"/config_dump?name_regex=act", 200, "BootstrapConfigDump", "\"active\""},
      {"/config_dump?name_regex=%28", 400, "name_regex", ""},
      {"/config_dump?resource=nothing", 404, "nothing not found in config dump", ""},
      {"/config_dump?resource=bootstrap", 400, "bootstrap is not a repeated field", ""},
      {"/config_dump?mask=bootstrap.node", 200, "\"id\": \"n\"", "last_updated"},
      {"/config_dump?mask=bootstrap.nothing", 400, "bootstrap.nothing", "configs"},
      {"/config_dump?resource=static_clusters&mask=nothing", 400, "nothing", "configs"},
      {"/config_dump?resource=static_clusters&mask=last_updated", 200, "00:01:40", "fixed"},
      {"/config_dump?resource=resources", 200, "alt_stat_name", "active"},
      {"/config_dump?unknown=parameter", 200, "\"active\"", ""},
  };
  for (const auto& row : rows) {
    const Page page = Get(view, row.target);
    EXPECT_EQ(page.status, row.status) << row.target;
    EXPECT_NE(page.body.find(row.has), std::string::npos) << row.target << page.body;
    if (!row.has_not.empty())
      EXPECT_EQ(page.body.find(row.has_not), std::string::npos) << row.target << page.body;
  }
}

// A cluster whose transport socket holds a private key, plainly and as a TypedStruct.
View ViewWithSecrets() {
  const auto bytes = Bytes("envoy.config.cluster.v3.Cluster", R"({
    "name": "tls",
    "transport_socket": {"name": "plain"},
    "transport_socket_matches": [{"name": "struct"}]})");
  const auto cluster = NewDraftMessage("envoy.config.cluster.v3.Cluster");
  EXPECT_TRUE(cluster->ParseFromString(bytes));
  const auto context = Bytes("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", R"({
    "common_tls_context": {"tls_certificates": [{"private_key": {"inline_string": "THE-KEY"}}]}})");
  Draft(*cluster)
      .Sub("transport_socket")
      .Any("typed_config",
           "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
           context);
  const auto typed_struct = Bytes("xds.type.v3.TypedStruct", R"({
    "type_url": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
    "value": {"common_tls_context": {"tls_certificates": [{"private_key": {"inline_string": "THE-KEY"}}]}}})");
  Draft(*cluster)
      .Add("transport_socket_matches")
      .Sub("transport_socket")
      .Any("typed_config", "type.googleapis.com/xds.type.v3.TypedStruct", typed_struct);
  ResourceSet set{.type_url = std::string(schema::kClusterTypeUrl)};
  const std::string with_key = cluster->SerializeAsString();
  EXPECT_NE(with_key.find("THE-KEY"), std::string::npos);
  // A refused version whose end is cut off cannot be understood, and hence not be redacted.
  const std::string cut = with_key.substr(0, with_key.size() - 3);
  for (const auto& [name, refused] : {std::pair("tls", with_key), std::pair("cut", cut)}) {
    ResourceRecord record = Accepted(name, "", with_key);
    record.remarks = Refused({.details = "bad", .bytes = refused});
    Put(set, record);
  }
  View view;
  view.resources = {set};
  return view;
}

TEST(ConfigDumpTest, SecretsAreNeverShown) {
  const View view = ViewWithSecrets();
  for (const std::string_view target :
       {"/config_dump", "/config_dump?resource=dynamic_active_clusters",
        "/config_dump?mask=dynamic_active_clusters.cluster.transport_socket",
        "/config_dump?resource=dynamic_active_clusters&mask=cluster.transport_socket.typed_config."
        "common_tls_context",
        "/config_dump?resource=dynamic_active_clusters&mask="
        "cluster.transport_socket_matches.transport_socket.typed_config.value",
        "/config_dump?resource=dynamic_active_clusters&mask=error_state"}) {
    const std::string body = Get(view, target).body;
    EXPECT_EQ(body.find("THE-KEY"), std::string::npos) << target << body;
    EXPECT_EQ(body.find("VEhFLUtFW"), std::string::npos) << "base64: " << target;
    EXPECT_NE(body.find("[redacted]"), std::string::npos) << target << body;
  }
}

TEST(ConfigDumpTest, FieldsThatThisProgramLacksAreShown) {
  // Cluster.outlier_detection is not among the compiled-in fields of every build; the API's message
  // has it.
  ResourceSet set{.type_url = std::string(schema::kClusterTypeUrl)};
  Put(set,
      {.content = {"x", "", ""},
       .remarks = Refused({.details = "outlier_detection is not supported",
                           .bytes = Bytes("envoy.config.cluster.v3.Cluster",
                                          R"({"name":"x","outlier_detection":{"consecutive_5xx":3},
                                                              "dns_jitter":"1s"})")})});
  View view;
  view.resources = {set};
  const std::string body = Get(view, "/config_dump?resource=dynamic_warming_clusters").body;
  EXPECT_NE(body.find("\"consecutive_5xx\": 3"), std::string::npos) << body;
  EXPECT_NE(body.find("\"dns_jitter\": \"1s\""), std::string::npos) << body;
}

}  // namespace
}  // namespace weir::admin
