// No change of configuration ever costs a request: real processes and sockets, clients that hide
// nothing, and changes of every kind while they send. `--long` plays 200 changes in 60 s at least;
// otherwise a short run is played.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "source/base/strings.h"
#include "test/interop/control_plane.h"
#include "test/interop/plan.h"
#include "test/interop/traffic.h"
#include "test/interop/upstream.h"

namespace weir::interop {

namespace {

struct Length {
  int changes = 24;  // Two rounds of all kinds.
  int invalid = 4;
  int kills = 1;
  std::chrono::seconds at_least{0};
  uint64_t outlived = 20;  // Changes that a connection sees.
  // Answers that have to come in each second. What a second holds is the machine's: a short run,
  // which has it to share with other tests, only has to go on between changes.
  uint64_t floor = 0;
};

Length length;  // Of the runs of this process.
constexpr Length kLong = {.changes = 200,
                          .invalid = 12,
                          .kills = 2,
                          .at_least = std::chrono::seconds(60),
                          .outlived = 50,
                          .floor = 20};

constexpr uint64_t kWorkers = 2;
constexpr auto kInForceWithin = std::chrono::seconds(20);
// Answers that come between two changes, at the least.
constexpr uint64_t kBetween = 40;

struct Kind {
  const char* name;
  XdsVariant variant;
  bool both_protocols;  // Upstream.
};

class ZeroLoss : public testing::TestWithParam<Kind> {
 protected:
  ZeroLoss();
  ~ZeroLoss() override;

  void StartProxy();
  // Pushes the plan as the next generation and waits until every worker shows it.
  void PushPlan(std::string_view also = "");
  void StartUsers();
  void PlayChanges();
  void PlayInvalid(int number);
  void Restart();
  void AwaitListener(uint16_t port, const std::string& server);
  void AwaitRejection();
  void AwaitRemovedUpstreamsIdle();
  void Report();

  Timeline timeline_;
  Ledger ledger_;
  Judge judge_{timeline_, ledger_};
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  const Ports ports_{FreePort(), FreePort(), FreePort()};
  const uint16_t admin_port_ = FreePort();
  const uint16_t control_port_ = FreePort();
  ControlPlane control_{control_port_, {"--store", ScratchPath(StrCat(GetParam().name, ".db"))}};
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<Process> weir_;
  std::vector<std::unique_ptr<User>> users_;
  Socket taken_ = Socket::Listen();
  int played_ = 0, refused_ = 0, rejected_ = 0, restarts_ = 0;
};

ZeroLoss::ZeroLoss() {
  std::vector<std::pair<std::string, uint16_t>> known;
  for (int i = 0; i < 6; ++i) {
    upstreams_.push_back(std::make_unique<Upstream>(StrCat("up", i), timeline_, ledger_));
    known.emplace_back(upstreams_.back()->name(), upstreams_.back()->port());
  }
  plan_ = std::make_unique<Plan>(ports_, std::move(known), GetParam().both_protocols);
  control_.Start();
}

ZeroLoss::~ZeroLoss() {
  timeline_.Stop();
  users_.clear();
  if (HasFailure() && weir_ != nullptr) {
    printf("weir:\n%s\nweir-control:\n%s\n", weir_->LogTail().c_str(), control_.LogTail().c_str());
  }
}

void ZeroLoss::StartProxy() {
  const uint64_t first = timeline_.Push(plan_->facts());
  const control::v1::PushResponse pushed = control_.Push(plan_->ToYaml(StrCat(first)));
  ASSERT_TRUE(pushed.applied()) << pushed.DebugString();
  const std::string bootstrap = ScratchPath("bootstrap.yaml");
  WriteFile(bootstrap, Bootstrap(admin_port_, control_port_, GetParam().variant));
  weir_ = std::make_unique<Process>(
      std::vector<std::string>{"source/exe/weir", "-c", bootstrap, "--concurrency",
                               StrCat(kWorkers), "-l", "warning"},
      ScratchPath("weir.log"));
  AwaitListener(ports_.steady, "steady");
  AwaitListener(ports_.edge, plan_->server_name());
  AwaitListener(ports_.extra, plan_->server_name());
  timeline_.Confirm(first);
}

void ZeroLoss::PushPlan(std::string_view also) {
  const uint64_t number = timeline_.Push(plan_->facts());
  const control::v1::PushResponse pushed = control_.Push(plan_->ToYaml(StrCat(number), also));
  ASSERT_TRUE(pushed.applied()) << pushed.ShortDebugString();
  ASSERT_TRUE(timeline_.WaitUntilShown(number, kInForceWithin))
      << "generation " << number << " is not in force; weir-control says:\n"
      << control_.Status().DebugString();
  AwaitListener(ports_.edge, plan_->server_name());
  if (plan_->has_extra()) AwaitListener(ports_.extra, plan_->server_name());
  timeline_.Confirm(number);
}

// Until new connections on each worker are served by the listener as it is now.
void ZeroLoss::AwaitListener(uint16_t port, const std::string& server) {
  const Instant deadline = In(kInForceWithin);
  std::set<uint64_t> workers;
  while (workers.size() < kWorkers) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline)
        << "port " << port << " does not show " << server << " on every worker";
    // A listener that is about to come does not listen yet.
    auto client = ConnectClient(Protocol::kHttp1, port, deadline);
    if (!client.ok()) {
      (void)ledger_.WaitForMore(1, std::chrono::milliseconds(10));
      continue;
    }
    const Request request = judge_.Make(Judge::Kind::kMixed);
    const auto answers = (*client)->Exchange({request}, deadline);
    const std::optional<Seen> seen = judge_.Book(request, answers[0], "probe");
    if (seen && seen->server == server) workers.insert(seen->worker());
  }
}

void ZeroLoss::StartUsers() {
  for (uint64_t worker = 0; worker < kWorkers; ++worker) {
    for (const Protocol protocol : {Protocol::kHttp1, Protocol::kHttp2}) {
      users_.push_back(std::make_unique<User>(
          User::Options{.name = StrCat("steady HTTP/", protocol == Protocol::kHttp1 ? 1 : 2,
                                       " on worker ", worker),
                        .protocol = protocol,
                        .port = ports_.steady,
                        .steady = true,
                        .worker = worker},
          judge_));
    }
  }
  for (const Protocol protocol : {Protocol::kHttp1, Protocol::kHttp2}) {
    const std::string suffix = protocol == Protocol::kHttp1 ? " HTTP/1" : " HTTP/2";
    users_.push_back(std::make_unique<User>(
        User::Options{.name = "edge" + suffix, .protocol = protocol, .port = ports_.edge}, judge_));
    users_.push_back(std::make_unique<User>(User::Options{.name = "edge one-shot" + suffix,
                                                          .protocol = protocol,
                                                          .port = ports_.edge,
                                                          .one_shot = true},
                                            judge_));
    users_.push_back(std::make_unique<User>(User::Options{.name = "extra" + suffix,
                                                          .protocol = protocol,
                                                          .port = ports_.extra,
                                                          .one_shot = true,
                                                          .may_be_absent = true},
                                            judge_));
  }
  users_.push_back(std::make_unique<User>(
      User::Options{.name = "held HTTP/1", .port = ports_.steady, .kind = Judge::Kind::kHeld},
      judge_));
  users_.push_back(std::make_unique<User>(User::Options{.name = "held HTTP/2",
                                                        .protocol = Protocol::kHttp2,
                                                        .port = ports_.edge,
                                                        .kind = Judge::Kind::kHeld},
                                          judge_));
}

// A wrong change is refused by the control plane, or, where only the proxy can know, by the proxy;
// what was in force stays in force.
void ZeroLoss::PlayInvalid(int number) {
  if (number % 3 == 2) {
    ++rejected_;
    PushPlan(Plan::UnbindableListener(taken_.port()));
    return AwaitRejection();
  }
  ++refused_;
  const uint64_t before = control_.Status().revision();
  const control::v1::PushResponse refused = control_.Push(
      number % 3 == 0 ? plan_->YamlWithDanglingRoute() : plan_->YamlWithUnknownField());
  EXPECT_FALSE(refused.applied());
  EXPECT_GE(refused.diagnostics_size(), 1);
  EXPECT_EQ(control_.Status().revision(), before);
}

void ZeroLoss::AwaitRejection() {
  const Instant deadline = In(kInForceWithin);
  for (;;) {
    const control::v1::StatusResponse status = control_.Status();
    for (const control::v1::NodeStatus& node : status.nodes()) {
      for (const control::v1::TypeStatus& type : node.types()) {
        if (type.last_rejection().message().find("unbindable") != std::string::npos) return;
      }
    }
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << status.DebugString();
    (void)ledger_.WaitForMore(1, std::chrono::milliseconds(10));
  }
}

// The next change is pushed before the proxy has come back, so that it meets a control plane that
// is ahead of it.
void ZeroLoss::Restart() {
  ++restarts_;
  control_.Kill();
  ASSERT_TRUE(ledger_.WaitForMore(kBetween * 5, kInForceWithin));
  control_.Start();
}

void ZeroLoss::PlayChanges() {
  while (played_ < length.changes || ledger_.age() < length.at_least) {
    if (HasFatalFailure() || ledger_.lost() > 0) return;
    ASSERT_TRUE(ledger_.WaitForMore(kBetween, kInForceWithin)) << "the traffic stands still";
    const int turn = ++played_;
    if (turn % (length.changes / (length.kills + 1)) == 0 && restarts_ < length.kills) Restart();
    if (turn % (length.changes / length.invalid) == 0) {
      PlayInvalid(refused_ + rejected_);
    } else {
      plan_->Advance();
      PushPlan();
    }
  }
}

// Connections to upstreams that are no longer in use end; those in use stay.
void ZeroLoss::AwaitRemovedUpstreamsIdle() {
  const Instant deadline = In(kInForceWithin);
  const Timeline::Facts facts = plan_->facts();
  for (const auto& upstream : upstreams_) {
    EXPECT_GT(upstream->served(), 0u) << upstream->name();
    if (facts.upstreams.contains(upstream->name())) continue;
    while (upstream->open_connections() > 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline)
          << upstream->name() << " has " << upstream->open_connections() << " connections still";
      ASSERT_TRUE(ledger_.WaitForMore(1, kInForceWithin));
    }
  }
}

void ZeroLoss::Report() {
  uint64_t life = 0, connections = 0;
  for (const auto& user : users_) {
    life = std::max(life, user->longest_life());
    connections += user->connections();
    EXPECT_GT(user->exchanges(), 0u);
  }
  printf(
      "%d changes, %d of them refused by the control plane, %d by the proxy; "
      "%d restarts of the control plane; %lld s\n",
      played_, refused_, rejected_, restarts_, static_cast<long long>(ledger_.age().count()));
  printf("%llu requests answered, %llu lost; at least %llu in each second\n",
         static_cast<unsigned long long>(ledger_.answered()),
         static_cast<unsigned long long>(ledger_.lost()),
         static_cast<unsigned long long>(ledger_.Floor()));
  printf("%llu connections, %llu told to close, the longest saw %llu changes\n",
         static_cast<unsigned long long>(connections),
         static_cast<unsigned long long>(ledger_.told_to_close()),
         static_cast<unsigned long long>(life));
  for (const std::string& reason : ledger_.reasons()) printf("LOST %s\n", reason.c_str());
  EXPECT_EQ(ledger_.lost(), 0u);
  EXPECT_GE(ledger_.Floor(), length.floor);
  EXPECT_GE(life, length.outlived);
}

TEST_P(ZeroLoss, NoChangeCostsARequest) {
  StartProxy();
  ASSERT_NO_FATAL_FAILURE(StartUsers());
  ASSERT_NO_FATAL_FAILURE(PlayChanges());
  if (ledger_.lost() == 0) AwaitRemovedUpstreamsIdle();
  ledger_.End();
  timeline_.Stop();
  for (const auto& user : users_) user->Stop();
  EXPECT_TRUE(weir_->Runs());
  Report();
}

INSTANTIATE_TEST_SUITE_P(Kinds, ZeroLoss,
                         testing::Values(Kind{"StateOfTheWorld", XdsVariant::kSotw, false},
                                         Kind{"Delta", XdsVariant::kDelta, false},
                                         Kind{"StateOfTheWorldMixed", XdsVariant::kSotw, true},
                                         Kind{"DeltaMixed", XdsVariant::kDelta, true}),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace

}  // namespace weir::interop

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--long") == 0) {
      weir::interop::length = weir::interop::kLong;
    } else {
      fprintf(stderr, "%s is no flag of this test; --long is\n", argv[i]);
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}
