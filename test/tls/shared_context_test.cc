// One server context and one client context used by many threads at once, as workers do:
// handshakes, resumed ones among them, while the main thread replaces contexts.

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "source/tls/client_context.h"
#include "source/tls/server_context.h"
#include "test/tls/tls_bench.h"

namespace weir::tls {
namespace {

TEST(SharedContextTest, WorkersHandshakeWithTheSameContexts) {
  const x509::Authority root("Root");
  config::DownstreamTls server;
  server.common.certificates.push_back(CertificateOf(root.Issue({.dns = {"a.example"}})));
  server.common.validation.trusted_ca_pem = root.pem();
  config::UpstreamTls client;
  client.sni = "a.example";
  client.max_session_keys = 3;
  client.common.validation.trusted_ca_pem = root.pem();
  client.common.certificates.push_back(CertificateOf(root.Issue({})));
  const auto server_context = *ServerContext::Create(server);
  const auto client_context = *ClientContext::Create(client);
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&] {
      TlsBench bench(server_context, client_context);
      for (int i = 0; i < 10; ++i) {
        bench.Connect();
        EXPECT_TRUE(bench.connected());
        bench.client().Send("ping");
        bench.server().Send("pong");
        bench.Run();
        EXPECT_EQ(bench.client().input, "pong");
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
}

}  // namespace
}  // namespace weir::tls
