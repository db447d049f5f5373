#include "source/server/cluster_director.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "test/fakes/fake_resolver.h"
#include "test/fakes/sim_loop.h"
#include "test/server/notes.h"
#include "test/server/transports.h"

namespace weir::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::shared_ptr<const config::Endpoints> EndpointsOf(const std::string& name, uint16_t port) {
  auto endpoints = std::make_shared<config::Endpoints>();
  endpoints->cluster_name = name;
  config::Endpoint endpoint;
  endpoint.address = *net::Address::Parse(StrCat("10.0.0.1:", port));
  endpoints->endpoints.push_back(std::move(endpoint));
  return endpoints;
}

std::shared_ptr<const config::Cluster> Eds(const std::string& name, int timeout_s = 5,
                                           const std::string& service = "") {
  auto cluster = std::make_shared<config::Cluster>();
  cluster->name = name;
  cluster->type = config::DiscoveryType::kEds;
  cluster->eds_service_name = service;
  cluster->connect_timeout = std::chrono::seconds(timeout_s);
  return cluster;
}

std::shared_ptr<const config::Cluster> Dns(const std::string& name, const std::string& host) {
  auto cluster = std::make_shared<config::Cluster>();
  cluster->name = name;
  cluster->type = config::DiscoveryType::kStrictDns;
  auto endpoints = std::make_shared<config::Endpoints>();
  config::Endpoint endpoint;
  endpoint.address = config::DnsName{host, 80};
  endpoints->endpoints.push_back(std::move(endpoint));
  cluster->endpoints = std::move(endpoints);
  return cluster;
}

class ClusterDirectorTest : public testing::Test {
 protected:
  void Set(std::shared_ptr<const config::Cluster> cluster) {
    director.Set({std::move(cluster), {}});
  }
  const config::ClusterEntry* Active(const std::string& name) {
    return director.active().Find(name);
  }
  size_t EndpointCount(const std::string& name) {
    const config::ClusterEntry* const entry = Active(name);
    return entry == nullptr || entry->endpoints == nullptr ? 0 : entry->endpoints->endpoints.size();
  }

  fakes::SimLoop loop{1};
  fakes::FakeResolver resolver{loop};
  DnsSpread dns{loop, {{loop, resolver}}, 1};
  Notes notes;
  int changes = 0;
  Transports transports{notes};
  ClusterDirector director{dns, notes, transports.maker, [this] { ++changes; }};
};

TEST_F(ClusterDirectorTest, AnEdsClusterIsActiveWithItsEndpointsAndNotBefore) {
  Set(Eds("a", 5, "service"));
  EXPECT_THAT(notes.Take(), ElementsAre("+service"));
  EXPECT_THAT(director.Warming(), ElementsAre("a"));
  EXPECT_EQ(Active("a"), nullptr);
  EXPECT_EQ(changes, 0);
  director.SetEndpoints("service", EndpointsOf("service", 80));
  EXPECT_EQ(EndpointCount("a"), 1u);
  EXPECT_THAT(director.Warming(), IsEmpty());
  EXPECT_GT(changes, 0);
}

TEST_F(ClusterDirectorTest, AnEdsClusterWhoseEndpointsDoNotComeIsActiveWithoutThem) {
  Set(Eds("a"));
  director.EndpointsTimedOut("a");
  ASSERT_NE(Active("a"), nullptr);
  EXPECT_EQ(EndpointCount("a"), 0u);
  director.SetEndpoints("a", EndpointsOf("a", 80));
  EXPECT_EQ(EndpointCount("a"), 1u);
}

TEST_F(ClusterDirectorTest, TheFormerVersionServesUntilTheNextIsWarm) {
  Set(Eds("a"));
  director.SetEndpoints("a", EndpointsOf("a", 80));
  notes.Take();
  Set(Eds("a", 6, "other"));
  EXPECT_EQ(Active("a")->config->connect_timeout, std::chrono::seconds(5));
  EXPECT_THAT(notes.Take(), ElementsAre("+other"));
  director.SetEndpoints("other", EndpointsOf("other", 81));
  EXPECT_EQ(Active("a")->config->connect_timeout, std::chrono::seconds(6));
  EXPECT_THAT(notes.Take(), ElementsAre("-a"));
}

TEST_F(ClusterDirectorTest, AnEqualOneChangesNothing) {
  Set(Eds("a"));
  director.SetEndpoints("a", EndpointsOf("a", 80));
  const int before = changes;
  notes.Take();
  Set(Eds("a"));
  director.SetEndpoints("a", EndpointsOf("a", 80));
  EXPECT_EQ(changes, before);
  EXPECT_THAT(notes.Take(), IsEmpty());
  EXPECT_EQ(director.counts().added, 1u);
  EXPECT_EQ(director.counts().modified, 0u);
}

TEST_F(ClusterDirectorTest, AVersionThatIsReplacedBeforeItWasWarmIsForgotten) {
  Set(Eds("a", 5, "first"));
  Set(Eds("a", 5, "second"));
  EXPECT_THAT(notes.Take(), ElementsAre("+first", "+second", "-first"));
  director.SetEndpoints("first", EndpointsOf("first", 80));
  EXPECT_EQ(Active("a"), nullptr);
  director.SetEndpoints("second", EndpointsOf("second", 80));
  EXPECT_NE(Active("a"), nullptr);
}

TEST_F(ClusterDirectorTest, StaticClustersCannotBeReplacedOrRemoved) {
  auto cluster = std::make_shared<config::Cluster>();
  cluster->name = "s";
  cluster->endpoints = EndpointsOf("s", 80);
  director.SetStatic({cluster, {}});
  EXPECT_THAT(std::string(MessageOf(director.Check(*Eds("s")))), HasSubstr("static clusters"));
  EXPECT_TRUE(director.Check(*Eds("other")).ok());
  director.Remove("s");
  EXPECT_NE(Active("s"), nullptr);
}

TEST_F(ClusterDirectorTest, RemovalEndsSubscriptions) {
  Set(Eds("a"));
  director.SetEndpoints("a", EndpointsOf("a", 80));
  Set(Eds("a", 6, "next"));
  notes.Take();
  director.Remove("a");
  EXPECT_THAT(notes.Take(), ElementsAre("-next", "-a"));
  EXPECT_EQ(Active("a"), nullptr);
}

TEST_F(ClusterDirectorTest, ADnsClusterIsActiveWithItsAddressesAndFollowsThem) {
  resolver.SetAnswer("host.example", {"10.0.0.7"});
  Set(Dns("d", "host.example"));
  EXPECT_THAT(director.Warming(), ElementsAre("d"));
  loop.RunFor(std::chrono::milliseconds(5));
  EXPECT_EQ(EndpointCount("d"), 1u);
  resolver.SetAnswer("host.example", {"10.0.0.7", "10.0.0.8"});
  loop.RunFor(std::chrono::seconds(6));
  EXPECT_EQ(EndpointCount("d"), 2u);
  EXPECT_EQ(director.counts().updated, 1u);
  director.Remove("d");
  loop.RunFor(std::chrono::milliseconds(5));
  const size_t queries = resolver.queries();
  loop.RunFor(std::chrono::minutes(1));
  EXPECT_EQ(resolver.queries(), queries);
}

}  // namespace
}  // namespace weir::server
