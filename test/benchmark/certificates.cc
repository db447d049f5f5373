// Ten thousand certificates on one listener that comes over xDS, written in it and as secrets that
// it names: how long decoding, checking and putting into force take, what the proxy holds, and what
// replacing one of them costs. The whole proxy runs in this process and in memory; the time of the
// control plane and of the network is not in the figures.
//
//   bazel run -c opt //test/benchmark:certificates

#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/base/check.h"
#include "test/scenario/resources.h"
#include "test/scenario/tls_parts.h"

namespace weir::scenario {
namespace {

namespace tls_pb = envoy::extensions::transport_sockets::tls::v3;
using envoy::service::discovery::v3::DiscoveryResponse;

constexpr int kCertificates = 10'000;

double MillisecondsOf(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// Anonymous memory of this process that is in use, in MB.
double HeldMegabytes() {
  malloc_trim(0);
  std::ifstream status("/proc/self/status");
  std::string word;
  double kilobytes = 0;
  while (status >> word) {
    if (word == "RssAnon:") status >> kilobytes;
  }
  return kilobytes / 1024;
}

std::string HostName(int i) { return StrCat("host-", i, ".example"); }

tls_pb::TlsCertificate Issue(const std::string& host) {
  const Identity identity = Root().Issue({.common_name = host, .dns = {host}});
  tls_pb::TlsCertificate certificate;
  certificate.mutable_certificate_chain()->set_inline_string(identity.chain_pem);
  certificate.mutable_private_key()->set_inline_string(identity.key_pem);
  return certificate;
}

// A response with everything of one type, as it stands on the wire.
template <typename Messages>
std::string ResponseWith(std::string_view type_url, int version, const Messages& messages) {
  DiscoveryResponse response;
  response.set_type_url(std::string(type_url));
  response.set_version_info(StrCat(version));
  response.set_nonce(StrCat(version));
  for (const auto& message : messages) response.add_resources()->PackFrom(message);
  return response.SerializeAsString();
}

envoy::config::listener::v3::Listener ListenerWith(const tls_pb::CommonTlsContext& common) {
  DiscoveryResponse parsed;
  WEIR_CHECK(
      parsed.ParseFromString(*exe::ParseResourceFile("listener.yaml", StrCat("resources:\n", R"(
- "@type": type.googleapis.com/envoy.config.listener.v3.Listener
  name: edge
  address: { socket_address: { address: 10.0.0.100, port_value: 80 } }
  filter_chains:
  - filters:
    - name: http
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
        stat_prefix: edge
        http_filters:
        - name: router
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
        route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: / }, direct_response: { status: 200 } }] }] }
)"))),
      "the benchmark's own YAML is right");
  envoy::config::listener::v3::Listener listener;
  parsed.resources(0).UnpackTo(&listener);
  tls_pb::DownstreamTlsContext context;
  *context.mutable_common_tls_context() = common;
  auto& socket = *listener.mutable_filter_chains(0)->mutable_transport_socket();
  socket.set_name("tls");
  socket.mutable_typed_config()->PackFrom(context);
  return listener;
}

class Proxy {
 public:
  Proxy() {
    WEIR_CHECK(world_.status().ok(), "the bootstrap is right");
    // Listeners wait for clusters, of which there are none.
    Deliver(ResponseWith(schema::kClusterTypeUrl, 1, std::vector<tls_pb::Secret>()));
  }

  double Deliver(const std::string& response) {
    return MillisecondsOf([&] {
      world_.xds().open_call()->Deliver(response);
      world_.Run();
    });
  }
  // The proxy shows `host`'s own certificate.
  void CheckServes(const std::string& host) {
    TlsClient client(world_, {.sni = host});
    world_.Say(client.Connect(), kGet);
    WEIR_CHECK(client.facts().tls.get() != nullptr, "the listener is in force");
    WEIR_CHECK(client.server_subject() == StrCat("CN=", host, ",O=Weir"), "it serves the host");
  }

 private:
  World world_{kDynamicBootstrap};
};

struct Figures {
  double loading, held, replacing;
};

void Print(const char* how, const Figures& figures) {
  std::printf(
      "%d certificates %s: in force in %.0f ms, %.0f MB held; replacing one takes %.0f ms\n",
      kCertificates, how, figures.loading, figures.held, figures.replacing);
}

Figures MeasureInline(std::vector<tls_pb::TlsCertificate> certificates) {
  Figures figures;
  tls_pb::CommonTlsContext common;
  for (auto& certificate : certificates) *common.add_tls_certificates() = std::move(certificate);
  const auto response = [&](int version) {
    return ResponseWith(schema::kListenerTypeUrl, version, std::vector{ListenerWith(common)});
  };
  std::string first = response(1);
  *common.mutable_tls_certificates(kCertificates / 2) = Issue("next.example");
  const std::string second = response(2);
  common.Clear();
  Proxy proxy;
  const double before = HeldMegabytes();
  figures.loading = proxy.Deliver(first);
  figures.held = HeldMegabytes() - before;
  proxy.CheckServes(HostName(7));
  figures.replacing = proxy.Deliver(second);
  proxy.CheckServes("next.example");
  return figures;
}

Figures MeasureNamed(const std::vector<tls_pb::TlsCertificate>& certificates) {
  Figures figures;
  tls_pb::CommonTlsContext common;
  std::vector<tls_pb::Secret> secrets;
  for (int i = 0; i < kCertificates; ++i) {
    tls_pb::Secret& secret = secrets.emplace_back();
    secret.set_name(HostName(i));
    *secret.mutable_tls_certificate() = certificates[static_cast<size_t>(i)];
    auto& reference = *common.add_tls_certificate_sds_secret_configs();
    reference.set_name(secret.name());
    reference.mutable_sds_config()->mutable_ads();
  }
  const std::string listener =
      ResponseWith(schema::kListenerTypeUrl, 1, std::vector{ListenerWith(common)});
  const std::string first = ResponseWith(kSecrets, 1, secrets);
  secrets.front() = secrets[kCertificates / 2];
  secrets.resize(1);
  *secrets.front().mutable_tls_certificate() = Issue("next.example");
  const std::string second = ResponseWith(kSecrets, 2, secrets);
  Proxy proxy;
  const double before = HeldMegabytes();
  figures.loading = proxy.Deliver(listener) + proxy.Deliver(first);
  figures.held = HeldMegabytes() - before;
  proxy.CheckServes(HostName(7));
  figures.replacing = proxy.Deliver(second);
  proxy.CheckServes("next.example");
  return figures;
}

}  // namespace
}  // namespace weir::scenario

int main() {
  using namespace weir::scenario;
  std::vector<tls_pb::TlsCertificate> certificates;
  for (int i = 0; i < kCertificates; ++i) certificates.push_back(Issue(HostName(i)));
  Print("as secrets", MeasureNamed(certificates));
  Print("in the listener", MeasureInline(std::move(certificates)));
  return 0;
}
