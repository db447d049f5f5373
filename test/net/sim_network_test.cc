// What tests ask of SimNetwork beyond the contract.
#include "test/fakes/sim_network.h"

#include "gtest/gtest.h"
#include "test/net/networks.h"
#include "test/net/recording_peer.h"

namespace weir::net {
namespace {

using std::chrono::milliseconds;

class SimNetworkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    sockets_ = *net_.network().OpenListenSockets(server_, {}, 1);
    acceptor_ = net_.network().Accept(*sockets_[0], accepted_, 100);
  }
  void ConnectClient() { client_.Adopt(net_.network().Connect(server_, {})); }

  SimulatedNetwork net_;
  buffer::BlockPool pool_;
  const Address server_ = *Address::Parse("10.0.0.1:80");
  std::vector<std::shared_ptr<ListenSocket>> sockets_;
  RecordingAcceptor accepted_{pool_};
  std::unique_ptr<Acceptor> acceptor_;
  RecordingPeer client_{pool_};
};

TEST_F(SimNetworkTest, LatencyIsOneWay) {
  net_.sim().SetOptions({.latency = milliseconds(10)});
  const event::MonotonicTime start = net_.loop().Now();
  ConnectClient();
  ASSERT_TRUE(net_.RunUntil([&] { return client_.connected == 1; }));
  EXPECT_EQ(net_.loop().Now() - start, milliseconds(20));
  client_.Send("x");
  ASSERT_TRUE(net_.RunUntil([&] { return accepted_.peers[0]->input == "x"; }));
  EXPECT_EQ(net_.loop().Now() - start, milliseconds(30));
}

TEST_F(SimNetworkTest, TheWindowBoundsWhatIsUnderWay) {
  net_.sim().SetOptions({.window = 1000});
  ConnectClient();
  ASSERT_TRUE(net_.RunUntil([&] { return accepted_.peers.size() == 1; }));
  accepted_.peers[0]->paused = true;
  client_.Send(std::string(3000, 'x'));
  net_.Settle();
  EXPECT_EQ(client_.taken, 1000u);
  accepted_.peers[0]->paused = false;
  accepted_.peers[0]->ReadAll();
  net_.Settle();
  EXPECT_EQ(accepted_.peers[0]->input.size(), 3000u);
}

TEST_F(SimNetworkTest, ResetsAtTheByteAsked) {
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{100}}) {
    net_.sim().ResetNext(server_, fakes::SimNetwork::Towards::kServer, bytes);
    accepted_.peers.clear();
    RecordingPeer client(pool_);
    client.Adopt(net_.network().Connect(server_, {}));
    client.Send(std::string(500, 'x'));
    net_.Settle();
    EXPECT_TRUE(client.broken()) << bytes;
    ASSERT_EQ(accepted_.peers.size(), 1u);
    EXPECT_TRUE(accepted_.peers[0]->broken()) << bytes;
    EXPECT_EQ(accepted_.peers[0]->input.size(), bytes);
  }
}

TEST_F(SimNetworkTest, RefusesDropsAndRestores) {
  net_.sim().Refuse(server_);
  RecordingPeer refused(pool_);
  refused.Adopt(net_.network().Connect(server_, {}));
  net_.Settle();
  EXPECT_EQ(refused.failed, 1);

  net_.sim().Restore(server_);
  net_.sim().Drop(server_);
  RecordingPeer dropped(pool_);
  dropped.Adopt(net_.network().Connect(server_, {}));
  net_.Settle();
  EXPECT_EQ(dropped.failed + dropped.connected, 0);

  net_.sim().Restore(server_);
  ConnectClient();
  net_.Settle();
  EXPECT_EQ(client_.connected, 1);
  EXPECT_EQ(net_.sim().connects(server_), 3u);
}

TEST_F(SimNetworkTest, ACutHoldsEverythingUntilItIsHealed) {
  ConnectClient();
  net_.Settle();
  net_.sim().Cut(server_);
  client_.Send("held");
  accepted_.peers[0]->Send("held too");
  RecordingPeer late(pool_);
  late.Adopt(net_.network().Connect(server_, {}));
  net_.Settle();
  EXPECT_EQ(accepted_.peers[0]->input + client_.input, "");
  EXPECT_EQ(late.connected, 0);
  net_.sim().Heal(server_);
  net_.Settle();
  EXPECT_EQ(accepted_.peers[0]->input, "held");
  EXPECT_EQ(client_.input, "held too");
  net_.sim_loop().RunFor(std::chrono::seconds(2));
  EXPECT_EQ(late.connected, 1);
}

TEST_F(SimNetworkTest, ResetAllTakesTheConnectionsOfOneAddress) {
  ConnectClient();
  net_.Settle();
  EXPECT_EQ(net_.sim().ResetAll(server_), 1u);
  net_.Settle();
  EXPECT_TRUE(client_.broken());
  EXPECT_TRUE(accepted_.peers[0]->broken());
}

TEST_F(SimNetworkTest, ClosingWithUnreadBytesResets) {
  ConnectClient();
  net_.Settle();
  accepted_.peers[0]->paused = true;
  client_.Send("nobody reads this");
  net_.Settle();
  accepted_.peers[0]->stream->Close(ByteStream::CloseMode::kNormal);
  net_.Settle();
  EXPECT_TRUE(client_.broken());
  EXPECT_FALSE(client_.ended);
}

TEST_F(SimNetworkTest, BytesThatCameBeforeAResetCanBeRead) {
  ConnectClient();
  net_.Settle();
  client_.paused = true;
  accepted_.peers[0]->Send("last");
  accepted_.peers[0]->stream->Close(ByteStream::CloseMode::kReset);
  client_.paused = false;
  net_.Settle();
  EXPECT_EQ(client_.input, "last");
  EXPECT_TRUE(client_.broken());
}

TEST_F(SimNetworkTest, AWildcardTakesEveryAddressOfItsPort) {
  const auto any = *net_.network().OpenListenSockets(*Address::Parse("0.0.0.0:443"), {}, 1);
  RecordingAcceptor accepted(pool_);
  const auto acceptor = net_.network().Accept(*any[0], accepted, 100);
  client_.Adopt(net_.network().Connect(*Address::Parse("10.9.9.9:443"), {}));
  net_.Settle();
  ASSERT_EQ(accepted.peers.size(), 1u);
  EXPECT_EQ(accepted.peers[0]->stream->local_address().ToString(), "10.9.9.9:443");
}

TEST_F(SimNetworkTest, OneSeedGivesOneRun) {
  const auto run = [] {
    RoughSimulatedNetwork net;
    buffer::BlockPool pool;
    const auto sockets = *net.network().OpenListenSockets(net.ListenAddress(), {}, 1);
    RecordingAcceptor accepted(pool);
    const auto acceptor = net.network().Accept(*sockets[0], accepted, 10);
    RecordingPeer client(pool);
    client.Adopt(net.network().Connect(net.ListenAddress(), {}));
    client.Send(std::string(100'000, 'x'));
    net.Settle();
    accepted.peers.at(0)->stream->Close(ByteStream::CloseMode::kReset);
    net.Settle();
    return std::tuple(net.sim_loop().turns(), accepted.peers[0]->readable, client.writable,
                      accepted.peers[0]->input.size());
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace weir::net
