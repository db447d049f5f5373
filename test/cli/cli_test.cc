// weirctl against a real control plane, and its command line by itself.
#include "source/cli/cli.h"

#include <gtest/gtest.h>

#include <map>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/cli/report.h"
#include "source/control/ca/authority_directory.h"
#include "source/control/ca/token.h"
#include "source/control/server.h"
#include "test/fakes/fake_files.h"
#include "test/fakes/sim_loop.h"

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

// ca and token work on a directory, without a server.
class AuthorityCliTest : public testing::Test {
 protected:
  AuthorityCliTest() {
    surroundings_.out = [this](const std::string& text) { out_ += text; };
    surroundings_.error = [this](const std::string& text) { error_ += text; };
    surroundings_.files = &files_;
    surroundings_.clock = &loop_;
    surroundings_.make_directory = [](const std::string&) { return absl::OkStatus(); };
  }
  int Weirctl(const std::vector<std::string>& words) {
    out_.clear();
    error_.clear();
    return cli::Run(words, surroundings_);
  }

  fakes::SimLoop loop_;
  fakes::FakeFiles files_{loop_};
  Surroundings surroundings_;
  std::string out_;
  std::string error_;
};

TEST_F(AuthorityCliTest, AnAuthorityFromItsFirstDayToAnotherRoot) {
  EXPECT_EQ(Weirctl({"ca", "init", "d", "--trust-domain", "mesh.example"}), kDone) << error_;
  EXPECT_EQ(Weirctl({"ca", "init", "d", "--trust-domain", "mesh.example"}), kRefused);
  EXPECT_NE(error_.find("d/root.key is there already"), std::string::npos) << error_;
  EXPECT_EQ(Weirctl({"ca", "issue", "d", "/weir/admin", "--out", "o", "--valid-for", "1h"}), kDone)
      << error_;
  EXPECT_NE(out_.find("spiffe://mesh.example/weir/admin, until 2024-01-01 01:00:00 UTC"),
            std::string::npos)
      << out_;
  const auto authority = control::ca::AuthorityDirectory(files_, "d").Load();
  ASSERT_TRUE(authority.ok());
  EXPECT_EQ(*authority->PathOf(*files_.Read("o/certificate.pem", 1 << 20), loop_.WallNow()),
            "/weir/admin");
  EXPECT_EQ(*files_.Read("o/bundle.pem", 1 << 20), authority->bundle_pem());
  EXPECT_EQ(Weirctl({"token", "create", "d", "/demo/a", "--valid-for=90d"}), kDone) << error_;
  const auto key = control::ca::AuthorityDirectory(files_, "d").LoadTokenKey();
  const std::string token = out_.substr(0, out_.size() - 1);
  EXPECT_EQ(
      *control::ca::CheckToken(token, key->view(), loop_.WallNow() + std::chrono::hours(24 * 89)),
      "/demo/a");
  EXPECT_EQ(Weirctl({"ca", "rotate", "d", "switch"}), kRefused);
  for (const char* step : {"begin", "switch", "end"}) {
    EXPECT_EQ(Weirctl({"ca", "rotate", "d", step}), kDone) << error_;
    EXPECT_EQ(Weirctl({"ca", "show", "d"}), kDone) << error_;
  }
  EXPECT_NE(out_.find("trust domain  mesh.example\nissuer        CN=mesh.example issuer "),
            std::string::npos)
      << out_;
}

TEST_F(AuthorityCliTest, TokensAreListedAndRevoked) {
  surroundings_.read = [this](const std::string& path) { return files_.Read(path, 1 << 20); };
  ASSERT_EQ(Weirctl({"ca", "init", "d", "--trust-domain", "mesh.example"}), kDone) << error_;
  EXPECT_EQ(Weirctl({"token", "list", "d"}), kDone) << error_;
  EXPECT_EQ(out_, "no token is in force\n");
  EXPECT_EQ(Weirctl({"token", "create", "d", "/demo/a", "--valid-for=90d"}), kDone) << error_;
  const std::string token = out_.substr(0, out_.size() - 1);
  const std::string id = control::ca::IdOfToken(token);
  EXPECT_EQ(Weirctl({"token", "create", "d", "/demo/b", "--valid-for=1h"}), kDone) << error_;
  EXPECT_EQ(Weirctl({"token", "revoke", "d", id}), kDone) << error_;
  EXPECT_EQ(out_, "token " + id + " is revoked\n");
  EXPECT_EQ(Weirctl({"token", "list", "d"}), kDone) << error_;
  EXPECT_NE(out_.find(id + "  until "), std::string::npos) << out_;
  EXPECT_NE(out_.find("/demo/a  revoked\n"), std::string::npos) << out_;
  EXPECT_NE(out_.find("/demo/b\n"), std::string::npos) << out_;
  EXPECT_EQ(out_.find(token), std::string::npos) << "whoever reads it gets no token";
  // One that was made before there was a list.
  files_.Write("d/tokens", "");
  files_.Write("t", token + "\n");
  EXPECT_EQ(Weirctl({"token", "revoke", "d", id}), kRefused);
  EXPECT_NE(error_.find("no token in force has the id"), std::string::npos) << error_;
  EXPECT_EQ(Weirctl({"token", "revoke", "d", "--token-file", "t"}), kDone) << error_;
  EXPECT_EQ(control::ca::AuthorityDirectory(files_, "d").LoadTokens()->RevokedIds(), HashSet({id}));
  // Whose end has come are gone from the list with the next change.
  loop_.RunFor(std::chrono::hours(24 * 91));
  EXPECT_EQ(Weirctl({"token", "list", "d"}), kDone) << error_;
  EXPECT_EQ(out_, "no token is in force\n");
}

TEST_F(AuthorityCliTest, TokensOfOneIdentityAndOneSecondAreRevokedEachByItself) {
  surroundings_.read = [this](const std::string& path) { return files_.Read(path, 1 << 20); };
  ASSERT_EQ(Weirctl({"ca", "init", "d", "--trust-domain", "mesh.example"}), kDone) << error_;
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Weirctl({"token", "create", "d", "/demo/a"}), kDone) << error_;
    ids.push_back(control::ca::IdOfToken(out_.substr(0, out_.size() - 1)));
  }
  EXPECT_EQ(Weirctl({"token", "revoke", "d", ids[0]}), kDone) << error_;
  const auto tokens = control::ca::AuthorityDirectory(files_, "d").LoadTokens();
  EXPECT_EQ(tokens->tokens().size(), 2u);
  EXPECT_EQ(tokens->RevokedIds(), HashSet({ids[0]}));
}

TEST_F(AuthorityCliTest, SlipsAreToldAndChangeNothing) {
  const std::pair<std::vector<std::string>, std::string> table[] = {
      {{"ca"}, "ca takes init, show, issue or rotate"},
      {{"ca", "init"}, "ca init needs the directory DIR"},
      {{"ca", "init", "d"}, "needs --trust-domain"},
      {{"ca", "init", "d", "--trust-domain", "Not One"}, "is no trust domain"},
      {{"ca", "issue", "d", "demo", "--out", "o"}, "is no path of an identity"},
      {{"ca", "issue", "d", "/a"}, "needs --out"},
      {{"ca", "rotate", "d", "back"}, "begin, switch or end, not back"},
      {{"token", "make"}, "token takes create, list or revoke, not make"},
      {{"token", "revoke", "d"}, "token revoke needs the directory DIR, and an ID or --token-file"},
      {{"token", "create", "d", "/a", "--valid-for", "1y"}, "as 90s, 15m, 24h or 90d, not 1y"},
      {{"status", "--certificate", "c"}, "--certificate and --key belong together"},
      {{"status", "--token-file", "t"}, "--ca-bundle is needed"},
  };
  for (const auto& [words, message] : table) {
    EXPECT_NE(Weirctl(words), kDone);
    EXPECT_NE(error_.find(message), std::string::npos) << error_;
  }
  EXPECT_FALSE(files_.Exists("d/root.key"));
}

}  // namespace
}  // namespace weir::cli
