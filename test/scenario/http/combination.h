// The fixture of scenarios that run in every combination of HTTP/1.1 and HTTP/2: a proxy between a
// client of one version and an upstream of the other.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "source/base/strings.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/http/http_end.h"
#include "test/scenario/world.h"

namespace weir::scenario {

struct Versions {
  HttpVersion down, up;
};

inline auto EveryCombination() {
  return testing::Values(Versions{HttpVersion::kHttp1, HttpVersion::kHttp1},
                         Versions{HttpVersion::kHttp1, HttpVersion::kHttp2},
                         Versions{HttpVersion::kHttp2, HttpVersion::kHttp1},
                         Versions{HttpVersion::kHttp2, HttpVersion::kHttp2});
}

// "Http1ToHttp2"
inline std::string NameOf(const testing::TestParamInfo<Versions>& test) {
  const auto name = [](HttpVersion version) {
    return version == HttpVersion::kHttp1 ? "Http1" : "Http2";
  };
  return StrCat(name(test.param.down), "To", name(test.param.up));
}

class CombinationTest : public testing::TestWithParam<Versions> {
 protected:
  // Starts the proxy, whose cluster speaks the version of the case with these options, an upstream
  // and a client.
  void Start(Edge edge, const std::string& http1_options, const std::string& http2_options) {
    edge.cluster_options += StrCat(
        "typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3."
        "HttpProtocolOptions: { \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3."
        "HttpProtocolOptions, explicit_http_config: { ",
        up_is_http2() ? "http2_protocol_options: {" : "http_protocol_options: {",
        up_is_http2() ? http2_options : http1_options, "} } } }\n");
    world = std::make_unique<World>(EdgeBootstrap(edge));
    ASSERT_TRUE(world->status().ok()) << world->status();
    upstream = &world->AddUpstream("10.0.0.1:80");
    client_peer = &world->Connect();
    client = MakeClientEnd(*client_peer, GetParam().down);
    world->Run();
  }
  void TearDown() override {
    client.reset();
    ends.clear();
  }

  // The upstream's newest connection.
  HttpEnd& Up() {
    while (ends.size() < upstream->connection_count()) {
      ends.push_back(MakeUpstreamEnd(upstream->connection(ends.size()), GetParam().up));
    }
    world->Run();
    EXPECT_FALSE(ends.empty());
    return *ends.back();
  }
  bool up_is_http2() const { return GetParam().up == HttpVersion::kHttp2; }
  bool down_is_http2() const { return GetParam().down == HttpVersion::kHttp2; }

  std::unique_ptr<World> world;
  Upstream* upstream = nullptr;
  Peer* client_peer = nullptr;
  std::unique_ptr<HttpEnd> client;
  std::vector<std::unique_ptr<HttpEnd>> ends;  // Of the upstream's connections.
};

}  // namespace weir::scenario
