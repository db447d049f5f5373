// The control plane over a real socket: a raw client of the aggregated stream, both variants, and
// the management API.
#include "source/control/server.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "envoy/service/discovery/v3/ads.grpc.pb.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "weir/control/v1/control.grpc.pb.h"

namespace weir::control {
namespace {

namespace discovery = ::envoy::service::discovery::v3;

constexpr char kWeb[] = R"yaml(
resources:
- "@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
  name: web
  virtual_hosts:
  - name: all
    domains: ["*"]
    routes:
    - match: { prefix: "/" }
      route: { cluster: one }
- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: one
  type: EDS
  connect_timeout: 1s
  eds_cluster_config: { eds_config: { ads: {}, resource_api_version: V3 } }
- "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment
  cluster_name: one
  endpoints:
  - lb_endpoints:
    - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 9001 } } }
)yaml";

class ServerTest : public testing::Test {
 protected:
  ServerTest() { Start(""); }

  // In place of the one before, if any.
  void Start(const std::string& store_path) {
    server_.reset();
    auto server = Server::Create(clock_, {.store_path = store_path});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto port = server_->Listen("127.0.0.1:0");
    EXPECT_TRUE(port.ok()) << port.status();
    channel_ = grpc::CreateChannel(StrCat("127.0.0.1:", *port), grpc::InsecureChannelCredentials());
    config_ = v1::ConfigService::NewStub(channel_);
    ads_ = discovery::AggregatedDiscoveryService::NewStub(channel_);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  }

  v1::PushResponse Push(const std::string& text, bool replace = false) {
    v1::PushRequest request;
    v1::File& file = *request.add_files();
    file.set_path("web.yaml");
    file.set_text(text);
    request.set_replace(replace);
    request.set_message("a reason");
    v1::PushResponse response;
    grpc::ClientContext context;
    const grpc::Status status = config_->Push(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  v1::StatusResponse Status() {
    v1::StatusResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(config_->Status(&context, v1::StatusRequest(), &response).ok());
    return response;
  }

  // Until the server has seen what this client sent: the stream and the call are on different
  // connections' turns.
  template <typename Condition>
  v1::StatusResponse StatusWhen(Condition condition) {
    v1::StatusResponse response = Status();
    for (int i = 0; i < 10000 && !condition(response); ++i) response = Status();
    return response;
  }

  event::SystemClock clock_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ConfigService::Stub> config_;
  std::unique_ptr<discovery::AggregatedDiscoveryService::Stub> ads_;
  grpc::ClientContext context_;
};

const std::string kCluster(engine::kClusterType);
const std::string kEndpoints(engine::kEndpointType);

TEST_F(ServerTest, AStateOfTheWorldClientIsServedAndItsRefusalIsShown) {
  ASSERT_TRUE(Push(kWeb).applied());
  auto stream = ads_->StreamAggregatedResources(&context_);
  discovery::DiscoveryRequest request;
  request.mutable_node()->set_id("node-1");
  request.set_type_url(kCluster);
  ASSERT_TRUE(stream->Write(request));
  discovery::DiscoveryResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.resources_size(), 1);
  EXPECT_EQ(response.resources(0).type_url(), kCluster);
  EXPECT_EQ(response.type_url(), kCluster);
  EXPECT_FALSE(response.nonce().empty());
  EXPECT_TRUE(response.control_plane().identifier().starts_with("r1-"));

  request.Clear();
  request.set_type_url(kCluster);
  request.set_response_nonce(response.nonce());
  request.mutable_error_detail()->set_code(3);
  request.mutable_error_detail()->set_message("cluster one: not liked");
  ASSERT_TRUE(stream->Write(request));
  const v1::StatusResponse status = StatusWhen([](const v1::StatusResponse& now) {
    return now.nodes_size() == 1 && now.nodes(0).types(0).has_last_rejection();
  });
  ASSERT_EQ(status.nodes_size(), 1);
  EXPECT_EQ(status.nodes(0).id(), "node-1");
  EXPECT_FALSE(status.nodes(0).in_sync());
  EXPECT_EQ(status.nodes(0).types(0).last_rejection().message(), "cluster one: not liked");
  EXPECT_EQ(status.nodes(0).types(0).last_rejection().resources(0), "one");
  EXPECT_EQ(status.revision(), 1u);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServerTest, ADeltaClientSeesAChangeThatIsPushed) {
  ASSERT_TRUE(Push(kWeb).applied());
  auto stream = ads_->DeltaAggregatedResources(&context_);
  discovery::DeltaDiscoveryRequest request;
  request.mutable_node()->set_id("node-2");
  request.set_type_url(kEndpoints);
  request.add_resource_names_subscribe("one");
  ASSERT_TRUE(stream->Write(request));
  discovery::DeltaDiscoveryResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.resources_size(), 1);
  const std::string version = response.resources(0).version();
  request.Clear();
  request.set_type_url(kEndpoints);
  request.set_response_nonce(response.nonce());
  ASSERT_TRUE(stream->Write(request));

  std::string changed = kWeb;
  changed.replace(changed.find("9001"), 4, "9002");
  const v1::PushResponse pushed = Push(changed);
  EXPECT_TRUE(pushed.applied());
  ASSERT_EQ(pushed.changes_size(), 1);
  EXPECT_EQ(pushed.changes(0).kind(), v1::ResourceChange::CHANGED);
  EXPECT_EQ(pushed.unchanged(), 2u);
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.resources_size(), 1);
  EXPECT_EQ(response.resources(0).name(), "one");
  EXPECT_NE(response.resources(0).version(), version);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServerTest, AReferenceThatLeadsNowhereIsRefusedWithItsPlace) {
  ASSERT_TRUE(Push(kWeb).applied());
  std::string wrong = kWeb;
  wrong.replace(wrong.find("cluster: one"), 12, "cluster: onn");
  const v1::PushResponse refused = Push(wrong);
  EXPECT_FALSE(refused.applied());
  EXPECT_EQ(refused.revision(), 1u);
  ASSERT_GE(refused.diagnostics_size(), 1);
  const v1::Diagnostic& first = refused.diagnostics(0);
  EXPECT_EQ(first.severity(), v1::Diagnostic::ERROR);
  EXPECT_EQ(first.file(), "web.yaml");
  EXPECT_EQ(first.line(), 10);
  EXPECT_GT(first.column(), 0);
  EXPECT_EQ(first.suggestion(), "one");
  // Nothing changed.
  EXPECT_EQ(Status().revision(), 1u);
}

TEST_F(ServerTest, WhatIsReferredToCannotBeDeleted) {
  ASSERT_TRUE(Push(kWeb).applied());
  v1::DeleteRequest request;
  request.add_resources()->set_type("cluster");
  request.mutable_resources(0)->set_name("one");
  v1::DeleteResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(config_->Delete(&context, request, &response).ok());
  EXPECT_FALSE(response.applied());
  ASSERT_GE(response.diagnostics_size(), 1);
  EXPECT_EQ(response.diagnostics(0).resource(), "web");
}

TEST_F(ServerTest, ADirectoryIsTakenWholeOrNotAtAll) {
  Configuration& configuration = server_->configuration();
  EXPECT_FALSE(
      configuration.SetDirectory(std::vector<store::TextFile>{{"dir/a.yaml", kWeb}}).has_errors());
  EXPECT_EQ(Status().revision(), 1u);
  std::string wrong = kWeb;
  wrong.replace(wrong.find("prefix:"), 7, "prefixx:");
  const schema::Diagnostics found =
      configuration.SetDirectory(std::vector<store::TextFile>{{"dir/a.yaml", wrong}});
  ASSERT_TRUE(found.has_errors());
  EXPECT_EQ(found.all()[0].file, "dir/a.yaml");
  EXPECT_EQ(found.all()[0].line, 9);
  EXPECT_EQ(Status().revision(), 1u);
  EXPECT_GE(Status().source_diagnostics_size(), 1);
  // A name has one owner.
  const v1::PushResponse pushed = Push(kWeb);
  EXPECT_FALSE(pushed.applied());
  EXPECT_FALSE(
      configuration.SetDirectory(std::vector<store::TextFile>{{"dir/a.yaml", kWeb}}).has_errors());
  const v1::StatusResponse after = Status();
  for (const v1::Diagnostic& one : after.source_diagnostics()) {
    EXPECT_EQ(one.severity(), v1::Diagnostic::WARNING) << one.message();
  }
}

// What a proxy routes to while the control plane is away must not vanish before its routes have
// moved, although the new process has never met the proxy.
class RestartTest : public ServerTest, public testing::WithParamInterface<bool> {
 protected:
  void Give(const std::string& text) {
    if (!GetParam()) {
      ASSERT_TRUE(Push(text, true).applied());
      return;
    }
    const std::vector<store::TextFile> files{{"dir/a.yaml", text}};
    ASSERT_FALSE(server_->configuration().SetDirectory(files).has_errors());
  }
};

TEST_P(RestartTest, AReturningClientKeepsItsClusters) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "restart.db";
  std::filesystem::remove(path);
  Start(path.string());
  Give(kWeb);
  discovery::DiscoveryRequest request;
  request.mutable_node()->set_id("node-1");
  request.set_type_url(kCluster);
  discovery::DiscoveryResponse response;
  {
    grpc::ClientContext context;
    auto stream = ads_->StreamAggregatedResources(&context);
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.resources_size(), 1);
    context.TryCancel();
  }
  std::string moved = kWeb;
  for (size_t at; (at = moved.find(": one")) != std::string::npos;) moved.replace(at, 5, ": two");
  // The directory changes while nobody watches it, pushes come before the end.
  if (!GetParam()) Give(moved);
  Start(path.string());
  if (GetParam()) Give(moved);
  auto stream = ads_->StreamAggregatedResources(&context_);
  request.set_version_info(response.version_info());
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.resources_size(), 2) << "the old cluster and the new one";
}

INSTANTIATE_TEST_SUITE_P(Sources, RestartTest, testing::Bool(), [](const auto& directory) {
  return directory.param ? "directory" : "pushes";
});

TEST_F(ServerTest, AStreamWithoutANodeIsClosed) {
  auto stream = ads_->StreamAggregatedResources(&context_);
  discovery::DiscoveryRequest request;
  request.set_type_url(kCluster);
  ASSERT_TRUE(stream->Write(request));
  discovery::DiscoveryResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "missing node information");
}

TEST_F(ServerTest, ShutdownEndsOpenStreams) {
  auto stream = ads_->StreamAggregatedResources(&context_);
  discovery::DiscoveryRequest request;
  request.mutable_node()->set_id("n");
  request.set_type_url(kCluster);
  ASSERT_TRUE(stream->Write(request));
  discovery::DiscoveryResponse response;
  ASSERT_TRUE(stream->Read(&response));
  server_->Shutdown(std::chrono::milliseconds(0));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace weir::control
