// What the connection manager makes of a request's fields: tables of configuration and peer.
#include "source/proxy/request_headers.h"

#include <gmock/gmock.h>

#include <functional>
#include <set>
#include <string>

namespace weir::proxy {
namespace {

class RequestHeaders : public testing::Test {
 protected:
  RequestHeaders() : head_(arena_), info_(connection_) {
    Peer("203.0.113.9:5000");
    connection_.local_address = *net::Address::Parse("10.0.0.1:8080");
    head_.method = "GET";
    head_.scheme = "http";
    head_.authority = "a.example";
    head_.path = "/";
  }

  void Peer(std::string_view address) {
    connection_.remote_address = *net::Address::Parse(address);
  }
  bool Prepare() { return !PrepareRequest(config_, info_, random_, head_).has_value(); }
  std::string Get(std::string_view name) {
    return std::string(head_.headers.GetJoined(name).value_or("(none)"));
  }
  std::string Client() { return info_.downstream_remote_address.ip().ToString(); }
  void Internal(std::string_view network, uint32_t bits) {
    config_.internal_addresses.ranges.push_back(
        *net::CidrRange::Create(*net::IpAddress::Parse(network), bits));
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_{pool_};
  event::Random random_{1};
  config::HttpConnectionManager config_;
  stream_info::ConnectionInfo connection_;
  http::RequestHead head_;
  stream_info::StreamInfo info_;
};

TEST_F(RequestHeaders, ThePortThatWasAskedMaySayTheProtocol) {
  config_.forward_proto = {.https_ports = {443, 8080}, .http_ports = {80}};
  const struct {
    const char* local;
    bool encrypted;
    const char* proto;
  } rows[] = {
      {"10.0.0.1:8080", false, "https"}, {"10.0.0.1:443", false, "https"},
      {"10.0.0.1:80", true, "http"},     {"10.0.0.1:81", true, "https"},
      {"10.0.0.1:81", false, "http"},    {"unix:/a", true, "https"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.local);
    head_.headers.Clear();
    connection_.local_address = *net::Address::Parse(row.local);
    connection_.encrypted = row.encrypted;
    ASSERT_TRUE(Prepare());
    EXPECT_EQ(Get("x-forwarded-proto"), row.proto);
  }
}

struct ClientRow {
  const char* what;
  bool use_remote_address;
  uint32_t hops;
  const char* forwarded;  // x-forwarded-for of the request; "" for none.
  const char* client;
  const char* sent_on;
};

TEST_F(RequestHeaders, FindsTheTrustedClient) {
  const ClientRow rows[] = {
      {"the edge believes nobody", true, 0, "1.2.3.4", "203.0.113.9", "1.2.3.4,203.0.113.9"},
      {"the edge, no field", true, 0, "", "203.0.113.9", "203.0.113.9"},
      {"one proxy before the edge", true, 1, "6.6.6.6, 1.2.3.4", "1.2.3.4",
       "6.6.6.6, 1.2.3.4,203.0.113.9"},
      {"two proxies", true, 2, "6.6.6.6, 1.2.3.4, 5.6.7.8", "1.2.3.4",
       "6.6.6.6, 1.2.3.4, 5.6.7.8,203.0.113.9"},
      {"fewer entries than proxies", true, 3, "1.2.3.4", "203.0.113.9", "1.2.3.4,203.0.113.9"},
      {"not an address", true, 1, "unknown", "203.0.113.9", "unknown,203.0.113.9"},
      {"behind the edge", false, 0, "6.6.6.6, 1.2.3.4", "1.2.3.4", "6.6.6.6, 1.2.3.4"},
      {"behind two", false, 1, "1.2.3.4, 5.6.7.8", "1.2.3.4", "1.2.3.4, 5.6.7.8"},
      {"behind the edge, no field", false, 0, "", "203.0.113.9", "(none)"},
      {"IPv6", false, 0, "2001:db8::1", "2001:db8::1", "2001:db8::1"},
  };
  for (const ClientRow& row : rows) {
    SCOPED_TRACE(row.what);
    head_.headers.Clear();
    config_.use_remote_address = row.use_remote_address;
    config_.xff_num_trusted_hops = row.hops;
    if (*row.forwarded != '\0') head_.headers.Add("x-forwarded-for", row.forwarded);
    ASSERT_TRUE(Prepare());
    EXPECT_EQ(Client(), row.client);
    EXPECT_EQ(Get("x-forwarded-for"), row.sent_on);
  }
}

TEST_F(RequestHeaders, RepeatedForwardedFieldsAreOneList) {
  config_.use_remote_address = true;
  config_.xff_num_trusted_hops = 2;
  head_.headers.Add("x-forwarded-for", "1.2.3.4");
  head_.headers.Add("x-forwarded-for", "5.6.7.8");
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(Client(), "1.2.3.4");
  EXPECT_EQ(head_.headers.Count(http::HeaderId::kXForwardedFor), 1u);
}

TEST_F(RequestHeaders, TheClientIsBehindOurOwnProxies) {
  const net::CidrRange ours = *net::CidrRange::Create(*net::IpAddress::Parse("10.0.0.0"), 8);
  config_.ip_detection = {config::XffDetection{.trusted = {ours}, .skip_append = false}};
  struct Row {
    const char* peer;
    const char* forwarded;
    const char* client;
  };
  const Row rows[] = {
      {"10.1.1.1:1", "6.6.6.6, 1.2.3.4, 10.2.2.2", "1.2.3.4"},
      {"10.1.1.1:1", "1.2.3.4", "1.2.3.4"},
      {"10.1.1.1:1", "10.3.3.3, 10.2.2.2", "10.3.3.3"},
      {"10.1.1.1:1", "x, 10.2.2.2", "10.2.2.2"},
      {"203.0.113.9:1", "1.2.3.4", "203.0.113.9"},
  };
  for (const Row& row : rows) {
    head_.headers.Clear();
    Peer(row.peer);
    head_.headers.Add("x-forwarded-for", row.forwarded);
    ASSERT_TRUE(Prepare());
    EXPECT_EQ(Client(), row.client) << row.forwarded;
    EXPECT_TRUE(Get("x-forwarded-for").starts_with(row.forwarded));
    EXPECT_NE(Get("x-forwarded-for"), row.forwarded) << "the peer is appended";
  }
}

TEST_F(RequestHeaders, AFieldSaysWhoTheClientIsOrTheRequestIsRefused) {
  Internal("10.0.0.0", 8);
  config_.ip_detection = {config::HeaderDetection{.name = "x-real-ip", .reject_status = 403},
                          config::XffDetection{}};
  head_.headers.Add("x-forwarded-for", "1.2.3.4");
  const auto refusal = PrepareRequest(config_, info_, random_, head_);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->status, 403);
  head_.headers.Add("x-real-ip", "10.0.0.7");
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(Client(), "10.0.0.7");
  EXPECT_EQ(Get("x-envoy-internal"), "(none)");
  config_.ip_detection = {config::HeaderDetection{.name = "x-real-ip", .trusted = true}};
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(Get("x-envoy-internal"), "true");
  // Without a status the next one is asked.
  config_.ip_detection = {config::HeaderDetection{.name = "x-none"}, config::XffDetection{}};
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(Client(), "1.2.3.4");
}

TEST_F(RequestHeaders, SkipXffAppendLeavesTheList) {
  config_.use_remote_address = config_.skip_xff_append = true;
  head_.headers.Add("x-forwarded-for", "1.2.3.4");
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(Get("x-forwarded-for"), "1.2.3.4");
}

TEST_F(RequestHeaders, MappedAddressesAreWrittenWhereAskedFor) {
  config_.use_remote_address = config_.ipv4_as_mapped_ipv6 = true;
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(Get("x-forwarded-for"), "::ffff:203.0.113.9");
  EXPECT_EQ(Get("x-envoy-external-address"), "::ffff:203.0.113.9");
}

TEST_F(RequestHeaders, ProtoAndPortAreTheConnectionsUnlessATrustedProxySaysSo) {
  config_.append_x_forwarded_port = true;
  const auto prepare = [&](bool edge, uint32_t hops) {
    head_.headers.Clear();
    config_.use_remote_address = edge;
    config_.xff_num_trusted_hops = hops;
    head_.headers.Add("x-forwarded-proto", "https");
    head_.headers.Add("x-forwarded-port", "443");
    EXPECT_TRUE(Prepare());
    return Get("x-forwarded-proto") + " " + Get("x-forwarded-port");
  };
  EXPECT_EQ(prepare(true, 0), "http 8080");
  EXPECT_EQ(prepare(true, 1), "https 443");
  EXPECT_EQ(prepare(false, 0), "https 443");
  connection_.encrypted = true;
  head_.headers.Clear();
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(Get("x-forwarded-proto") + " " + Get("x-forwarded-port"), "https 8080");
}

struct OriginRow {
  const char* what;
  bool use_remote_address;
  const char* peer;
  const char* forwarded;
  bool internal;
  bool external_address;
};

TEST_F(RequestHeaders, OnlyOurOwnAddressesAreInternal) {
  Internal("10.0.0.0", 8);
  const OriginRow rows[] = {
      {"a peer of ours at the edge", true, "10.1.2.3:1", "", true, false},
      {"a stranger at the edge", true, "203.0.113.9:1", "", false, true},
      {"through a proxy of ours at the edge", true, "10.1.2.3:1", "203.0.113.7", false, true},
      {"one of ours through the edge", false, "10.9.9.9:1", "10.1.2.3", true, false},
      {"a stranger through the edge", false, "10.9.9.9:1", "203.0.113.7", false, false},
      {"a list is not trusted", false, "10.9.9.9:1", "203.0.113.7, 10.1.2.3", false, false},
      {"no list", false, "10.9.9.9:1", "", false, false},
      {"a UNIX peer", true, "unix:/run/x", "", false, false},
  };
  for (const OriginRow& row : rows) {
    SCOPED_TRACE(row.what);
    head_.headers.Clear();
    config_.use_remote_address = row.use_remote_address;
    Peer(row.peer);
    if (*row.forwarded != '\0') head_.headers.Add("x-forwarded-for", row.forwarded);
    head_.headers.Add("x-envoy-internal", "true");
    ASSERT_TRUE(Prepare());
    EXPECT_EQ(Get("x-envoy-internal"), row.internal ? "true" : "(none)");
    EXPECT_EQ(Get("x-envoy-external-address") != "(none)", row.external_address);
  }
  config_.internal_addresses.unix_sockets = config_.use_remote_address = true;
  head_.headers.Clear();
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(Get("x-envoy-internal"), "true");
}

TEST_F(RequestHeaders, StripsWhatStrangersMustNotSay) {
  Internal("10.0.0.0", 8);
  struct Row {
    const char* name;
    bool from_internal, from_external, from_edge;
  };
  const Row rows[] = {
      {"x-envoy-retry-on", true, false, false},
      {"x-envoy-upstream-rq-timeout-ms", true, false, false},
      {"x-envoy-max-retries", true, false, false},
      {"x-envoy-force-trace", true, false, false},
      {"x-envoy-decorator-operation", true, true, false},
      {"x-envoy-original-path", true, true, false},
      {"x-envoy-anything", true, true, false},
      {"x-forwarded-client-cert", false, false, false},
      {"proxy-authorization", true, true, false},
      {"x-env", true, true, true},
  };
  for (const Row& row : rows) {
    const auto passes = [&](bool edge, const char* peer, const char* forwarded) {
      head_.headers.Clear();
      config_.use_remote_address = edge;
      Peer(peer);
      if (*forwarded != '\0') head_.headers.Add("x-forwarded-for", forwarded);
      head_.headers.Add(row.name, "v");
      EXPECT_TRUE(Prepare());
      return Get(row.name) == "v";
    };
    EXPECT_EQ(passes(true, "10.1.2.3:1", ""), row.from_internal) << row.name;
    EXPECT_EQ(passes(false, "10.1.2.3:1", "203.0.113.7"), row.from_external) << row.name;
    EXPECT_EQ(passes(true, "203.0.113.9:1", ""), row.from_edge) << row.name;
  }
}

TEST_F(RequestHeaders, InternalOnlyFieldsOfTheTableAreForOurOwn) {
  const std::vector<std::string> names = {"x-secret"};
  head_.headers.Add("x-secret", "s");
  head_.headers.Add("x-envoy-internal", "true");
  RemoveInternalOnly(names, head_);
  EXPECT_EQ(Get("x-secret"), "s");
  head_.headers.Remove("x-envoy-internal");
  RemoveInternalOnly(names, head_);
  EXPECT_EQ(Get("x-secret"), "(none)");
}

TEST_F(RequestHeaders, HostsLoseWhatTheConfigurationStrips) {
  using config::HostPort;
  struct Row {
    HostPort port;
    bool dot;
    const char* before;
    const char* after;
  };
  const Row rows[] = {
      {HostPort::kKeep, false, "a.example.:8080", "a.example.:8080"},
      {HostPort::kStripMatching, false, "a.example:8080", "a.example"},
      {HostPort::kStripMatching, false, "a.example:80", "a.example:80"},
      {HostPort::kStripAny, false, "a.example:80", "a.example"},
      {HostPort::kStripAny, false, "[::1]:80", "[::1]"},
      {HostPort::kStripAny, false, "[::1]", "[::1]"},
      {HostPort::kStripAny, false, "a.example", "a.example"},
      {HostPort::kStripAny, true, "a.example.:80", "a.example"},
      {HostPort::kKeep, true, "a.example.:80", "a.example:80"},
      {HostPort::kKeep, true, "a.example.", "a.example"},
      {HostPort::kKeep, true, ".", "."},
  };
  for (const Row& row : rows) {
    config_.host_port = row.port;
    config_.strip_trailing_host_dot = row.dot;
    head_.authority = row.before;
    ASSERT_TRUE(Prepare());
    EXPECT_EQ(head_.authority, row.after) << row.before;
  }
  config_.host_port = HostPort::kStripAny;
  head_.method = "CONNECT";
  head_.authority = "a.example:443";
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(head_.authority, "a.example:443");
}

TEST_F(RequestHeaders, TheRequestIdIsRenewedForStrangersAlone) {
  struct Row {
    bool edge, generate, preserve;
    const char* before;
    bool kept;
  };
  const Row rows[] = {
      {true, true, false, "id-1", false}, {true, true, true, "id-1", true},
      {true, false, false, "id-1", true}, {false, true, false, "id-1", true},
      {false, false, false, "", true},    {false, true, false, "", false},
  };
  for (const Row& row : rows) {
    head_.headers.Clear();
    config_.use_remote_address = row.edge;
    config_.generate_request_id = row.generate;
    config_.preserve_external_request_id = row.preserve;
    if (*row.before != '\0') head_.headers.Add("x-request-id", row.before);
    ASSERT_TRUE(Prepare());
    const std::string id = Get("x-request-id");
    if (row.kept) {
      EXPECT_EQ(id, *row.before != '\0' ? row.before : "(none)");
    } else {
      EXPECT_NE(id, row.before);
    }
  }
}

TEST_F(RequestHeaders, RequestIdsAreRandomUuids) {
  std::set<std::string> ids, digits;
  for (int i = 0; i < 100; ++i) {
    head_.headers.Clear();
    ASSERT_TRUE(Prepare());
    const std::string id = Get("x-request-id");
    EXPECT_THAT(id, testing::MatchesRegex(
                        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    ids.insert(id);
    for (const char c : id) digits.insert(std::string(1, c));
  }
  EXPECT_EQ(ids.size(), 100u);
  EXPECT_EQ(digits.size(), 17u) << "all hexadecimal digits, and the hyphen";
}

TEST_F(RequestHeaders, UnderscoresAreAllowedRejectedOrDropped) {
  using config::UnderscoresInHeaders;
  for (const auto action :
       {UnderscoresInHeaders::kAllow, UnderscoresInHeaders::kReject, UnderscoresInHeaders::kDrop}) {
    head_.headers.Clear();
    head_.headers.Add("x_a", "1");
    head_.headers.Add("x-b", "2");
    config_.underscores = action;
    EXPECT_EQ(Prepare(), action != UnderscoresInHeaders::kReject);
    EXPECT_EQ(Get("x_a") == "1", action == UnderscoresInHeaders::kAllow);
    EXPECT_EQ(Get("x-b"), "2");
  }
}

TEST_F(RequestHeaders, SchemeAndViaAreWrittenAsConfigured) {
  config_.scheme = "https";
  config_.via = "1.1 weir";
  head_.headers.Add("via", "1.0 before");
  ASSERT_TRUE(Prepare());
  EXPECT_EQ(head_.scheme, "https");
  EXPECT_EQ(Get("via"), "1.0 before, 1.1 weir");
}

TEST_F(RequestHeaders, ResponsesSayWhoAnswers) {
  using config::ServerHeader;
  http::ResponseHead response(arena_);
  const auto finish = [&](ServerHeader how, const char* before) {
    response.Clear();
    config_.server_header = how;
    if (*before != '\0') response.headers.Add("server", before);
    FinishResponse(config_, head_, info_, "now", response);
    return std::string(response.headers.Get("server").value_or("(none)"));
  };
  EXPECT_EQ(finish(ServerHeader::kOverwrite, "up"), "envoy");
  EXPECT_EQ(finish(ServerHeader::kAppendIfAbsent, "up"), "up");
  EXPECT_EQ(finish(ServerHeader::kAppendIfAbsent, ""), "envoy");
  EXPECT_EQ(finish(ServerHeader::kPassThrough, ""), "(none)");
  head_.headers.Add("x-request-id", "id-1");
  config_.always_set_request_id_in_response = true;
  finish(ServerHeader::kOverwrite, "");
  EXPECT_EQ(response.headers.Get("x-request-id"), "id-1");
  EXPECT_EQ(response.headers.Get("date"), "now");
  EXPECT_FALSE(response.headers.Has(http::HeaderId::kVia));
  config_.via = "1.1 weir";
  finish(ServerHeader::kOverwrite, "");
  EXPECT_EQ(response.headers.Get("via"), "1.1 weir");
}

}  // namespace
}  // namespace weir::proxy
