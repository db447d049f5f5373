// Who gets which listening sockets.
#include "source/server/listen_sockets.h"

#include <gtest/gtest.h>

#include "source/base/status.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"

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

  fakes::SimLoop loop_{1};
  fakes::SimNetwork network_{loop_};
  ListenSockets sockets_{network_, 2};
};

TEST_F(ListenSocketsTest, AnAddressIsOpenedOnceForAllWhoAsk) {
  const auto first = sockets_.Get(At("10.0.0.1:80"));
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->size(), 2u);
  EXPECT_NE((*first)[0], (*first)[1]) << "one for each worker";
  EXPECT_EQ(*sockets_.Get(At("10.0.0.1:80")), *first);
}

// A listener is removed and comes back while one worker has closed its socket and the other not
// yet.
TEST_F(ListenSocketsTest, WhatAWorkerHasClosedAlreadyIsOpenedBesideTheRest) {
  auto first = *sockets_.Get(At("10.0.0.1:80"));
  first[0].reset();
  const auto again = sockets_.Get(At("10.0.0.1:80"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_NE((*again)[0], nullptr);
  EXPECT_EQ((*again)[1], first[1]);
}

TEST_F(ListenSocketsTest, AnAddressThatEverybodyHasLeftIsOpenedAnew) {
  config::Listener listener = At("10.0.0.1:80");
  ASSERT_TRUE(sockets_.Get(listener).ok());
  listener.socket.reuse_port = false;
  EXPECT_TRUE(sockets_.Get(listener).ok());
}

}  // namespace
}  // namespace weir::server
