// weirctl against a real control plane, and its command line by itself.
#include "source/cli/cli.h"

#include <gtest/gtest.h>

#include <map>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/cli/report.h"
#include "source/control/server.h"

namespace weir::cli {
namespace {

constexpr char kGood[] = R"yaml(
"@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
name: web
virtual_hosts:
- name: all
  domains: ["*"]
  routes:
  - match: { prefix: "/" }
    direct_response: { status: 200 }
)yaml";
constexpr char kDangling[] = R"yaml(
"@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
name: web
virtual_hosts:
- name: all
  domains: ["*"]
  routes:
  - match: { prefix: "/" }
    route: { cluster: nowhere }
)yaml";

class CliTest : public testing::Test {
 protected:
  CliTest() {
    auto server = control::Server::Create(clock_, {});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    port_ = *server_->Listen("127.0.0.1:0");
    surroundings_.out = [this](const std::string& text) { out_ += text; };
    surroundings_.error = [this](const std::string& text) { error_ += text; };
    surroundings_.read = [this](const std::string& path) -> absl::StatusOr<std::string> {
      const auto found = files_.find(path);
      if (found == files_.end()) return NotFound(StrCat("cannot read ", path));
      return found->second;
    };
    surroundings_.server = StrCat("127.0.0.1:", port_);
    surroundings_.author = "alice";
    files_["good.yaml"] = kGood;
    files_["dangling.yaml"] = kDangling;
  }

  int Weirctl(const std::vector<std::string>& words) {
    out_.clear();
    error_.clear();
    return cli::Run(words, surroundings_);
  }

  event::SystemClock clock_;
  std::unique_ptr<control::Server> server_;
  int port_ = 0;
  std::map<std::string, std::string> files_;
  Surroundings surroundings_;
  std::string out_;
  std::string error_;
};

TEST_F(CliTest, PushGetStatusDelete) {
  EXPECT_EQ(Weirctl({"push", "good.yaml", "--dry-run"}), kDone) << error_;
  EXPECT_NE(out_.find("nothing was done"), std::string::npos) << out_;
  EXPECT_EQ(Weirctl({"push", "good.yaml", "-m", "first"}), kDone) << error_;
  EXPECT_NE(out_.find("+ route web\n"), std::string::npos) << out_;
  EXPECT_NE(out_.find("r1 in force, 1 change\n"), std::string::npos) << out_;
  EXPECT_EQ(Weirctl({"get"}), kDone);
  EXPECT_NE(out_.find("route  web"), std::string::npos) << out_;
  EXPECT_NE(out_.find("good.yaml:2"), std::string::npos) << out_;
  EXPECT_EQ(Weirctl({"get", "route", "web"}), kDone);
  EXPECT_NE(out_.find("\"direct_response\""), std::string::npos) << out_;
  EXPECT_EQ(Weirctl({"status"}), kDone);
  EXPECT_NE(out_.find("revision r1: first (alice)"), std::string::npos) << out_;
  EXPECT_EQ(Weirctl({"status", "-o", "json"}), kDone);
  EXPECT_NE(out_.find("\"revision\": \"1\""), std::string::npos) << out_;
  EXPECT_EQ(Weirctl({"delete", "route", "web"}), kDone) << error_;
  EXPECT_NE(out_.find("- route web\n"), std::string::npos) << out_;
  EXPECT_EQ(Weirctl({"get", "route", "web"}), kRefused);
  EXPECT_EQ(Weirctl({"delete", "route", "web"}), kRefused);
}

TEST_F(CliTest, ARefusedPushSaysWhere) {
  EXPECT_EQ(Weirctl({"push", "dangling.yaml"}), kRefused);
  EXPECT_NE(error_.find("error: dangling.yaml:9:"), std::string::npos) << error_;
  EXPECT_NE(error_.find("nowhere"), std::string::npos) << error_;
  EXPECT_EQ(Weirctl({"push", "dangling.yaml", "-o", "json"}), kRefused);
  EXPECT_NE(out_.find("\"applied\": false"), std::string::npos) << out_;
}

// The cluster that a mistyped name was meant for is no second finding; a warning says so once.
TEST_F(CliTest, OneMistakeIsOneFinding) {
  const std::string cluster =
      "\n---\n\"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster\nname: nowhre\n";
  files_["mistyped.yaml"] = kDangling + cluster;
  EXPECT_EQ(Weirctl({"validate", "mistyped.yaml"}), kRefused);
  EXPECT_NE(error_.find("did you mean \"nowhre\"?"), std::string::npos) << error_;
  EXPECT_EQ(error_.find("warning"), std::string::npos) << error_;
  files_["unused.yaml"] = kGood + cluster;
  EXPECT_EQ(Weirctl({"validate", "unused.yaml"}), kDone) << error_;
  EXPECT_EQ(error_,
            "warning: unused.yaml:2:1: \"web\": route \"web\": nothing refers to it\n"
            "warning: unused.yaml:12:1: \"nowhre\": cluster \"nowhre\": nothing refers to it\n");
}

TEST_F(CliTest, ValidateNeedsNoServer) {
  server_->Shutdown(std::chrono::milliseconds(0));
  EXPECT_EQ(Weirctl({"validate", "good.yaml"}), kDone) << error_;
  EXPECT_EQ(out_, "1 resource, valid\n");
  EXPECT_EQ(Weirctl({"validate", "dangling.yaml"}), kRefused);
  EXPECT_NE(error_.find("error: dangling.yaml:9:"), std::string::npos) << error_;
}

TEST_F(CliTest, ExitCodesTellWhatWentWrong) {
  EXPECT_EQ(Weirctl({"push"}), kUsage);
  EXPECT_EQ(Weirctl({"push", "missing.yaml"}), kUsage);
  EXPECT_EQ(Weirctl({"get", "elephant"}), kUsage);
  server_->Shutdown(std::chrono::milliseconds(0));
  EXPECT_EQ(Weirctl({"status"}), kUnreachable);
  EXPECT_NE(error_.find(StrCat("127.0.0.1:", port_)), std::string::npos) << error_;
}

TEST(Arguments, Table) {
  struct Row {
    std::vector<std::string> words;
    std::string error;
  };
  const std::vector<Row> rows = {
      {{"psh", "a"}, "unknown command psh; did you mean push?"},
      {{"push", "a", "--dryrun"}, "unknown flag --dryrun; did you mean --dry-run?"},
      {{"push", "a", "-m"}, "--message needs a value"},
      {{"status", "-o", "xml"}, "output is text or json, not xml"},
      {{"delete", "route"}, "delete needs TYPE and NAME"},
      {{}, "a command is needed; see weirctl --help"},
      {{"--help"}, ""},
      {{"get", "--server=h:1"}, ""},
  };
  for (const Row& row : rows) {
    const auto parsed = ParseArguments(row.words, std::nullopt);
    EXPECT_EQ(parsed.ok() ? "" : std::string(MessageOf(parsed.status())), row.error);
  }
  EXPECT_EQ(ParseArguments({"get"}, "env:2")->server, "env:2");
  EXPECT_EQ(ParseArguments({"get", "--server", "flag:3"}, "env:2")->server, "flag:3");
}

TEST(Report, ColumnsLineUp) {
  EXPECT_EQ(Columns({{"A", "LONG", "x"}, {"bbb", "c", "y"}}), "A    LONG  x\nbbb  c     y\n");
}

}  // namespace
}  // namespace weir::cli
