// Secrets from their author to a proxy: checked as the proxy would, streamed on a stream of their
// own, never shown.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/strings.h"
#include "source/control/server.h"
#include "source/exe/resource_validator.h"
#include "test/x509/authority.h"
#include "weir/control/v1/control.grpc.pb.h"

namespace weir::control {
namespace {

namespace discovery = ::envoy::service::discovery::v3;

const x509::Authority& Root() {
  static const auto* const root = new x509::Authority("Root");
  return *root;
}

// The chain stands in line 5, the key in line 6.
std::string SecretYaml(const std::string& chain, const std::string& key) {
  return StrCat(
      "\"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret\n"
      "name: web\n"
      "tls_certificate:\n"
      "  # Of the test.\n"
      "  certificate_chain: ",
      chain, "\n  private_key: ", key, "\n");
}

class SecretsTest : public testing::Test {
 protected:
  SecretsTest() {
    Server::Options options;
    options.validator = exe::MakeResourceValidator(clock_);
    auto server = Server::Create(clock_, std::move(options));
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = grpc::CreateChannel(StrCat("127.0.0.1:", *server_->Listen("127.0.0.1:0")),
                                   grpc::InsecureChannelCredentials());
    config_ = v1::ConfigService::NewStub(channel_);
  }

  v1::PushResponse Push(const std::string& text) {
    v1::PushRequest request;
    v1::File& file = *request.add_files();
    file.set_path("secret.yaml");
    file.set_text(text);
    v1::PushResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(config_->Push(&context, request, &response).ok());
    return response;
  }

  event::SystemClock clock_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ConfigService::Stub> config_;
};

// One stream of SecretDiscoveryService, delta or not.
class SecretStream {
 public:
  SecretStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& method)
      : stub_(channel) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ = stub_.PrepareCall(
        &context_, "/envoy.service.secret.v3.SecretDiscoveryService/" + method, &queue_);
    stream_->StartCall(&queue_);
    EXPECT_TRUE(Next());
  }
  ~SecretStream() {
    context_.TryCancel();
    grpc::Status status;
    stream_->Finish(&status, &queue_);
    EXPECT_TRUE(Next());
    queue_.Shutdown();
  }

  void Write(const google::protobuf::Message& message) {
    const grpc::Slice slice(message.SerializeAsString());
    stream_->Write(grpc::ByteBuffer(&slice, 1), &queue_);
    EXPECT_TRUE(Next());
  }
  template <typename Response>
  Response Read() {
    grpc::ByteBuffer buffer;
    stream_->Read(&buffer, &queue_);
    EXPECT_TRUE(Next());
    grpc::Slice slice;
    EXPECT_TRUE(buffer.DumpToSingleSlice(&slice).ok());
    Response response;
    EXPECT_TRUE(response.ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
    return response;
  }

 private:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

std::string ChainOf(const google::protobuf::Any& any) {
  envoy::extensions::transport_sockets::tls::v3::Secret secret;
  EXPECT_TRUE(any.UnpackTo(&secret));
  return secret.tls_certificate().certificate_chain().inline_string();
}

TEST_F(SecretsTest, AreStreamedOnAStreamOfTheirOwnAndReplaced) {
  const x509::Identity first = Root().Issue({});
  const x509::Identity second = Root().Issue({});
  ASSERT_TRUE(Push(SecretYaml(x509::InlineYaml(first.chain_pem), x509::InlineYaml(first.key_pem)))
                  .applied());
  SecretStream sotw(channel_, "StreamSecrets");
  discovery::DiscoveryRequest request;
  request.mutable_node()->set_id("n");
  request.add_resource_names("web");
  sotw.Write(request);
  auto response = sotw.Read<discovery::DiscoveryResponse>();
  ASSERT_EQ(response.resources_size(), 1);
  EXPECT_EQ(ChainOf(response.resources(0)), first.chain_pem);
  request.set_version_info(response.version_info());
  request.set_response_nonce(response.nonce());
  sotw.Write(request);

  SecretStream delta(channel_, "DeltaSecrets");
  discovery::DeltaDiscoveryRequest subscribe;
  subscribe.mutable_node()->set_id("m");
  subscribe.add_resource_names_subscribe("web");
  delta.Write(subscribe);
  auto answer = delta.Read<discovery::DeltaDiscoveryResponse>();
  ASSERT_EQ(answer.resources_size(), 1);
  discovery::DeltaDiscoveryRequest accept;
  accept.set_response_nonce(answer.nonce());
  delta.Write(accept);

  ASSERT_TRUE(Push(SecretYaml(x509::InlineYaml(second.chain_pem), x509::InlineYaml(second.key_pem)))
                  .applied());
  response = sotw.Read<discovery::DiscoveryResponse>();
  ASSERT_EQ(response.resources_size(), 1);
  EXPECT_EQ(ChainOf(response.resources(0)), second.chain_pem);
  answer = delta.Read<discovery::DeltaDiscoveryResponse>();
  ASSERT_EQ(answer.resources_size(), 1);
  EXPECT_EQ(ChainOf(answer.resources(0).resource()), second.chain_pem);
}

// Each is refused at its author's desk, with its place.
TEST_F(SecretsTest, ABadOneIsRefusedWithItsPlace) {
  const x509::Identity good = Root().Issue({});
  const x509::Identity other = Root().Issue({});
  const x509::Identity ended = Root().Issue({.not_after = 1'600'000'000});
  struct Row {
    std::string text;
    int line;
    std::string_view message;
  };
  const Row rows[] = {
      {SecretYaml(x509::InlineYaml(good.chain_pem), x509::InlineYaml(other.key_pem)), 6,
       "does not belong to the first"},
      {SecretYaml(x509::InlineYaml(ended.chain_pem), x509::InlineYaml(ended.key_pem)), 5,
       "has expired"},
      {SecretYaml(x509::InlineYaml("nonsense"), x509::InlineYaml(good.key_pem)), 5, "no PEM block"},
      {SecretYaml(x509::InlineYaml(good.chain_pem), x509::InlineYaml("nonsense")), 6,
       "no PEM block"},
      {SecretYaml(x509::InlineYaml(""), x509::InlineYaml(good.key_pem)), 5, ""},
      {"\"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret\n"
       "name: web\n",
       1, "is empty"},
  };
  for (const Row& row : rows) {
    const v1::PushResponse refused = Push(row.text);
    EXPECT_FALSE(refused.applied()) << row.message;
    ASSERT_GE(refused.diagnostics_size(), 1) << row.message;
    const v1::Diagnostic& first = refused.diagnostics(0);
    EXPECT_EQ(first.file(), "secret.yaml");
    EXPECT_EQ(first.line(), row.line) << first.message();
    EXPECT_GT(first.column(), 0);
    EXPECT_NE(first.message().find(row.message), std::string::npos) << first.message();
    EXPECT_EQ(refused.DebugString().find("BEGIN PRIVATE"), std::string::npos);
  }
  // The proxy's files are the proxy's.
  const v1::PushResponse named =
      Push(SecretYaml("{ filename: /etc/web.pem }", "{ filename: /etc/web.key }"));
  EXPECT_TRUE(named.applied()) << named.DebugString();
}

TEST_F(SecretsTest, AreNotShown) {
  const x509::Identity identity = Root().Issue({});
  const std::string canary = identity.key_pem.substr(60, 24);
  ASSERT_TRUE(
      Push(SecretYaml(x509::InlineYaml(identity.chain_pem), x509::InlineYaml(identity.key_pem)))
          .applied());
  v1::GetResponse got;
  grpc::ClientContext get;
  ASSERT_TRUE(config_->Get(&get, v1::GetRequest(), &got).ok());
  ASSERT_EQ(got.resources_size(), 1);
  const std::string shown = got.SerializeAsString();
  EXPECT_EQ(shown.find(canary), std::string::npos);
  EXPECT_NE(shown.find("BEGIN CERTIFICATE"), std::string::npos);
  v1::StatusResponse status;
  grpc::ClientContext context;
  ASSERT_TRUE(config_->Status(&context, v1::StatusRequest(), &status).ok());
  EXPECT_EQ(status.SerializeAsString().find(canary), std::string::npos);
}

}  // namespace
}  // namespace weir::control
