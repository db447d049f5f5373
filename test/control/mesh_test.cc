// A control plane with an authority over real sockets: TLS on both sides by gRPC's library with
// certificates that ours has made; who is let in, who is not, and what a node gets.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/service/discovery/v3/ads.grpc.pb.h"
#include "source/base/strings.h"
#include "source/control/ca/token.h"
#include "source/control/mesh_files.h"
#include "source/event/epoll_loop.h"
#include "source/event/system_files.h"
#include "weir/control/v1/control.grpc.pb.h"

namespace weir::control {
namespace {

namespace discovery = ::envoy::service::discovery::v3;

const std::string kSecrets(engine::kSecretType);

class MeshTest : public testing::Test {
 protected:
  MeshTest() : path_(std::filesystem::path(testing::TempDir()) / "mesh") {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
    loop_ = *event::EpollLoop::Create(clock_);
    files_ = *event::SystemFiles::Create(*loop_);
    directory_.emplace(*files_, path_.string());
    EXPECT_TRUE(directory_->Init("mesh.example", clock_.System()).ok());
    const std::string identities = (path_ / "identities.yaml").string();
    EXPECT_TRUE(
        files_->WriteAtomically(identities, "identities: [{path: /demo/a, nodes: [\"a-*\"]}]")
            .ok());
    mesh_.emplace(*loop_, *files_, MeshFiles::Options{path_.string(), identities, {}});
    const absl::Status opened = mesh_->Open();
    EXPECT_TRUE(opened.ok()) << opened;
    token_key_ = *mesh_->LoadTokenKey();
    Server::Options options;
    options.mesh = {mesh_->authority(), token_key_, event::Random(1)};
    server_ = *Server::Create(clock_, std::move(options));
    server_->SetIdentities(mesh_->identities());
    const auto port = server_->Listen("127.0.0.1:0", mesh_->tls_files());
    EXPECT_TRUE(port.ok()) << port.status();
    address_ = StrCat("127.0.0.1:", *port);
  }
  ~MeshTest() override { std::filesystem::remove_all(path_); }

  std::string Token(const std::string& path, std::chrono::seconds valid = std::chrono::hours(1)) {
    return ca::MakeToken(path, clock_.System() + valid, "nonce", token_key_.view());
  }

  // With the certificate of `path` unless it is empty.
  std::shared_ptr<grpc::Channel> Channel(const std::string& path,
                                         const ca::Authority* by = nullptr) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = mesh_->authority().bundle_pem();
    if (!path.empty()) {
      const ca::Authority& authority = by != nullptr ? *by : mesh_->authority();
      const auto issued = authority.Issue({.path = path,
                                           .not_before = clock_.System() - std::chrono::hours(1),
                                           .not_after = clock_.System() + std::chrono::hours(1)});
      EXPECT_TRUE(issued.ok()) << issued.status();
      options.pem_cert_chain = issued->chain_pem;
      options.pem_private_key = std::string(issued->key_pem.view());
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address_, grpc::SslCredentials(options), arguments);
  }

  grpc::Status AskStatus(const std::shared_ptr<grpc::Channel>& channel,
                         const std::string& token = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    if (!token.empty()) context.AddMetadata("authorization", StrCat("Bearer ", token));
    v1::StatusResponse response;
    return v1::ConfigService::NewStub(channel)->Status(&context, v1::StatusRequest(), &response);
  }

  // What a node is given, by name, or the end of its stream.
  struct Answer {
    std::map<std::string, std::string> secrets;
    grpc::Status end;
  };
  Answer AskSecrets(const std::shared_ptr<grpc::Channel>& channel, const std::string& node,
                    const std::string& token = "") {
    Answer answer;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    if (!token.empty()) context.AddMetadata("authorization", StrCat("Bearer ", token));
    auto stream =
        discovery::AggregatedDiscoveryService::NewStub(channel)->StreamAggregatedResources(
            &context);
    discovery::DiscoveryRequest request;
    request.mutable_node()->set_id(node);
    request.set_type_url(kSecrets);
    request.add_resource_names("default");
    request.add_resource_names("ROOTCA");
    stream->Write(request);
    discovery::DiscoveryResponse response;
    if (!stream->Read(&response)) {
      answer.end = stream->Finish();
      return answer;
    }
    for (const auto& any : response.resources()) {
      envoy::extensions::transport_sockets::tls::v3::Secret secret;
      EXPECT_TRUE(any.UnpackTo(&secret));
      answer.secrets[secret.name()] =
          secret.has_tls_certificate()
              ? secret.tls_certificate().certificate_chain().inline_string()
              : secret.validation_context().trusted_ca().inline_string();
    }
    context.TryCancel();
    stream->Finish();
    return answer;
  }

  const std::filesystem::path path_;
  event::SystemClock clock_;
  std::unique_ptr<event::EpollLoop> loop_;
  std::unique_ptr<event::SystemFiles> files_;
  std::optional<ca::AuthorityDirectory> directory_;
  std::optional<MeshFiles> mesh_;
  SecretBytes token_key_;
  std::unique_ptr<Server> server_;
  std::string address_;
};

TEST_F(MeshTest, TheConfigurationIsForItsAdministratorsAlone) {
  EXPECT_TRUE(AskStatus(Channel("/weir/admin")).ok());
  EXPECT_TRUE(AskStatus(Channel(""), Token("/weir/admin")).ok());
  EXPECT_EQ(AskStatus(Channel("/demo/a")).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(AskStatus(Channel(""), Token("/demo/a")).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(AskStatus(Channel("")).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  const grpc::Status ended = AskStatus(Channel(""), Token("/weir/admin", std::chrono::seconds(-1)));
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ended.error_message(), "the token has ended");
  EXPECT_EQ(AskStatus(Channel(""), "weir1.x.y.z").error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(MeshTest, ANodeGetsItsOwnCertificateByCertificateOrToken) {
  const Answer by_certificate = AskSecrets(Channel("/demo/a"), "a-1");
  ASSERT_EQ(by_certificate.secrets.size(), 2u) << by_certificate.end.error_message();
  EXPECT_EQ(by_certificate.secrets.at("ROOTCA"), mesh_->authority().bundle_pem());
  EXPECT_EQ(*mesh_->authority().PathOf(by_certificate.secrets.at("default"), clock_.System()),
            "/demo/a");
  const Answer by_token = AskSecrets(Channel(""), "a-1", Token("/demo/a"));
  EXPECT_EQ(by_token.secrets, by_certificate.secrets);
}

TEST_F(MeshTest, AStreamEndsWithTheTokenThatBeganIt) {
  // The handshake is none of the token's time.
  const auto channel = Channel("");
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(20);
  ASSERT_TRUE(channel->WaitForConnected(deadline));
  grpc::ClientContext context;
  context.set_deadline(deadline);
  context.AddMetadata("authorization",
                      StrCat("Bearer ", Token("/demo/a", std::chrono::seconds(3))));
  auto stream =
      discovery::AggregatedDiscoveryService::NewStub(channel)->StreamAggregatedResources(&context);
  discovery::DiscoveryRequest request;
  request.mutable_node()->set_id("a-1");
  request.set_type_url(kSecrets);
  request.add_resource_names("ROOTCA");
  ASSERT_TRUE(stream->Write(request));
  discovery::DiscoveryResponse response;
  EXPECT_TRUE(stream->Read(&response));
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status end = stream->Finish();
  EXPECT_EQ(end.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(end.error_message(), "the token has ended");
  EXPECT_TRUE(AskSecrets(Channel("/demo/a"), "a-1").end.ok()) << "a certificate goes on";
}

TEST_F(MeshTest, ARevokedTokenCountsNoMoreAndEndsItsStreams) {
  const std::string revoked = Token("/demo/a", std::chrono::hours(2)), other = Token("/demo/a");
  const auto channel = Channel("");
  struct Stream {
    grpc::ClientContext context;
    std::unique_ptr<
        grpc::ClientReaderWriter<discovery::DiscoveryRequest, discovery::DiscoveryResponse>>
        calls;
  };
  const auto open = [&](const std::string& token) {
    auto stream = std::make_unique<Stream>();
    stream->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    stream->context.AddMetadata("authorization", StrCat("Bearer ", token));
    stream->calls =
        discovery::AggregatedDiscoveryService::NewStub(channel)->StreamAggregatedResources(
            &stream->context);
    discovery::DiscoveryRequest request;
    request.mutable_node()->set_id("a-1");
    request.set_type_url(kSecrets);
    request.add_resource_names("ROOTCA");
    EXPECT_TRUE(stream->calls->Write(request));
    discovery::DiscoveryResponse response;
    EXPECT_TRUE(stream->calls->Read(&response));
    return stream;
  };
  const auto ends = open(revoked), stays = open(other);
  server_->SetRevokedTokens({ca::IdOfToken(revoked)});
  discovery::DiscoveryResponse response;
  EXPECT_FALSE(ends->calls->Read(&response));
  const grpc::Status end = ends->calls->Finish();
  EXPECT_EQ(end.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(end.error_message(), "the token was revoked");
  EXPECT_EQ(AskSecrets(channel, "a-1", revoked).end.error_message(), "the token was revoked");
  EXPECT_TRUE(AskSecrets(channel, "a-1", other).end.ok());
  stays->context.TryCancel();
  EXPECT_EQ(stays->calls->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(MeshTest, TheNodeIdMustAgreeWithTheIdentity) {
  const grpc::Status other = AskSecrets(Channel("/demo/a"), "b-1").end;
  EXPECT_EQ(other.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_NE(other.error_message().find("is not for node \"b-1\""), std::string::npos);
  EXPECT_EQ(AskSecrets(Channel("/weir/admin"), "a-1").end.error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(AskSecrets(Channel(""), "a-1").end.error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(MeshTest, AStrangersCertificateEndsTheHandshake) {
  const std::filesystem::path elsewhere = path_ / "elsewhere";
  std::filesystem::create_directories(elsewhere);
  const ca::AuthorityDirectory other(*files_, elsewhere.string());
  ASSERT_TRUE(other.Init("mesh.example", clock_.System()).ok());
  const ca::Authority foreign = *other.Load();
  EXPECT_EQ(AskStatus(Channel("/weir/admin", &foreign)).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  // In clear text there is nothing to talk to.
  EXPECT_FALSE(AskStatus(grpc::CreateChannel(address_, grpc::InsecureChannelCredentials())).ok());
}

// The authority gives these names; a reference to them leads somewhere.
TEST_F(MeshTest, APushMayReferToWhatTheAuthorityGivesAndNotReplaceIt) {
  const auto push = [&](const std::string& text) {
    v1::PushRequest request;
    v1::File& file = *request.add_files();
    file.set_path("f.yaml");
    file.set_text(text);
    v1::PushResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(v1::ConfigService::NewStub(Channel("/weir/admin"))
                    ->Push(&context, request, &response)
                    .ok());
    return response;
  };
  const auto cluster = [](const std::string& name) {
    return StrCat(R"yaml(
"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
name: c
transport_socket:
  name: tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    common_tls_context:
      tls_certificate_sds_secret_configs:
      - { name: )yaml",
                  name, ", sds_config: { ads: {}, resource_api_version: V3 } }\n");
  };
  EXPECT_TRUE(push(cluster("default")).applied());
  const v1::PushResponse dangling = push(cluster("defualt"));
  EXPECT_FALSE(dangling.applied());
  const v1::PushResponse taken = push(R"yaml(
"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
name: ROOTCA
session_ticket_keys: { keys: [ { filename: /x } ] }
)yaml");
  EXPECT_FALSE(taken.applied());
  ASSERT_GE(taken.diagnostics_size(), 1);
  EXPECT_NE(taken.diagnostics(0).message().find("gives each node its own \"ROOTCA\""),
            std::string::npos);
  EXPECT_EQ(taken.diagnostics(0).line(), 2);
}

TEST_F(MeshTest, ChangesOfTheFilesReachTheServer) {
  bool authority_changed = false;
  bool identities_changed = false;
  ASSERT_TRUE(mesh_
                  ->Watch({.authority =
                               [&](const ca::Authority& authority) {
                                 authority_changed = true;
                                 server_->SetAuthority(authority);
                                 if (identities_changed) loop_->Stop();
                               },
                           .identities =
                               [&](const ca::IdentityRules& rules) {
                                 identities_changed = true;
                                 server_->SetIdentities(rules);
                                 if (authority_changed) loop_->Stop();
                               },
                           .revoked_tokens = [](const HashSet&) {}})
                  .ok());
  const Answer before = AskSecrets(Channel("/demo/a"), "a-1");
  ASSERT_TRUE(files_
                  ->WriteAtomically((path_ / "identities.yaml").string(),
                                    "identities: [{path: /demo/a, nodes: [\"b-*\", \"a-1\"]}]")
                  .ok());
  ASSERT_TRUE(directory_->Begin(clock_.System()).ok());
  loop_->Run();
  const Answer after = AskSecrets(Channel("/demo/a"), "a-1");
  EXPECT_EQ(after.secrets.at("ROOTCA"), mesh_->authority().bundle_pem());
  EXPECT_NE(after.secrets.at("ROOTCA"), before.secrets.at("ROOTCA"));
  EXPECT_EQ(AskSecrets(Channel("/demo/a"), "b-1").secrets.size(), 2u);
  for (const char* key : ca::kKeyFiles) {
    const auto mode = std::filesystem::status(path_ / key).permissions();
    EXPECT_EQ(mode, std::filesystem::perms(0600)) << key;
  }
}

}  // namespace
}  // namespace weir::control
