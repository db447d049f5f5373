// The admin server over the real session and codecs, in memory and in virtual time.
#include "source/server/admin_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "source/admin/draft.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/schema/resource_type.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"

namespace weir::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeActions final : public AdminActions {
 public:
  using Done = std::function<void(std::shared_ptr<const admin::View>)>;
  explicit FakeActions(event::Loop& loop) : loop_(loop) {}

  void CollectView(admin::Needs, Done done) override {
    waiting_.push_back(std::move(done));
    if (!held_) Deliver();
  }
  void FailHealthCheck(bool failed) override { calls.push_back(failed ? "fail" : "ok"); }
  void DrainListeners(const admin::DrainRequest& request) override {
    calls.push_back(StrCat("drain", request.graceful ? " graceful" : "",
                           request.inbound_only ? " inbound" : ""));
  }
  void ReopenLogs() override { calls.push_back("reopen"); }
  void Quit() override { calls.push_back("quit"); }

  // Keeps those who ask for a View waiting.
  void Hold() { held_ = true; }
  void Deliver() {
    held_ = false;
    for (Done& done : std::exchange(waiting_, {})) {
      loop_.Post([done = std::move(done), view = view] { done(view); });
    }
  }

  std::shared_ptr<admin::View> view = std::make_shared<admin::View>();
  std::vector<std::string> calls;

 private:
  event::Loop& loop_;
  bool held_ = false;
  std::deque<Done> waiting_;
};

// Sends text and keeps what comes.
class RawClient final : public net::ByteStreamHandler {
 public:
  RawClient(net::Network& network, const net::Address& address)
      : out_(pool_), in_(pool_), stream_(network.Connect(address, {})) {
    stream_->SetHandler(this);
  }
  ~RawClient() { stream_->Close(net::ByteStream::CloseMode::kNormal); }

  void Send(std::string_view text) {
    out_.Append(text);
    if (connected_) stream_->Write(out_);
  }
  // Reads no more than `bytes` by itself from now on.
  void ReadAtMost(size_t bytes) { budget_ = bytes; }
  void ReadMore(size_t bytes) {
    budget_ += bytes;
    Read();
  }
  std::string Take() { return std::exchange(received_, ""); }
  const std::string& received() const { return received_; }
  bool ended() const { return ended_; }

 private:
  void OnConnected() override {
    connected_ = true;
    stream_->Write(out_);
  }
  void OnReadable() override { Read(); }
  void OnWritable() override { stream_->Write(out_); }
  void OnFailed(std::string_view) override { ended_ = true; }
  void Read() {
    while (budget_ > 0 && !ended_) {
      const net::IoResult result = stream_->Read(in_, std::min<size_t>(budget_, 4096));
      budget_ -= std::min(budget_, result.bytes);
      received_ += in_.ToString();
      in_.Clear();
      if (result.outcome == net::IoOutcome::kAgain) return;
      if (result.outcome != net::IoOutcome::kOk) ended_ = true;
    }
  }

  buffer::BlockPool pool_;
  buffer::Buffer out_;
  buffer::Buffer in_;
  std::unique_ptr<net::ByteStream> stream_;
  size_t budget_ = SIZE_MAX;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

class AdminServerTest : public testing::Test {
 protected:
  AdminServerTest() {
    auto server = AdminServer::Create(
        {.address = *net::Address::Parse("127.0.0.1:9901"), .host_names = {"Proxy.Example"}},
        actions_, registry_, {loop_, network_});
    EXPECT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
    actions_.view->state = admin::ServerState::kLive;
    loop_.RunReady();
  }
  ~AdminServerTest() override {
    bool done = false;
    server_->Shutdown(seconds(1), [&done] { done = true; });
    EXPECT_TRUE(loop_.RunUntilTrue([&done] { return done; }));
    server_.reset();
    loop_.RunFor(seconds(2));
  }

  std::unique_ptr<RawClient> Connect() {
    return std::make_unique<RawClient>(network_, server_->address());
  }
  // One request on a connection of its own; the whole answer.
  std::string Ask(std::string_view request_line,
                  std::string_view fields = "Host: 127.0.0.1:9901\r\n") {
    auto client = Connect();
    client->Send(StrCat(request_line, " HTTP/1.1\r\n", fields, "\r\n"));
    loop_.RunFor(milliseconds(100));
    return client->Take();
  }

  fakes::SimLoop loop_;
  fakes::SimNetwork network_{loop_, {.chop = true}};
  stats::Registry registry_;
  FakeActions actions_{loop_};
  std::unique_ptr<AdminServer> server_;
};

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST_F(AdminServerTest, ReadyAnswersWithThePageAndItsFields) {
  const std::string answer = Ask("GET /ready");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  for (const std::string_view field :
       {"content-type: text/plain; charset=UTF-8\r\n", "cache-control: no-cache, max-age=0\r\n",
        "x-content-type-options: nosniff\r\n", "content-length: 5\r\n",
        "content-security-policy: default-src 'none'"}) {
    EXPECT_TRUE(Has(answer, field)) << field << answer;
  }
  EXPECT_FALSE(Has(answer, "access-control")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nLIVE\n")) << answer;
  actions_.view->health_check_failed = true;
  EXPECT_TRUE(Ask("GET /ready").starts_with("HTTP/1.1 503 ")) << "each request sees a new View";
}

TEST_F(AdminServerTest, OnlyThePathsThatAreAllowedAreAnswered) {
  AdminServerConfig config{.address = *net::Address::Parse("127.0.0.1:9902")};
  config.allow_paths = {{match::StringMatcher::Kind::kExact, "/ready", false},
                        {match::StringMatcher::Kind::kPrefix, "/stats", false}};
  auto narrow = *AdminServer::Create(std::move(config), actions_, registry_, {loop_, network_});
  loop_.RunReady();
  const auto ask = [&](std::string_view path) {
    RawClient client(network_, narrow->address());
    client.Send(StrCat("GET ", path, " HTTP/1.1\r\nHost: 127.0.0.1:9902\r\n\r\n"));
    loop_.RunFor(milliseconds(100));
    return client.Take().substr(0, 12);
  };
  EXPECT_EQ(ask("/ready?x=1"), "HTTP/1.1 200");
  EXPECT_EQ(ask("/stats/prometheus"), "HTTP/1.1 200");
  EXPECT_EQ(ask("/ready/"), "HTTP/1.1 403");
  EXPECT_EQ(ask("/config_dump"), "HTTP/1.1 403");
  bool done = false;
  narrow->Shutdown(seconds(1), [&done] { done = true; });
  EXPECT_TRUE(loop_.RunUntilTrue([&done] { return done; }));
}

TEST_F(AdminServerTest, HeadHasNoBody) {
  const std::string answer = Ask("HEAD /ready");
  EXPECT_TRUE(Has(answer, "content-length: 5\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(AdminServerTest, PostsActAndGetsDoNot) {
  for (const std::string_view path : {"/healthcheck/fail", "/healthcheck/ok", "/quitquitquit",
                                      "/drain_listeners", "/reopen_logs"}) {
    const std::string refused = Ask(StrCat("GET ", path));
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 405 ")) << refused;
    EXPECT_TRUE(Has(refused, "allow: POST\r\n")) << refused;
  }
  EXPECT_TRUE(actions_.calls.empty());
  for (const std::string_view path :
       {"/healthcheck/fail", "/healthcheck/ok", "/drain_listeners?graceful&inboundonly",
        "/reopen_logs", "/quitquitquit"}) {
    EXPECT_TRUE(Ask(StrCat("POST ", path)).ends_with("\r\n\r\nOK\n")) << path;
  }
  EXPECT_EQ(actions_.calls,
            (std::vector<std::string>{"fail", "ok", "drain graceful inbound", "reopen", "quit"}));
}

TEST_F(AdminServerTest, LevelsAreSetByPost) {
  const log::Level before = log::LevelOf(log::Component::kFile);
  const std::string answer = Ask("POST /logging?file=critical");
  EXPECT_TRUE(Has(answer, "  file: critical\n")) << answer;
  EXPECT_EQ(log::LevelOf(log::Component::kFile), log::Level::kCritical);
  Ask("GET /logging?file=trace");
  EXPECT_EQ(log::LevelOf(log::Component::kFile), log::Level::kCritical);
  log::SetLevel(log::Component::kFile, before);
}

TEST_F(AdminServerTest, PagesOfOtherOriginsAreRefused) {
  const std::string_view fields[] = {
      "Host: 127.0.0.1:9901\r\nOrigin: http://evil.example\r\n",
      "Host: 127.0.0.1:9901\r\nSec-Fetch-Site: cross-site\r\n",
      "Host: evil.example:9901\r\nOrigin: http://evil.example:9901\r\nSec-Fetch-Site: "
      "same-origin\r\n",
  };
  for (const std::string_view field : fields) {
    const std::string answer = Ask("POST /quitquitquit", field);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 ")) << answer;
  }
  EXPECT_TRUE(actions_.calls.empty());
  EXPECT_TRUE(Ask("GET /stats", "Host: evil.example\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(Ask("GET /stats", "Host: proxy.example:9901\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(Ask("POST /quitquitquit", "Host: localhost:9901\r\nOrigin: http://localhost:9901\r\n")
                  .starts_with("HTTP/1.1 200 "));
}

TEST_F(AdminServerTest, ABodyIsTakenAndTheConnectionGoesOn) {
  auto client = Connect();
  client->Send(
      StrCat("POST /healthcheck/fail HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n",
             std::string(20000, 'x')));
  loop_.RunFor(milliseconds(100));
  EXPECT_TRUE(client->Take().starts_with("HTTP/1.1 200 "));
  client->Send("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
  loop_.RunFor(milliseconds(100));
  EXPECT_TRUE(client->Take().ends_with("LIVE\n"));
}

TEST_F(AdminServerTest, WhatNeedsNoViewDoesNotWaitForOne) {
  actions_.Hold();
  auto waiting = Connect();
  waiting->Send("GET /clusters HTTP/1.1\r\nHost: localhost\r\n\r\n");
  loop_.RunFor(seconds(5));
  EXPECT_EQ(waiting->received(), "");
  EXPECT_TRUE(Has(Ask("GET /stats?filter=http.admin.downstream_rq_active"),
                  "http.admin.downstream_rq_active: 2\n"));
  actions_.Deliver();
  loop_.RunFor(milliseconds(100));
  EXPECT_TRUE(waiting->received().starts_with("HTTP/1.1 200 ")) << waiting->received();
}

TEST_F(AdminServerTest, AClientMayLeaveBeforeItsViewComes) {
  actions_.Hold();
  auto client = Connect();
  client->Send("GET /clusters HTTP/1.1\r\nHost: localhost\r\n\r\n");
  loop_.RunFor(seconds(1));
  client.reset();
  loop_.RunFor(seconds(1));
  actions_.Deliver();
  loop_.RunFor(seconds(1));
  EXPECT_TRUE(Ask("GET /ready").ends_with("LIVE\n"));
}

TEST_F(AdminServerTest, ASlowReaderGetsAllOfALargeDump) {
  admin::ResourceSet set{.type_url = std::string(schema::kClusterTypeUrl), .version = "1"};
  for (int i = 0; i < 2000; ++i) {
    const std::string name = StrCat("cluster-", i);
    const auto cluster = admin::NewDraftMessage("envoy.config.cluster.v3.Cluster");
    admin::Draft(*cluster).Text("name", name).Text("alt_stat_name", std::string(200, 'n'));
    set.records = set.records.Set(
        name, {.content = {name, "", cluster->SerializeAsString()}, .accepted = true});
  }
  actions_.view->resources = {set};
  auto slow = Connect();
  slow->ReadAtMost(1);
  slow->Send("GET /config_dump HTTP/1.1\r\nHost: localhost\r\n\r\n");
  loop_.RunFor(seconds(1));
  // The server waits for the reader and answers others meanwhile.
  EXPECT_TRUE(Ask("GET /ready").ends_with("LIVE\n"));
  for (int i = 0; i < 1000 && slow->received().size() < 1000000; ++i) {
    slow->ReadMore(10000);
    loop_.RunFor(milliseconds(10));
  }
  slow->ReadMore(SIZE_MAX / 2);
  loop_.RunFor(seconds(5));
  const std::string answer = slow->Take();
  const size_t head_end = answer.find("\r\n\r\n");
  ASSERT_NE(head_end, std::string::npos);
  const std::string_view body = std::string_view(answer).substr(head_end + 4);
  EXPECT_GT(body.size(), 700000u);
  const std::string head = answer.substr(0, head_end + 2);
  EXPECT_TRUE(Has(head, StrCat("content-length: ", body.size(), "\r\n"))) << head << body.size();
  EXPECT_TRUE(Has(head, "content-type: application/json\r\n"));
  EXPECT_TRUE(Has(body, "\"cluster-1999\""));
  EXPECT_TRUE(body.ends_with("\n}\n"));
}

TEST_F(AdminServerTest, AnAddressInUseIsAnErrorThatNamesIt) {
  const auto second =
      AdminServer::Create({.address = server_->address()}, actions_, registry_, {loop_, network_});
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(Has(ToStd(second.status().message()), "admin")) << second.status().ToString();
  EXPECT_TRUE(Has(ToStd(second.status().message()), "127.0.0.1:9901"))
      << second.status().ToString();
}

TEST_F(AdminServerTest, ShutdownLetsTheAnswerUnderWayEnd) {
  actions_.Hold();
  auto client = Connect();
  client->Send("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
  loop_.RunFor(seconds(1));
  bool done = false;
  server_->Shutdown(seconds(10), [&done] { done = true; });
  loop_.RunFor(seconds(1));
  EXPECT_FALSE(done);
  actions_.Deliver();
  EXPECT_TRUE(loop_.RunUntilTrue([&done] { return done; }, seconds(8)));
  EXPECT_TRUE(client->received().ends_with("LIVE\n")) << client->received();
  client.reset();
  server_.reset();
  loop_.RunFor(seconds(1));
  server_ = *AdminServer::Create({.address = *net::Address::Parse("127.0.0.1:9902")}, actions_,
                                 registry_, {loop_, network_});
  loop_.RunReady();
}

}  // namespace
}  // namespace weir::server
