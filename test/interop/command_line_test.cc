// weir-control with a directory and weirctl as their user meets them: three programs, and what they
// say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <tuple>
#include <utility>

#include "source/base/strings.h"
#include "test/interop/control_plane.h"
#include "test/interop/plan.h"
#include "test/interop/process.h"
#include "test/interop/socket.h"

namespace weir::interop {
namespace {

using testing::HasSubstr;

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    std::filesystem::create_directories(directory_);
    Write("all.yaml", plan_.ToYaml("1"));
    WriteFile(ScratchPath("boot.yaml"), Bootstrap(FreePort(), port_, XdsVariant::kDelta));
    control_.Start();
  }

  void Write(const std::string& name, const std::string& text) {
    // Renamed into its place, so that nobody reads half of it.
    WriteFile(ScratchPath("new"), text);
    std::filesystem::rename(ScratchPath("new"), directory_ / name);
  }

  // What weirctl says to these words, both outputs together.
  std::string Weirctl(std::vector<std::string> words) {
    const std::string said = ScratchPath("said.txt");
    std::filesystem::remove(said);
    words.insert(words.begin(), "source/exe/weirctl");
    words.insert(words.end(), {"--server", StrCat("127.0.0.1:", port_)});
    exit_code_ = Process(std::move(words), said).Wait();
    return ReadFile(said);
  }

  // Until `weirctl status` says `wanted`, or, with `said` false, says it no more.
  void AwaitStatus(const std::string& wanted, bool said = true) {
    const Instant deadline = In(std::chrono::seconds(20));
    for (;;) {
      const std::string status = Weirctl({"status"});
      if (exit_code_ == 0 && (status.find(wanted) != std::string::npos) == said) return;
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "instead of " << wanted << ":\n"
                                                            << status;
    }
  }

  const uint16_t port_ = FreePort();
  const std::filesystem::path directory_ = ScratchPath("directory");
  Plan plan_{{FreePort(), FreePort(), FreePort()}, {{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}}, false};
  ControlPlane control_{port_, {"--directory", directory_.string()}};
  int exit_code_ = 0;
};

TEST_F(CommandLine, StatusTellsOfADirectoryThatIsRefusedAndOfANodeThatRefuses) {
  AwaitStatus("no node is connected");
  Process weir({"source/exe/weir", "-c", ScratchPath("boot.yaml"), "--concurrency", "1"},
               ScratchPath("weir.log"));
  AwaitStatus("zero  listener  applied");

  // A mistake is told with its place, and changes nothing.
  Write("all.yaml", plan_.YamlWithUnknownField());
  AwaitStatus("did you mean \"connect_timeout\"?");
  EXPECT_NE(Weirctl({"status"}).find("zero  listener  applied"), std::string::npos);
  Write("all.yaml", plan_.ToYaml("2"));
  AwaitStatus("error:", false);

  // What only the proxy can know is told as the proxy's refusal, until it is mended.
  const Socket taken = Socket::Listen();
  Write("taken.yaml", StrCat("resources:\n", Plan::UnbindableListener(taken.port())));
  AwaitStatus("rejected by zero (listener): unbindable: ");
  std::filesystem::remove(directory_ / "taken.yaml");
  AwaitStatus("REJECTED", false);
  EXPECT_TRUE(weir.Runs());

  control_.Kill();
  EXPECT_NE(Weirctl({"status"}).find(StrCat("server 127.0.0.1:", port_)), std::string::npos);
  EXPECT_EQ(exit_code_, 3);
}

// What `weir --mode validate` prints of a bootstrap, and its exit code.
std::pair<std::string, int> Validated(const std::string& bootstrap) {
  const std::string path = ScratchPath("validated.yaml");
  const std::string said = ScratchPath("validated.txt");
  std::filesystem::remove(said);
  WriteFile(path, bootstrap);
  const int code = Process({"source/exe/weir", "--mode", "validate", "-c", path}, said).Wait();
  return {ReadFile(said), code};
}

TEST(Validate, RefusesWhatAStartWouldRefuse) {
  const std::string bootstrap = R"(
static_resources:
  clusters:
  - name: web
    transport_socket:
      name: tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        common_tls_context: { tls_certificate_sds_secret_configs: [{ name: mine }] }
    load_assignment: { cluster_name: web }
)";
  auto [said, code] = Validated(bootstrap);
  EXPECT_EQ(code, 1);
  EXPECT_THAT(said, HasSubstr("cluster \"web\": there is no static secret \"mine\""));
  std::tie(said, code) = Validated(
      StrCat(bootstrap, "  secrets: [{ name: mine, session_ticket_keys: { keys: [{ inline_string: ",
             std::string(80, 'k'), " }] } }]\n"));
  EXPECT_EQ(code, 1);
  EXPECT_THAT(said, HasSubstr("secret \"mine\" is no tls_certificate"));
  std::tie(said, code) = Validated("node: { id: n, cluster: c }");
  EXPECT_EQ(code, 0) << said;
}

TEST(Authority, KeysThatOthersMayReadAreRefused) {
  const std::string directory = ScratchPath("authority");
  const std::string said = ScratchPath("authority.txt");
  ASSERT_EQ(
      Process({"source/exe/weirctl", "ca", "init", directory, "--trust-domain", "a.example"}, said)
          .Wait(),
      0)
      << ReadFile(said);
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    EXPECT_EQ(file.status().permissions(), std::filesystem::perms(0600)) << file.path();
  }
  std::filesystem::permissions(directory + "/issuer.key", std::filesystem::perms(0640));
  EXPECT_EQ(Process({"source/exe/weir-control", "--listen", "127.0.0.1:0", "--ca", directory}, said)
                .Wait(),
            1);
  EXPECT_NE(ReadFile(said).find("issuer.key is open to others than its owner; chmod 600"),
            std::string::npos)
      << ReadFile(said);
}

}  // namespace
}  // namespace weir::interop
