// x-forwarded-client-cert in every mode, with and without a certificate.

#include "source/proxy/client_certificate.h"

#include <gtest/gtest.h>

#include "source/buffer/arena.h"

namespace weir::proxy {
namespace {

using config::ForwardClientCert;

constexpr char kBefore[] = "By=a;Hash=b";
constexpr config::ClientCertDetails kAll{
    .subject = true, .cert = true, .dns = true, .uri = true, .chain = true};

net::TlsFactsRef FactsOf(const net::CertificateFacts& peer) {
  auto facts = MakeLocal<net::TlsFacts>();
  facts->peer = std::make_shared<const net::CertificateFacts>(peer);
  facts->peer_authorities = {{.pem = "-----\nB\n"}};
  facts->local = std::make_shared<const net::CertificateFacts>(
      net::CertificateFacts{.uri_names = {"spiffe://d/proxy"}});
  return facts;
}

const net::CertificateFacts kPeer{.subject = "CN=\"x\",O=Weir",
                                  .sha256_fingerprint = "ab12",
                                  .uri_names = {"spiffe://d/client"},
                                  .dns_names = {"c.example", "d.example"},
                                  .pem = "-----\nA+\n"};

// What goes on, as "value|value"; the client said `sent` in so many fields.
std::string Forwarded(const config::HttpConnectionManager& config, net::TlsFactsRef tls,
                      const std::vector<std::string>& sent) {
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  http::RequestHead head(arena);
  http::HeaderMap& headers = head.headers;
  headers.Add("before", "1");
  for (const std::string& value : sent) {
    headers.Add(http::HeaderId::kXForwardedClientCert, value);
  }
  stream_info::ConnectionInfo connection;
  connection.tls = std::move(tls);
  ForwardClientCertificate(config, stream_info::StreamInfo(connection), head);
  std::string values;
  for (const http::HeaderField& field : headers) {
    if (field.id != http::HeaderId::kXForwardedClientCert) continue;
    values += (values.empty() ? "" : "|") + std::string(field.value);
  }
  EXPECT_TRUE(headers.Get("before").has_value());
  return values;
}

std::string Forwarded(ForwardClientCert mode, const config::ClientCertDetails& details,
                      net::TlsFactsRef tls, const std::vector<std::string>& sent = {kBefore}) {
  config::HttpConnectionManager config;
  config.client_cert = {.mode = mode, .details = details};
  return Forwarded(config, std::move(tls), sent);
}

TEST(ClientCertificateTest, AMatcherDecidesWhereItMatches) {
  config::HttpConnectionManager config;
  config.client_cert.mode = ForwardClientCert::kForwardOnly;
  config.client_cert_matcher.emplace();
  config.client_cert_matcher->actions = {
      {.mode = ForwardClientCert::kSanitizeSet, .details = {.subject = true}}};
  config.client_cert_matcher->tree = std::make_shared<const match::MatchTree>(match::ExactMap{
      .input = {match::DataInput::Kind::kRequestHeader, "before"},
      .entries = {{"1", {.next = match::ActionNumber{0}}}},
  });
  EXPECT_EQ(Forwarded(config, FactsOf({.subject = "CN=x", .sha256_fingerprint = "ab"}), {kBefore}),
            "By=spiffe://d/proxy;Hash=ab;Subject=\"CN=x\"");
  config.client_cert_matcher->tree =
      std::make_shared<const match::MatchTree>(match::PredicateList{});
  EXPECT_EQ(Forwarded(config, FactsOf(kPeer), {kBefore}), kBefore);
}

TEST(ClientCertificateTest, Modes) {
  using enum ForwardClientCert;
  const auto with = FactsOf(kPeer);
  const auto without = MakeLocal<net::TlsFacts>();
  const std::string own = "By=spiffe://d/proxy;Hash=ab12";
  struct Case {
    ForwardClientCert mode;
    std::string presented, absent;
  };
  for (const Case& c : {Case{kSanitize, "", ""},
                        {kForwardOnly, kBefore, ""},
                        {kAppendForward, std::string(kBefore) + "," + own, ""},
                        {kSanitizeSet, own, ""},
                        {kAlwaysForwardOnly, kBefore, kBefore}}) {
    EXPECT_EQ(Forwarded(c.mode, {}, with), c.presented);
    EXPECT_EQ(Forwarded(c.mode, {}, without), c.absent);
    EXPECT_EQ(Forwarded(c.mode, {}, nullptr), c.absent) << "cleartext";
  }
}

TEST(ClientCertificateTest, DetailsAreSaidInEnvoysOrderAndQuoted) {
  EXPECT_EQ(Forwarded(ForwardClientCert::kSanitizeSet, kAll, FactsOf(kPeer)),
            "By=spiffe://d/proxy;Hash=ab12;Cert=\"-----%0AA%2B%0A\";"
            "Chain=\"-----%0AA%2B%0A-----%0AB%0A\";"
            "Subject=\"CN=\\\"x\\\",O=Weir\";URI=spiffe://d/client;DNS=c.example;DNS=d.example");
}

TEST(ClientCertificateTest, SeveralFieldsOfTheClientBecomeOne) {
  EXPECT_EQ(Forwarded(ForwardClientCert::kAppendForward, {}, FactsOf(kPeer), {"a=1", "b=2"}),
            "a=1, b=2,By=spiffe://d/proxy;Hash=ab12");
  EXPECT_EQ(Forwarded(ForwardClientCert::kAppendForward, {}, FactsOf(kPeer), {}),
            "By=spiffe://d/proxy;Hash=ab12");
}

TEST(ClientCertificateTest, NamesCannotBreakOutOfTheirValue) {
  net::CertificateFacts peer = kPeer;
  peer.uri_names = {"spiffe://d/a;By=evil", std::string("spiffe://d/\0nul", 15), "x\r\ny: z"};
  EXPECT_EQ(Forwarded(ForwardClientCert::kSanitizeSet, {.uri = true}, FactsOf(peer)),
            "By=spiffe://d/proxy;Hash=ab12;URI=\"spiffe://d/a;By=evil\"");
}

}  // namespace
}  // namespace weir::proxy
