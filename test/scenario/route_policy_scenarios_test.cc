// What a route does with a request beside sending it on: copies, redirects followed here, hashes,
// settings of filters.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/wrappers.pb.h"

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

std::string Get(std::string_view path = "/", std::string_view fields = "") {
  return StrCat("GET ", path, " HTTP/1.1\r\nhost: a.example\r\n", fields, "\r\n");
}

// A bootstrap with a second cluster "copy" at 10.0.0.2:80.
std::string WithCopies(const Edge& edge) {
  return EdgeBootstrap(edge) +
         "  - name: copy\n    type: STATIC\n    load_assignment: { cluster_name: copy, endpoints: "
         "[ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 10.0.0.2, "
         "port_value: 80 } } } } ] } ] }\n";
}

Edge Mirrored(std::string_view policy) {
  return {.routes = StrCat("- match: { prefix: / }\n  route: { cluster: web, "
                           "request_mirror_policies: [ { ",
                           policy, " } ] }\n")};
}

TEST(MirrorScenario, ACopyGoesToTheOtherClusterAndItsAnswerNowhere) {
  World world(WithCopies(Mirrored("cluster: copy")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Upstream& copy = world.AddUpstream("10.0.0.2:80");
  Peer& client = world.Connect();
  world.Say(client, "POST /p HTTP/1.1\r\nhost: a.example:80\r\ncontent-length: 4\r\n\r\nbo");
  world.Say(client, "dy");
  EXPECT_THAT(up.last().received(), StartsWith("POST /p HTTP/1.1\r\nhost: a.example:80\r\n"));
  EXPECT_THAT(copy.last().received(),
              StartsWith("POST /p HTTP/1.1\r\nhost: a.example-shadow:80\r\n"));
  EXPECT_THAT(copy.last().received(), HasSubstr("\r\n\r\nbody"));
  world.Say(copy.last(), "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(client.received(), "");
  world.Say(up.last(), kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(MirrorScenario, ACopyOutlivesItsRequest) {
  World world(WithCopies(Mirrored("cluster: copy")));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Upstream& copy = world.AddUpstream("10.0.0.2:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  world.Say(up.last(), kOk);
  client.Close();
  world.Run(seconds(1));
  EXPECT_EQ(world.Stat("cluster.copy.upstream_rq_active"), 1);
  world.Say(copy.last(), kOk);
  EXPECT_EQ(world.Stat("cluster.copy.upstream_rq_active"), 0);
  EXPECT_FALSE(copy.last().ended());  // The connection is kept.
}

TEST(MirrorScenario, ACopyWithoutAnAnswerEndsWithTheTimeout) {
  World world(WithCopies(Mirrored("cluster: copy")));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  world.AddUpstream("10.0.0.2:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  world.Say(up.last(), kOk);
  world.Run(seconds(16));
  EXPECT_EQ(world.Stat("cluster.copy.upstream_rq_active"), 0);
}

TEST(MirrorScenario, FractionHeaderAndHostAreAsConfigured) {
  World world(WithCopies(
      {.routes = "- match: { prefix: / }\n"
                 "  route:\n"
                 "    cluster: web\n"
                 "    request_mirror_policies:\n"
                 "    - { cluster: copy, runtime_fraction: { default_value: { numerator: 0 } } }\n"
                 "    - { cluster_header: x-to, disable_shadow_host_suffix_append: true }\n"
                 "    - { cluster_header: x-too, host_rewrite_literal: twin }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Upstream& copy = world.AddUpstream("10.0.0.2:80");
  Peer& client = world.Connect();
  world.Say(client, Get("/", "x-to: none\r\n"));
  EXPECT_EQ(copy.connection_count(), 0u);
  world.Say(client, Get("/", "x-to: copy\r\nx-too: copy\r\n"));
  ASSERT_EQ(copy.connection_count(), 2u);
  EXPECT_THAT(copy.connection(0).received(), HasSubstr("host: a.example\r\n"));
  EXPECT_THAT(copy.connection(1).received(), HasSubstr("host: twin\r\n"));
}

TEST(MirrorScenario, FieldsOfTheCopyAloneAreChanged) {
  World world(WithCopies(Mirrored(
      "cluster: copy, request_headers_mutations: [ { append: { header: { key: x-shadow, value: "
      "\"of %REQ(x-secret-a)%\" } } }, { remove: X-Gone }, { remove_on_match: { key_matcher: { "
      "prefix: x-secret- } } }, { append: { header: { key: x-secret-c, value: new } } } ]")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Upstream& copy = world.AddUpstream("10.0.0.2:80");
  world.Say(world.Connect(),
            Get("/", "x-gone: 1\r\nx-secret-a: 2\r\nx-secret-b: 3\r\nx-kept: 4\r\n"));
  const std::string& sent = up.last().received();
  EXPECT_THAT(sent, HasSubstr("x-gone: 1\r\nx-secret-a: 2\r\nx-secret-b: 3\r\nx-kept: 4\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("x-shadow")));
  const std::string& copied = copy.last().received();
  EXPECT_THAT(copied, HasSubstr("x-kept: 4\r\n"));
  EXPECT_THAT(copied, HasSubstr("x-shadow: of 2\r\n"));
  EXPECT_THAT(copied, HasSubstr("x-secret-c: new\r\n"));
  EXPECT_THAT(copied, Not(HasSubstr("x-gone")));
  EXPECT_THAT(copied, Not(HasSubstr("x-secret-a")));
  EXPECT_THAT(copied, Not(HasSubstr("x-secret-b")));
}

TEST(MirrorScenario, TheHostsPoliciesHoldWhereTheRouteHasNone) {
  World world(WithCopies({.virtual_host_options = "request_mirror_policies: [ { cluster: copy } ]",
                          .table_options = "request_mirror_policies: [ { cluster: web } ]"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Upstream& copy = world.AddUpstream("10.0.0.2:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  EXPECT_EQ(up.connection_count(), 1u);
  EXPECT_EQ(copy.connection_count(), 1u);
}

TEST(MirrorScenario, ACopyWhoseRequestIsCutOffIsGivenUp) {
  World world(WithCopies(Mirrored("cluster: copy")));
  world.AddUpstream("10.0.0.1:80");
  Upstream& copy = world.AddUpstream("10.0.0.2:80");
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbo");
  client.Close();
  world.Run();
  EXPECT_TRUE(copy.last().ended() || copy.last().failed());
  EXPECT_EQ(world.Stat("cluster.copy.upstream_rq_active"), 0);
}

// --- Internal redirects

Edge Following(std::string_view policy = "") {
  return {.routes = StrCat("- match: { prefix: /old }\n"
                           "  name: old\n"
                           "  route: { cluster: web, internal_redirect_policy: { ",
                           policy,
                           " } }\n"
                           "- match: { prefix: /new }\n"
                           "  name: new\n"
                           "  route: { cluster: web }\n")};
}

constexpr char kMoved[] =
    "HTTP/1.1 302 Found\r\nlocation: http://b.example/new?q=1\r\nx-token: t\r\n"
    "content-length: 0\r\n\r\n";

TEST(InternalRedirectScenario, TheActionThatThePolicyReplacedFollowsToo) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: /old }\n"
                 "  route: { cluster: web, internal_redirect_action: HANDLE_INTERNAL_REDIRECT }\n"
                 "- match: { prefix: /new }\n"
                 "  route: { cluster: web }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get("/old"));
  Peer& connection = up.last();
  connection.TakeReceived();
  world.Say(connection, kMoved);
  EXPECT_THAT(connection.received(), HasSubstr("GET /new?q=1 HTTP/1.1\r\nhost: b.example\r\n"));
  EXPECT_EQ(client.received(), "");
  world.Say(connection, kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(InternalRedirectScenario, ARedirectIsFollowedHere) {
  World world(EdgeBootstrap(Following("response_headers_to_copy: [ X-Token ]")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "POST /old HTTP/1.1\r\nhost: a.example\r\ncontent-length: 4\r\n\r\nbody");
  // The request that follows takes this connection, which is free before a new one stands.
  Peer& connection = up.last();
  connection.TakeReceived();
  world.Say(connection, kMoved);
  EXPECT_EQ(client.received(), "");
  EXPECT_THAT(connection.received(), HasSubstr("POST /new?q=1 HTTP/1.1\r\nhost: b.example\r\n"));
  EXPECT_THAT(connection.received(), HasSubstr("x-token: t\r\n"));
  EXPECT_THAT(connection.received(), HasSubstr("\r\n\r\nbody"));
  world.Say(connection, kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(world.Stat("cluster.web.upstream_internal_redirect_succeeded_total"), 1);
}

TEST(InternalRedirectScenario, AnotherMethodGetsWhatItLedTo) {
  World world(EdgeBootstrap(Following("redirect_response_codes: [ 303 ]")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "POST /old HTTP/1.1\r\nhost: a.example\r\ncontent-length: 4\r\n\r\nbody");
  Peer& connection = up.last();
  connection.TakeReceived();
  world.Say(connection,
            "HTTP/1.1 303 See\r\nlocation: http://b.example/new\r\ncontent-length: 0\r\n\r\n");
  EXPECT_THAT(connection.received(), HasSubstr("GET /new HTTP/1.1\r\nhost: b.example\r\n"));
  world.Say(connection, kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(InternalRedirectScenario, WhatIsNotToBeFollowedReachesTheClient) {
  struct Case {
    std::string_view policy, location, stat;
  };
  const Case cases[] = {
      {"", "https://a.example/new", "unsafe_scheme"},
      {"", "/new", "bad_location"},
      {"", "http://a.example/none", "no_route"},
      {"max_internal_redirects: 0", "http://a.example/new", "too_many_redirects"},
      {"predicates: [ { name: p, typed_config: { \"@type\": "
       "type.googleapis.com/"
       "envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig } } ]",
       "http://a.example/old/x", "predicate"},
      {"predicates: [ { name: p, typed_config: { \"@type\": "
       "type.googleapis.com/"
       "envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig, "
       "allowed_route_names: [ other ] } } ]",
       "http://a.example/new", "predicate"},
      {"allow_cross_scheme_redirect: true, predicates: [ { name: p, typed_config: { \"@type\": "
       "type.googleapis.com/"
       "envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig } } ]",
       "https://a.example/new", "predicate"},
  };
  for (const Case& c : cases) {
    World world(EdgeBootstrap(Following(c.policy)));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    up.AnswerAll(
        StrCat("HTTP/1.1 302 Found\r\nlocation: ", c.location, "\r\ncontent-length: 0\r\n\r\n"));
    Peer& client = world.Connect();
    world.Say(client, Get("/old"));
    EXPECT_THAT(client.received(), HasSubstr(StrCat("location: ", c.location, "\r\n"))) << c.stat;
    EXPECT_EQ(world.Stat(StrCat("http.edge.passthrough_internal_redirect_", c.stat)), 1) << c.stat;
    EXPECT_EQ(up.answered(), 1u);
  }
}

// --- Hashes

TEST(HashScenario, AMissingCookieIsGivenToTheClient) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: / }\n"
                 "  route: { cluster: web, hash_policy: [ { cookie: { name: sid, ttl: 60s, path: "
                 "/, attributes: [ { name: SameSite, value: Lax } ] } } ] }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, Get());
  const std::string first = client.TakeReceived();
  EXPECT_THAT(first, HasSubstr("set-cookie: sid=\""));
  EXPECT_THAT(first, HasSubstr("\"; Max-Age=60; Path=/; SameSite=Lax; HttpOnly\r\n"));
  world.Say(client, Get("/", "cookie: sid=\"0123456789abcdef\"\r\n"));
  EXPECT_THAT(client.received(), Not(HasSubstr("set-cookie")));
}

// --- Settings of filters

// A filter that answers with what its route says, else lets requests pass.
class Speaker final : public filter::HttpFilter {
 public:
  struct Config final : config::ExtensionConfig {
    explicit Config(std::string word) : words(std::move(word)) {}
    std::string_view extension_name() const override { return "speaker"; }
    bool Equals(const ExtensionConfig& other) const override {
      return words == static_cast<const Config&>(other).words;
    }
    std::string words;
  };
  struct Factory final : filter::HttpFilterFactory {
    std::unique_ptr<filter::HttpFilter> Create(filter::HttpFilterHost& host) const override {
      return std::make_unique<Speaker>(host);
    }
  };

  explicit Speaker(filter::HttpFilterHost& host) : host_(host) {}
  filter::FilterResult OnRequestHeaders(http::RequestHead& head, bool) override {
    const auto* const config = static_cast<const Config*>(host_.route_config());
    head.headers.Add("x-spoken", config == nullptr ? "nothing" : std::string_view(config->words));
    return filter::FilterResult::kContinue;
  }

 private:
  filter::HttpFilterHost& host_;
};

// Registers it with plain wrapper messages: BoolValue as a filter, StringValue on routes.
WorldOptions WithSpeaker() {
  using Decoders = config::proto::ExtensionDecoders;
  WorldOptions options;
  options.extensions = [](Decoders& decoders, filter::Factories& factories) {
    decoders.Add<google::protobuf::BoolValue>(
        Decoders::Category::kHttpFilter,
        [](const google::protobuf::BoolValue&, const config::proto::Scope&) {
          return std::make_shared<Speaker::Config>("");
        });
    decoders.Add<google::protobuf::StringValue>(
        Decoders::Category::kRouteFilter,
        [](const google::protobuf::StringValue& words, const config::proto::Scope&) {
          return std::make_shared<Speaker::Config>(words.value());
        });
    factories.http_filters["speaker"] = [](const config::ExtensionConfig&) {
      return std::make_shared<const Speaker::Factory>();
    };
  };
  return options;
}

// typed_per_filter_config of a route, which says `any` to the filter.
std::string Setting(std::string_view any) {
  return StrCat("  typed_per_filter_config: { speaker: { \"@type\": type.googleapis.com/", any,
                " } }\n");
}

// As a list of HTTP filters, with `options` in flow style.
std::string SpeakerFilter(std::string_view options = "") {
  return StrCat("- { name: speaker, ", options,
                "typed_config: { \"@type\": type.googleapis.com/google.protobuf.BoolValue, "
                "value: true } }\n");
}

struct Spoken {
  std::string_view path;
  std::string_view field;  // What the upstream sees of the filter; empty: nothing.
};

void ExpectSpoken(const Edge& edge, std::span<const Spoken> cases) {
  World world(EdgeBootstrap(edge), WithSpeaker());
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  for (const auto& [path, field] : cases) {
    world.Say(client, Get(path));
    const std::string seen = up.last().TakeReceived();
    EXPECT_THAT(seen, HasSubstr(std::string(field))) << path;
    EXPECT_EQ(seen.find("x-spoken") == std::string::npos, field.empty()) << path;
    world.Say(up.last(), kOk);
  }
}

TEST(FilterSettingScenario, ARouteSpeaksToAFilterOrTurnsItOff) {
  Edge edge;
  edge.http_filters = SpeakerFilter();
  edge.routes = StrCat("- match: { prefix: /own }\n  route: { cluster: web }\n",
                       Setting("google.protobuf.StringValue, value: route"),
                       "- match: { prefix: /wrapped }\n  route: { cluster: web }\n",
                       Setting("envoy.config.route.v3.FilterConfig, config: { \"@type\": "
                               "type.googleapis.com/google.protobuf.StringValue, value: wrapped }"),
                       "- match: { prefix: /off }\n  route: { cluster: web }\n",
                       Setting("envoy.config.route.v3.FilterConfig, disabled: true"),
                       "- match: { prefix: / }\n  route: { cluster: web }\n");
  const Spoken cases[] = {{"/own", "x-spoken: route\r\n"},
                          {"/wrapped", "x-spoken: wrapped\r\n"},
                          {"/off", ""},
                          {"/", "x-spoken: nothing\r\n"}};
  ExpectSpoken(edge, cases);
}

TEST(FilterSettingScenario, ADisabledFilterRunsWhereARouteSaysSo) {
  Edge edge;
  edge.http_filters = SpeakerFilter("disabled: true, ");
  edge.routes = StrCat("- match: { prefix: /own }\n  route: { cluster: web }\n",
                       Setting("google.protobuf.StringValue, value: route"),
                       "- match: { prefix: /on }\n  route: { cluster: web }\n",
                       Setting("envoy.config.route.v3.FilterConfig, config: {}"),
                       "- match: { prefix: / }\n  route: { cluster: web }\n");
  const Spoken cases[] = {
      {"/own", "x-spoken: route\r\n"}, {"/on", "x-spoken: nothing\r\n"}, {"/", ""}};
  ExpectSpoken(edge, cases);
}

TEST(FilterSettingScenario, AnUpgradeMayPassFiltersOfItsOwn) {
  Edge edge;
  edge.http_options = StrCat(
      "upgrade_configs:\n- upgrade_type: websocket\n  filters:\n", Indented(SpeakerFilter(), 2),
      "  - { name: router, typed_config: { \"@type\": type.googleapis.com/"
      "envoy.extensions.filters.http.router.v3.Router, suppress_envoy_headers: true } }\n"
      "- upgrade_type: plain\n");
  edge.routes = StrCat("- match: { prefix: /own }\n  route: { cluster: web }\n",
                       Setting("google.protobuf.StringValue, value: route"),
                       "- match: { prefix: / }\n  route: { cluster: web }\n");
  World world(EdgeBootstrap(edge), WithSpeaker());
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  // What the upstream sees of a request with `fields`.
  const auto seen = [&](const char* path, const char* fields) {
    world.Say(world.Connect(), Get(path, fields));
    return up.last().TakeReceived();
  };
  const char* const kAsk = "connection: upgrade\r\nupgrade: WebSocket\r\n";
  EXPECT_THAT(seen("/own", kAsk), HasSubstr("x-spoken: route\r\n"));
  const std::string asked = seen("/", kAsk);
  EXPECT_THAT(asked, HasSubstr("x-spoken: nothing\r\n"));
  EXPECT_THAT(asked, Not(HasSubstr("x-envoy-expected-rq-timeout-ms")));
  const std::string other = seen("/own", "connection: upgrade\r\nupgrade: plain\r\n");
  EXPECT_THAT(other, Not(HasSubstr("x-spoken")));
  EXPECT_THAT(other, HasSubstr("x-envoy-expected-rq-timeout-ms"));
  EXPECT_THAT(seen("/own", ""), Not(HasSubstr("x-spoken")));
}

}  // namespace
}  // namespace weir::scenario
