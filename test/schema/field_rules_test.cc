#include "source/schema/field_rules.h"

#include <set>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "gtest/gtest.h"
#include "source/schema/document.h"
#include "source/schema/full_pool.h"
#include "source/schema/rule_table.h"
#include "source/schema/text_to_proto.h"

namespace weir::schema {
namespace {

// The broken rules of a message of the whole API that is read from YAML.
std::string Broken(std::string_view type, std::string_view yaml) {
  Diagnostics diagnostics;
  const auto documents = ReadDocuments({yaml, "f.yaml"}, diagnostics);
  auto message = NewMessageByTypeUrl(type);
  if (!documents.empty()) {
    NodeToMessage(*documents.front(), documents.front()->root(), *message, diagnostics);
  }
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.ToString();
  CheckRules(*message, diagnostics);
  return diagnostics.ToString();
}

TEST(RuleTable, EveryRuleOfTheTableIsUnderstood) {
  EXPECT_EQ(UnknownRules(), std::vector<std::string>());
}

TEST(RuleTable, EveryFieldOfTheTableExists) {
  for (const auto& [name, message] : WireMessages()) {
    const auto* rules = RulesOf(name);
    if (rules == nullptr) continue;
    const auto* type = FindMessage(name);
    for (const FieldRules& field : *rules) {
      const bool found = field.is_oneof
                             ? type->FindOneofByName(std::string(field.field)) != nullptr
                             : type->FindFieldByName(std::string(field.field)) != nullptr;
      EXPECT_TRUE(found) << name << " " << field.field;
    }
  }
}

TEST(FieldRules, EachKindHasItsText) {
  const std::string kCore = "envoy.config.core.v3.";
  const struct {
    std::string type;
    const char* yaml;
    const char* broken;
  } cases[] = {
      {kCore + "Pipe", "path: ''", "path: must not be empty [string.min_len=1]"},
      {kCore + "Pipe", "{path: x, mode: 512}",
       "mode: must be at most 511, got 512 [uint32.lte=511]"},
      {kCore + "Address", "",
       "one of socket_address, pipe, envoy_internal_address must be set [oneof.required=true]"},
      {kCore + "SocketAddress", "{address: a, port_value: 65536}",
       "port_value: must be at most 65535, got 65536 [uint32.lte=65535]"},
      {kCore + "SocketAddress", "{address: a, port_value: 0}", ""},
      {kCore + "CidrRange", "{address_prefix: a, prefix_len: 129}",
       "prefix_len: must be at most 128, got 129 [uint32.lte=128]"},
      {kCore + "HeaderValue", "{key: \"a\\nb\"}",
       "key: must be the name of a header, got \"a\\nb\" "
       "[string.well_known_regex=HTTP_HEADER_NAME]"},
      {kCore + "SchemeHeaderTransformation", "scheme_to_overwrite: ftp",
       "scheme_to_overwrite: must be one of http, https, got \"ftp\" "
       "[string.in=[\"http\",\"https\"]]"},
      {kCore + "Metadata", "filter_metadata: {'': {}}",
       "filter_metadata[\"\"]: must not be empty [map.keys.string.min_len=1]"},
      {"envoy.config.accesslog.v3.AndFilter", "filters: [{not_health_check_filter: {}}]",
       "filters: must have at least 2 items [repeated.min_items=2]"},
      {"envoy.config.accesslog.v3.ResponseFlagFilter", "flags: [UF, XX]", nullptr},
      {"envoy.config.common.matcher.v3.MatchPredicate", "any_match: false",
       "any_match: must be true, got false [bool.const=true]"},
      {"envoy.config.route.v3.RateLimit.HitsAddend", "format: x",
       "format: must start with \"%\", got \"x\" [string.prefix=\"%\"]\n"
       "format: must end with \"%\", got \"x\" [string.suffix=\"%\"]"},
      {"envoy.config.route.v3.RateLimit.HitsAddend", "format: ''", ""},
      {"envoy.config.metrics.v3.HistogramBucketSettings", "{match: {exact: a}, buckets: [1, 2, 1]}",
       "buckets[2]: stands twice, got 1"},
      {"envoy.config.metrics.v3.HistogramBucketSettings", "{match: {exact: a}, buckets: [0]}",
       "buckets[0]: must be greater than 0.0, got 0 [repeated.items.double.gt=0.0]"},
      {"xds.core.v3.ResourceLocator.Directive", "entry: 'a b'",
       "entry: must match ^[0-9a-zA-Z_\\-\\./~:]+$, got \"a b\" "
       "[string.pattern=\"^[0-9a-zA-Z_\\\\-\\\\./~:]+$\"]"},
      {"envoy.config.cluster.v3.Cluster", "{name: a, connect_timeout: 0s}",
       "connect_timeout: must be greater than 0s, got 0s [duration.gt=0s]"},
      {"envoy.config.cluster.v3.Cluster", "{name: a, connect_timeout: 1s}", ""},
      {"envoy.config.core.v3.HealthCheck.HttpHealthCheck", "{path: /, method: CONNECT}",
       "method: is not allowed here, got 6 [enum.not_in=[6]]"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.type + " " + one.yaml);
    if (one.broken != nullptr) {
      EXPECT_EQ(Broken(one.type, one.yaml), one.broken);
    } else {
      EXPECT_NE(Broken(one.type, one.yaml), "");
    }
  }
}

TEST(FieldRules, UnknownEnumNumbersAreNamed) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name("a");
  cluster.set_lb_policy(static_cast<envoy::config::cluster::v3::Cluster::LbPolicy>(99));
  Diagnostics diagnostics;
  EXPECT_FALSE(CheckRules(cluster, diagnostics));
  EXPECT_EQ(diagnostics.ToString(),
            "lb_policy: must be a value of envoy.config.cluster.v3.Cluster.LbPolicy, got 99 "
            "[enum.defined_only=true]");
}

TEST(FieldRules, LooksIntoListsMapsAnyAndTypedStructs) {
  EXPECT_EQ(Broken("envoy.config.cluster.v3.Cluster",
                   "name: a\nload_assignment:\n  cluster_name: a\n  endpoints:\n  - lb_endpoints:\n"
                   "    - endpoint: {address: {socket_address: {address: '', port_value: 1}}}\n"),
            "load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address: "
            "must not be empty "
            "[string.min_len=1]");
  const char* kPath = "typed_config.stat_prefix: must not be empty [string.min_len=1]";
  EXPECT_EQ(
      Broken("envoy.config.core.v3.TypedExtensionConfig",
             "name: a\ntyped_config:\n"
             "  '@type': t/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy\n  cluster: a\n"),
      kPath);
  EXPECT_EQ(Broken("envoy.config.core.v3.TypedExtensionConfig",
                   "name: a\ntyped_config:\n  '@type': t/xds.type.v3.TypedStruct\n"
                   "  type_url: t/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy\n  value: "
                   "{cluster: a}\n"),
            kPath);
}

TEST(FieldRules, CompiledInMessagesAreCheckedAlike) {
  envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
  auto* endpoint = assignment.add_endpoints()->add_lb_endpoints();
  endpoint->mutable_load_balancing_weight()->set_value(0);
  Diagnostics diagnostics;
  EXPECT_FALSE(CheckRules(assignment, diagnostics, "root"));
  EXPECT_EQ(diagnostics.ToString(),
            "root.cluster_name: must not be empty [string.min_len=1]\n"
            "root.endpoints[0].lb_endpoints[0].load_balancing_weight: must be at least 1, got 0 "
            "[uint32.gte=1]");
}

TEST(FieldRules, AOneofMemberThatOnlyTheWholeApiHasCounts) {
  // The compiled-in Address has no envoy_internal_address; it sets the oneof all the same.
  auto full = NewMessageByTypeUrl("envoy.config.core.v3.Address");
  full->GetReflection()->MutableMessage(
      full.get(), full->GetDescriptor()->FindFieldByName("envoy_internal_address"));
  envoy::config::core::v3::Address address;
  ASSERT_TRUE(address.ParseFromString(full->SerializeAsString()));
  Diagnostics diagnostics;
  EXPECT_TRUE(CheckRules(address, diagnostics)) << diagnostics.ToString();
}

TEST(FieldRules, ADeepAnyEndsTheWalk) {
  google::protobuf::Any any;
  for (int i = 0; i < 5000; ++i) {
    google::protobuf::Any outer;
    outer.set_type_url("t/google.protobuf.Any");
    outer.set_value(any.SerializeAsString());
    any = outer;
  }
  Diagnostics diagnostics;
  EXPECT_FALSE(CheckRules(any, diagnostics));
  EXPECT_EQ(diagnostics.ToString(), "an Any in an Any, too many levels deep");
}

TEST(FieldRules, SecretValuesAreNotShown) {
  const std::string broken = Broken("envoy.extensions.filters.network.redis_proxy.v3.RedisProxy",
                                    "downstream_auth_password: {inline_string: hunter2}\n");
  EXPECT_EQ(broken.find("hunter2"), std::string::npos) << broken;
}

}  // namespace
}  // namespace weir::schema
