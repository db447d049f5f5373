// Ten thousand certificates on one listener: how long its TLS context takes to make, what it holds,
// and what replacing one of them costs.
//
//   bazel run -c opt //test/benchmark:certificates

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include "source/tls/server_context.h"
#include "test/x509/authority.h"

namespace {

double MillisecondsOf(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// Anonymous memory of this process, in MB.
double HeldMegabytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  double kilobytes = 0;
  while (status >> word) {
    if (word == "RssAnon:") status >> kilobytes;
  }
  return kilobytes / 1024;
}

}  // namespace

int main() {
  using namespace weir;
  constexpr int kCertificates = 10'000;
  const x509::Authority root("Root");
  const auto issue = [&](const std::string& name) {
    x509::Identity identity = root.Issue({.common_name = name, .dns = {name}});
    return config::TlsCertificate{.chain_pem = std::move(identity.chain_pem),
                                  .key_pem = SecretBytes(std::move(identity.key_pem))};
  };
  config::DownstreamTls tls;
  for (int i = 0; i < kCertificates; ++i) {
    tls.common.certificates.push_back(issue(StrCat("host-", i, ".example")));
  }
  const double before = HeldMegabytes();
  tls::IdentityStore store;
  std::shared_ptr<const tls::ServerContext> context, next;
  const double loading = MillisecondsOf([&] { context = *tls::ServerContext::Create(tls, store); });
  const double held = HeldMegabytes() - before;
  tls.common.certificates[kCertificates / 2] = issue("next.example");
  const double replacing = MillisecondsOf([&] { next = *tls::ServerContext::Create(tls, store); });
  std::printf("%d certificates: made in %.0f ms, holds %.0f MB; replacing one takes %.1f ms\n",
              kCertificates, loading, held, replacing);
  return 0;
}
