// The contract of ByteStream and Network, kept by the kernel's sockets and by the simulated ones,
// and by TLS on either.
#include <string>

#include "gtest/gtest.h"
#include "test/net/networks.h"
#include "test/net/recording_peer.h"
#include "test/tls/tls_network.h"

namespace weir::net {
namespace {

std::string Pattern(size_t n) {
  std::string out(n, '\0');
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<char>(i * 31 + i / 251);
  return out;
}

template <typename T>
class ByteStreamContract : public ::testing::Test {
 protected:
  void SetUp() override {
    sockets_ = *network().OpenListenSockets(net_.ListenAddress(), {}, 1);
    acceptor_ = network().Accept(*sockets_[0], accepted_, 100);
  }
  void TearDown() override {
    client_.stream.reset();
    accepted_.peers.clear();
    acceptor_.reset();
    sockets_.clear();
    net_.Settle();
  }

  Network& network() { return net_.network(); }
  bool RunUntil(const std::function<bool()>& done) { return net_.RunUntil(done); }
  // A connection with both ends known.
  void Connect() {
    client_.Adopt(network().Connect(sockets_[0]->address(), {}));
    ASSERT_TRUE(RunUntil([&] { return client_.connected == 1 && accepted_.peers.size() == 1; }));
    server_ = accepted_.peers[0].get();
    if (!net_.encrypted()) return;
    // The client is done first, and session tickets come behind the handshake.
    ASSERT_TRUE(RunUntil([&] { return server_->connected == 1; }));
    net_.Settle();
  }

  T net_;
  buffer::BlockPool pool_;
  std::vector<std::shared_ptr<ListenSocket>> sockets_;
  RecordingAcceptor accepted_{pool_};
  std::unique_ptr<Acceptor> acceptor_;
  RecordingPeer client_{pool_};
  RecordingPeer* server_ = nullptr;
};

using Networks =
    ::testing::Types<KernelNetwork, KernelUnixNetwork, SimulatedNetwork, RoughSimulatedNetwork,
                     tls::TlsNetwork<KernelNetwork>, tls::TlsNetwork<SimulatedNetwork>,
                     tls::TlsNetwork<RoughSimulatedNetwork>>;
TYPED_TEST_SUITE(ByteStreamContract, Networks);

// Connections stand before they are accepted.
template <typename T>
class AcceptContract : public ByteStreamContract<T> {};
using NetworksWithoutHandshake =
    ::testing::Types<KernelNetwork, KernelUnixNetwork, SimulatedNetwork, RoughSimulatedNetwork>;
TYPED_TEST_SUITE(AcceptContract, NetworksWithoutHandshake);

// UNIX sockets have no reset.
template <typename T>
class ResetContract : public ByteStreamContract<T> {};
using NetworksWithResets =
    ::testing::Types<KernelNetwork, SimulatedNetwork, RoughSimulatedNetwork,
                     tls::TlsNetwork<KernelNetwork>, tls::TlsNetwork<RoughSimulatedNetwork>>;
TYPED_TEST_SUITE(ResetContract, NetworksWithResets);

TYPED_TEST(ByteStreamContract, ConnectingRunsNoCallbackInsideTheCall) {
  this->client_.Adopt(this->network().Connect(this->sockets_[0]->address(), {}));
  EXPECT_EQ(this->client_.connected, 0);
  EXPECT_TRUE(this->RunUntil([&] { return this->client_.connected == 1; }));
  EXPECT_EQ(this->client_.failed, 0);
}

TYPED_TEST(ByteStreamContract, BothEndsKnowTheAddresses) {
  this->Connect();
  const Address& listening = this->sockets_[0]->address();
  EXPECT_EQ(this->client_.stream->remote_address().ToString(), listening.ToString());
  EXPECT_EQ(this->server_->stream->local_address().ToString(), listening.ToString());
  EXPECT_EQ(this->client_.stream->local_address().ToString(),
            this->server_->stream->remote_address().ToString());
  EXPECT_EQ(this->client_.stream->transport().encrypted, this->net_.encrypted());
}

TYPED_TEST(ByteStreamContract, BytesArriveInOrderBothWays) {
  this->Connect();
  this->client_.Send("ping");
  this->server_->Send("pong");
  EXPECT_TRUE(this->RunUntil(
      [&] { return this->server_->input == "ping" && this->client_.input == "pong"; }));
}

TYPED_TEST(ByteStreamContract, WhatIsWrittenWhileConnectingGoesOutAfterwards) {
  this->client_.Adopt(this->network().Connect(this->sockets_[0]->address(), {}));
  this->client_.Send("early");
  EXPECT_TRUE(this->RunUntil([&] {
    return this->accepted_.peers.size() == 1 && this->accepted_.peers[0]->input == "early";
  }));
}

TYPED_TEST(ByteStreamContract, AReaderThatPausesStopsTheWriterAndNothingIsLost) {
  this->Connect();
  const std::string text = Pattern(12 << 20);
  this->server_->paused = true;
  this->client_.Send(text);
  this->net_.Settle();
  EXPECT_GT(this->client_.output.size(), 0u) << "no back-pressure";
  this->server_->paused = false;
  this->server_->ReadAll();
  EXPECT_TRUE(this->RunUntil([&] { return this->server_->input.size() == text.size(); }));
  EXPECT_TRUE(this->server_->input == text);
  EXPECT_GT(this->client_.writable, 0);
}

TYPED_TEST(ByteStreamContract, ReadKeepsToItsLimit) {
  this->Connect();
  this->server_->paused = true;
  this->client_.Send(Pattern(1000));
  buffer::Buffer in(this->pool_);
  IoResult result{IoOutcome::kAgain};
  ASSERT_TRUE(this->RunUntil([&] {
    if (this->server_->readable > 0) result = this->server_->stream->Read(in, 10);
    return result.bytes > 0;
  }));
  EXPECT_GE(result.bytes, 1u);
  EXPECT_LE(result.bytes, 10u);
  EXPECT_EQ(result.bytes, in.size());
  this->server_->input = in.ToString();
  this->server_->paused = false;
  this->server_->ReadAll();
  EXPECT_TRUE(this->RunUntil([&] { return this->server_->input == Pattern(1000); }));
}

TYPED_TEST(ByteStreamContract, HalfCloseEndsOneDirectionOnly) {
  this->Connect();
  this->client_.end_after_output = true;
  this->client_.Send("question");
  ASSERT_TRUE(this->RunUntil([&] { return this->server_->ended; }));
  EXPECT_EQ(this->server_->input, "question");
  this->server_->Send("answer");
  EXPECT_TRUE(this->RunUntil([&] { return this->client_.input == "answer"; }));
  EXPECT_FALSE(this->client_.ended);
  this->server_->stream->ShutdownWrite();
  EXPECT_TRUE(this->RunUntil([&] { return this->client_.ended; }));
  EXPECT_EQ(this->client_.failed + this->server_->failed, 0);
}

TYPED_TEST(ByteStreamContract, DataAndEndTogetherAreBothSeen) {
  this->Connect();
  this->client_.end_after_output = true;
  const std::string text = Pattern(200'000);
  this->client_.Send(text);
  EXPECT_TRUE(this->RunUntil([&] { return this->server_->ended; }));
  EXPECT_TRUE(this->server_->input == text);
}

TYPED_TEST(ByteStreamContract, APausedReaderFindsDataAndEndWhenItResumes) {
  this->Connect();
  this->server_->paused = true;
  this->client_.end_after_output = true;
  this->client_.Send("last words");
  this->net_.Settle();
  EXPECT_EQ(this->server_->input, "");
  // The events have come and gone; reading on finds all.
  this->server_->paused = false;
  this->server_->ReadAll();
  EXPECT_TRUE(this->RunUntil([&] { return this->server_->ended; }));
  EXPECT_EQ(this->server_->input, "last words");
}

TYPED_TEST(ByteStreamContract, AReadAfterTheEndStaysAtTheEnd) {
  this->Connect();
  this->client_.stream->ShutdownWrite();
  ASSERT_TRUE(this->RunUntil([&] { return this->server_->ended; }));
  buffer::Buffer in(this->pool_);
  EXPECT_EQ(this->server_->stream->Read(in, 10).outcome, IoOutcome::kEof);
}

TYPED_TEST(ResetContract, AResetIsAFailureAndNotAnEnd) {
  this->Connect();
  this->client_.stream->Close(ByteStream::CloseMode::kReset);
  EXPECT_TRUE(this->RunUntil([&] { return this->server_->broken(); }));
  EXPECT_FALSE(this->server_->ended);
  EXPECT_LE(this->server_->failed, 1);
}

TYPED_TEST(ResetContract, APausedReaderHearsOfAReset) {
  this->Connect();
  this->server_->paused = true;
  this->client_.stream->Close(ByteStream::CloseMode::kReset);
  EXPECT_TRUE(this->RunUntil([&] { return this->server_->failed == 1; }));
  EXPECT_EQ(this->server_->failure, "Connection reset by peer");
}

TYPED_TEST(ResetContract, DestroyingAStreamThatHasNotEndedResetsIt) {
  this->Connect();
  this->client_.stream.reset();
  EXPECT_TRUE(this->RunUntil([&] { return this->server_->broken(); }));
}

TYPED_TEST(ByteStreamContract, ANormalCloseIsAnEnd) {
  this->Connect();
  this->client_.Send("bye");
  ASSERT_TRUE(this->RunUntil([&] { return this->client_.output.empty(); }));
  this->client_.stream->Close(ByteStream::CloseMode::kNormal);
  EXPECT_TRUE(this->RunUntil([&] { return this->server_->ended; }));
  EXPECT_EQ(this->server_->input, "bye");
}

TYPED_TEST(ByteStreamContract, WritingToAPeerThatHasClosedFails) {
  this->Connect();
  this->client_.stream->Close(ByteStream::CloseMode::kNormal);
  ASSERT_TRUE(this->RunUntil([&] { return this->server_->ended; }));
  EXPECT_TRUE(this->RunUntil([&] {
    this->server_->Send("x");
    return this->server_->write_failed || this->server_->broken();
  }));
}

TYPED_TEST(ByteStreamContract, NoEventComesAfterClose) {
  this->Connect();
  this->server_->Send("unread");
  this->client_.stream->Close(ByteStream::CloseMode::kNormal);
  const int readable = this->client_.readable;
  this->net_.Settle();
  EXPECT_EQ(this->client_.readable, readable);
  EXPECT_EQ(this->client_.failed, 0);
}

TYPED_TEST(ByteStreamContract, AStreamWithoutAHandlerKeepsItsEventForTheOneThatComes) {
  this->Connect();
  this->server_->stream->SetHandler(nullptr);
  this->client_.Send("waiting");
  this->net_.Settle();
  EXPECT_EQ(this->server_->input, "");
  this->server_->stream->SetHandler(this->server_);
  EXPECT_EQ(this->server_->input, "") << "called back from inside";
  EXPECT_TRUE(this->RunUntil([&] { return this->server_->input == "waiting"; }));
}

TYPED_TEST(ByteStreamContract, ConnectingWhereNobodyListensFailsFromTheLoop) {
  const Address address = this->sockets_[0]->address();
  this->acceptor_.reset();
  this->sockets_.clear();
  this->client_.Adopt(this->network().Connect(address, {}));
  EXPECT_EQ(this->client_.failed, 0);
  EXPECT_TRUE(this->RunUntil([&] { return this->client_.failed == 1; }));
  EXPECT_NE(this->client_.failure.find("Connection refused"), std::string::npos);
  EXPECT_EQ(this->client_.connected, 0);
}

TYPED_TEST(AcceptContract, WhatIsQueuedStaysForTheNextAcceptor) {
  this->acceptor_.reset();
  this->client_.Adopt(this->network().Connect(this->sockets_[0]->address(), {}));
  ASSERT_TRUE(this->RunUntil([&] { return this->client_.connected == 1; }));
  this->net_.Settle();
  EXPECT_TRUE(this->accepted_.peers.empty());
  this->acceptor_ = this->network().Accept(*this->sockets_[0], this->accepted_, 100);
  EXPECT_TRUE(this->RunUntil([&] { return this->accepted_.peers.size() == 1; }));
}

TYPED_TEST(AcceptContract, AcceptQueuedTakesAllAtOnce) {
  this->acceptor_.reset();
  std::vector<std::unique_ptr<RecordingPeer>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<RecordingPeer>(this->pool_));
    clients.back()->Adopt(this->network().Connect(this->sockets_[0]->address(), {}));
    ASSERT_TRUE(this->RunUntil([&] { return clients.back()->connected == 1; }));
  }
  const auto last = this->network().Accept(*this->sockets_[0], this->accepted_, 1);
  last->AcceptQueued();
  EXPECT_EQ(this->accepted_.peers.size(), 5u);
}

TYPED_TEST(AcceptContract, TheAcceptorMayBeDestroyedFromOnAccept) {
  this->accepted_.on_accept = [&] { this->acceptor_.reset(); };
  RecordingPeer second(this->pool_);
  this->client_.Adopt(this->network().Connect(this->sockets_[0]->address(), {}));
  second.Adopt(this->network().Connect(this->sockets_[0]->address(), {}));
  EXPECT_TRUE(this->RunUntil([&] { return this->client_.connected + second.connected == 2; }));
  this->net_.Settle();
  EXPECT_EQ(this->accepted_.peers.size(), 1u);
}

TYPED_TEST(ByteStreamContract, AnAddressInUseIsAnErrorThatNamesIt) {
  const Address address = this->sockets_[0]->address();
  const auto again = this->network().OpenListenSockets(address, {}, 1);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_NE(std::string(again.status().message()).find(address.ToString()), std::string::npos);
}

}  // namespace
}  // namespace weir::net
