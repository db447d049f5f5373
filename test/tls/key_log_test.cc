// Key logs: both ends write the same secrets, of the connections that the ranges cover.

#include "source/tls/key_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/tls/tls_bench.h"

namespace weir::tls {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;
using testing::UnorderedElementsAreArray;

using Lines = std::vector<std::string>;

std::unique_ptr<const KeyLog> Into(Lines& lines, const config::TlsKeyLog& config) {
  return std::make_unique<const KeyLog>(
      config, [&lines](std::string_view line) { lines.emplace_back(line); });
}

net::CidrRange Range(const std::string& address, uint32_t length) {
  return *net::CidrRange::Create(*net::IpAddress::Parse(address), length);
}

// A connection to 10.0.0.1 whose ends write where `config` says.
void Connect(const config::TlsKeyLog& config, config::TlsVersion version, Lines& of_server,
             Lines& of_client) {
  const x509::Authority root("Root");
  config::DownstreamTls server;
  server.common.certificates.push_back(CertificateOf(root.Issue({.dns = {"a.example"}})));
  config::UpstreamTls client;
  client.common.validation.trusted_ca_pem = root.pem();
  client.common.parameters.maximum = version;
  IdentityStore store;
  TlsBench bench(*ServerContext::Create(server, store, Into(of_server, config)),
                 *ClientContext::Create(client, Into(of_client, config)));
  bench.Connect();
  EXPECT_TRUE(bench.connected());
}

TEST(KeyLogTest, BothEndsWriteTheSameSecrets) {
  Lines server, client;
  Connect({}, config::TlsVersion::kTls13, server, client);
  EXPECT_THAT(server, testing::Contains(
                          MatchesRegex("CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{64,96}\n")));
  EXPECT_THAT(server, testing::Contains(MatchesRegex("SERVER_TRAFFIC_SECRET_0 .*\n")));
  EXPECT_THAT(client, UnorderedElementsAreArray(server));
}

TEST(KeyLogTest, Tls12HasOneSecret) {
  Lines server, client;
  Connect({}, config::TlsVersion::kTls12, server, client);
  EXPECT_THAT(server, ElementsAre(MatchesRegex("CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n")));
  EXPECT_EQ(client, server);
}

TEST(KeyLogTest, ConnectionsOfTheRangesAreWrittenAlone) {
  const net::CidrRange of_server = Range("10.0.0.1", 32), of_others = Range("192.0.2.0", 24);
  struct Case {
    config::TlsKeyLog config;
    bool at_server, at_client;
  };
  for (const Case& c : {Case{{.local = {of_server}}, true, false},
                        {{.remote = {of_server}}, false, true},
                        {{.local = {of_others, of_server}}, true, false},
                        {{.local = {of_others}}, false, false},
                        {{.local = {of_server}, .remote = {of_others}}, false, false}}) {
    Lines server, client;
    Connect(c.config, config::TlsVersion::kTls12, server, client);
    EXPECT_EQ(!server.empty(), c.at_server);
    EXPECT_EQ(!client.empty(), c.at_client);
  }
}

}  // namespace
}  // namespace weir::tls
