// The stream itself: ends, truncation, bytes read before, records, what an idle connection holds.
// That it is a ByteStream like others is shown by the contract in test/net.

#include <gmock/gmock.h>

#include "test/tls/tls_bench.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

const x509::Authority& Root() {
  static const auto* const root = new x509::Authority("Root");
  return *root;
}

config::DownstreamTls Server() {
  config::DownstreamTls tls;
  tls.common.certificates.push_back(CertificateOf(Root().Issue({.dns = {"a.example"}})));
  return tls;
}

config::UpstreamTls Client() {
  config::UpstreamTls tls;
  tls.common.validation.trusted_ca_pem = Root().pem();
  tls.sni = "a.example";
  return tls;
}

// A server's stream on a connection whose client is raw.
class RawClientTest : public testing::Test, public net::AcceptHandler {
 protected:
  void SetUp() override {
    context_ = *ServerContext::Create(Server());
    sockets_ = *network_.OpenListenSockets(*net::Address::Parse("10.0.0.1:443"), {}, 1);
    acceptor_ = network_.Accept(*sockets_[0], *this, 1);
    client_.Adopt(network_.Connect(sockets_[0]->address(), {}));
    Run();
  }
  void TearDown() override {
    client_.stream.reset();
    server_.stream.reset();
    acceptor_.reset();
    sockets_.clear();
    Run();
  }
  void OnAccept(std::unique_ptr<net::ByteStream> stream) override {
    buffer::Buffer received(blocks_);
    received.Append(received_);
    server_.Adopt(context_->Wrap(std::move(stream), received, {loop_, blocks_, stats_}));
    EXPECT_TRUE(received.empty());
  }
  void OnAcceptError(std::string_view) override {}
  void Run() { loop_.RunFor(std::chrono::seconds(1)); }

  fakes::SimLoop loop_{7};
  fakes::SimNetwork network_{loop_};
  buffer::BlockPool blocks_;
  net::TransportStats stats_;
  std::shared_ptr<const ServerContext> context_;
  std::vector<std::shared_ptr<net::ListenSocket>> sockets_;
  std::unique_ptr<net::Acceptor> acceptor_;
  net::RecordingPeer client_{blocks_}, server_{blocks_};
  std::string received_;
};

TEST_F(RawClientTest, CleartextIsAnErrorOfItsOwn) {
  client_.Send("GET / HTTP/1.1\r\n\r\n");
  Run();
  EXPECT_EQ(server_.connected, 0);
  EXPECT_EQ(server_.failed, 1);
  EXPECT_THAT(server_.failure, HasSubstr(":SSL routines:OPENSSL_internal:HTTP_REQUEST:"));
  EXPECT_EQ(stats_.connection_error.value(), 1u);
  EXPECT_EQ(client_.input, "");
}

TEST_F(RawClientTest, AnEndDuringTheHandshakeFailsIt) {
  client_.Send(std::string("\x16\x03\x01", 3));
  Run();
  EXPECT_EQ(server_.failed, 0);
  client_.stream->ShutdownWrite();
  Run();
  EXPECT_EQ(server_.failed, 1);
  EXPECT_THAT(server_.failure, HasSubstr("ended the connection during the handshake"));
}

TEST_F(RawClientTest, AResetDuringTheHandshakeFailsIt) {
  client_.stream->Close(net::ByteStream::CloseMode::kReset);
  Run();
  EXPECT_EQ(server_.failed, 1);
}

TEST_F(RawClientTest, ASilentClientIsWaitedFor) {
  loop_.RunFor(std::chrono::hours(1));
  EXPECT_EQ(server_.failed + server_.connected, 0);
}

class BytesReadBeforeTest : public RawClientTest {
 protected:
  BytesReadBeforeTest() { received_ = "GET / HTTP/1.1\r\n\r\n"; }
};

TEST_F(BytesReadBeforeTest, BytesThatWereReadBeforeAreTheBeginningOfTheHandshake) {
  EXPECT_EQ(server_.failed, 1);
  EXPECT_THAT(server_.failure, HasSubstr("HTTP_REQUEST"));
}

TEST(TlsStreamTest, EarlyBytesArriveWithTheHandshake) {
  TlsBench bench(Server(), Client(), {.latency = std::chrono::milliseconds(10)});
  bench.Connect();
  ASSERT_TRUE(bench.connected());
  EXPECT_EQ(bench.client().writable, 0);
  EXPECT_EQ(bench.server().readable, 1);
}

TEST(TlsStreamTest, AWriteDuringTheHandshakeWaitsForIt) {
  TlsBench bench(Server(), Client());
  bench.Connect();
  bench.Drop();
  bench.Connect();
  bench.client().Send("x");
  bench.Run();
  EXPECT_EQ(bench.server().input, "x");
}

TEST(TlsStreamTest, CloseNotifyIsAnEndAndTheOtherDirectionGoesOn) {
  TlsBench bench(Server(), Client());
  bench.Connect();
  bench.client().Send("question");
  bench.client().stream->ShutdownWrite();
  bench.Run();
  EXPECT_TRUE(bench.server().ended);
  bench.server().Send("answer");
  bench.Run();
  EXPECT_EQ(bench.client().input, "answer");
  buffer::Buffer more(bench.blocks());
  more.Append("after the end");
  EXPECT_EQ(bench.client().stream->Write(more).outcome, net::IoOutcome::kError);
}

TEST(TlsStreamTest, AnEndWithoutCloseNotifyIsAnErrorToTheClient) {
  TlsBench bench(Server(), Client());
  bench.Connect();
  bench.server().Send("half of the ans");
  bench.Run();
  bench.server_inner().ShutdownWrite();
  bench.Run();
  EXPECT_EQ(bench.client().input, "half of the ans");
  EXPECT_FALSE(bench.client().ended);
  EXPECT_TRUE(bench.client().read_failed);
}

TEST(TlsStreamTest, AnEndWithoutCloseNotifyIsAnEndToTheServer) {
  TlsBench bench(Server(), Client());
  bench.Connect();
  bench.client().Send("question");
  bench.Run();
  bench.client_inner().ShutdownWrite();
  bench.Run();
  EXPECT_EQ(bench.server().input, "question");
  EXPECT_TRUE(bench.server().ended);
  EXPECT_FALSE(bench.server().broken());
}

TEST(TlsStreamTest, ForgedBytesAreAnError) {
  TlsBench bench(Server(), Client());
  bench.Connect();
  buffer::Buffer forged(bench.blocks());
  forged.Append(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  bench.client_inner().Write(forged);
  bench.Run();
  EXPECT_TRUE(bench.server().read_failed);
  EXPECT_EQ(bench.server_stats().connection_error.value(), 1u);
}

TEST(TlsStreamTest, AResetIsNeverAnEnd) {
  for (const bool from_server : {true, false}) {
    TlsBench bench(Server(), Client());
    bench.Connect();
    net::RecordingPeer& resetting = from_server ? bench.server() : bench.client();
    net::RecordingPeer& other = from_server ? bench.client() : bench.server();
    resetting.stream->Close(net::ByteStream::CloseMode::kReset);
    bench.Run();
    EXPECT_TRUE(other.broken());
    EXPECT_FALSE(other.ended);
  }
}

TEST(TlsStreamTest, ManySmallPiecesBecomeFewRecords) {
  TlsBench bench(Server(), Client());
  bench.Connect();
  buffer::Buffer pieces(bench.blocks());
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    // Blocks of their own, so that nothing is merged on the way.
    buffer::Buffer piece(bench.blocks());
    piece.Append(std::string(600, static_cast<char>('a' + i % 26)));
    expected += piece.ToString();
    pieces.MoveFrom(piece);
  }
  while (!pieces.empty()) {
    ASSERT_NE(bench.client().stream->Write(pieces).outcome, net::IoOutcome::kError);
    bench.Run();
  }
  EXPECT_EQ(bench.server().input, expected);
}

TEST(TlsStreamTest, AnIdleConnectionHoldsNoBlocksAndLittleMemory) {
  TlsBench bench(Server(), Client());
  bench.Connect();
  bench.client().Send("ping");
  bench.server().Send("pong");
  bench.Run();
  EXPECT_EQ(bench.blocks().bytes_in_use(), 0u);
}

}  // namespace
}  // namespace weir::tls
