// Who gets which listening sockets.
#include "source/server/listen_sockets.h"

#include <gtest/gtest.h>

#include "source/base/status.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"
#include "test/net/recording_peer.h"

namespace weir::server {
namespace {

class ListenSocketsTest : public testing::Test {
 protected:
  static config::Listener At(const std::string& address) {
    config::Listener listener;
    listener.name = "edge";
    listener.address = *net::Address::Parse(address);
    return listener;
  }

  using RecordingPeer = net::RecordingPeer;

  fakes::SimLoop loop_{1};
  fakes::SimNetwork network_{loop_};
  buffer::BlockPool pool_;
  ListenSockets sockets_{network_, 2};
};

TEST_F(ListenSocketsTest, AnAddressIsOpenedOnceForAllWhoAsk) {
  const auto first = sockets_.Get(At("10.0.0.1:80"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE((*first)->ForWorker(0), (*first)->ForWorker(1)) << "one for each worker";
  EXPECT_EQ(*sockets_.Get(At("10.0.0.1:80")), *first);
}

TEST_F(ListenSocketsTest, WithoutReusePortAllWorkersHaveOne) {
  config::Listener listener = At("10.0.0.1:80");
  listener.socket.reuse_port = false;
  const auto group = *sockets_.Get(listener);
  EXPECT_EQ(group->ForWorker(0), group->ForWorker(1));
}

// A listener is removed and comes back while one worker has closed its socket and the other not
// yet.
TEST_F(ListenSocketsTest, WhatAWorkerHasClosedAlreadyIsOpenedBesideTheRest) {
  auto group = *sockets_.Get(At("10.0.0.1:80"));
  const std::shared_ptr<net::ListenSocket> slow = group->ForWorker(1);
  group = nullptr;
  const auto again = sockets_.Get(At("10.0.0.1:80"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_NE((*again)->ForWorker(0), nullptr);
  EXPECT_EQ((*again)->ForWorker(1), slow);
}

TEST_F(ListenSocketsTest, WhatNobodyWantsAnyMoreRefusesUntilSomebodyDoesAgain) {
  auto group = *sockets_.Get(At("10.0.0.1:80"));
  const std::shared_ptr<net::ListenSocket> worker[] = {group->ForWorker(0), group->ForWorker(1)};
  const auto connects = [this] {
    RecordingPeer client(pool_);
    client.Adopt(network_.Connect(*net::Address::Parse("10.0.0.1:80"), {}));
    loop_.RunFor(std::chrono::milliseconds(1));
    return client.connected == 1;
  };
  EXPECT_TRUE(connects());
  group = nullptr;
  EXPECT_FALSE(connects());
  group = *sockets_.Get(At("10.0.0.1:80"));
  EXPECT_TRUE(connects());
}

TEST_F(ListenSocketsTest, AnAddressThatEverybodyHasLeftIsOpenedAnew) {
  config::Listener listener = At("10.0.0.1:80");
  ASSERT_TRUE(sockets_.Get(listener).ok());
  listener.socket.reuse_port = false;
  EXPECT_TRUE(sockets_.Get(listener).ok());
}

}  // namespace
}  // namespace weir::server
