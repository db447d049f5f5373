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
  std::shared_ptr<const ListenGroup> GetOne(const config::Listener& listener) {
    return sockets_.Get(listener)->front();
  }
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
  const auto first = GetOne(At("10.0.0.1:80"));
  EXPECT_NE(first->ForWorker(0), first->ForWorker(1)) << "one for each worker";
  EXPECT_EQ(GetOne(At("10.0.0.1:80")), first);
}

TEST_F(ListenSocketsTest, WithoutReusePortAllWorkersHaveOne) {
  config::Listener listener = At("10.0.0.1:80");
  listener.socket.reuse_port = false;
  const auto group = GetOne(listener);
  EXPECT_EQ(group->ForWorker(0), group->ForWorker(1));
}

// A listener is removed and comes back while one worker has closed its socket and the other not
// yet.
TEST_F(ListenSocketsTest, WhatAWorkerHasClosedAlreadyIsOpenedBesideTheRest) {
  auto group = GetOne(At("10.0.0.1:80"));
  const std::shared_ptr<net::ListenSocket> slow = group->ForWorker(1);
  group = nullptr;
  const auto again = GetOne(At("10.0.0.1:80"));
  EXPECT_NE(again->ForWorker(0), nullptr);
  EXPECT_EQ(again->ForWorker(1), slow);
}

TEST_F(ListenSocketsTest, WhatNobodyWantsAnyMoreRefusesUntilSomebodyDoesAgain) {
  auto group = GetOne(At("10.0.0.1:80"));
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
  group = GetOne(At("10.0.0.1:80"));
  EXPECT_TRUE(connects());
}

TEST_F(ListenSocketsTest, EveryAddressOfAListenerIsOpened) {
  config::Listener listener = At("10.0.0.1:80");
  listener.additional_addresses = {{*net::Address::Parse("10.0.0.2:80"), {}}};
  const auto groups = *sockets_.Get(listener);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[1]->address().ToString(), "10.0.0.2:80");
  EXPECT_EQ(GetOne(At("10.0.0.2:80")), groups[1]);
  listener.bind_to_port = false;
  EXPECT_TRUE(sockets_.Get(listener)->empty());
}

TEST_F(ListenSocketsTest, WhatTheKernelTakesAtTheStartAloneCannotBeChanged) {
  const auto group = GetOne(At("10.0.0.1:80"));
  using Change = void (*)(net::ListenOptions&);
  const std::pair<Change, std::string_view> rows[] = {
      {[](net::ListenOptions& options) { options.reuse_port = false; }, "enable_reuse_port"},
      {[](net::ListenOptions& options) { options.ipv4_compat = true; }, "ipv4_compat"},
      {[](net::ListenOptions& options) { options.freebind = true; }, "freebind"},
      {[](net::ListenOptions& options) { options.transparent = true; }, "transparent"},
      {[](net::ListenOptions& options) { options.fast_open_queue = 5; },
       "tcp_fast_open_queue_length"},
      {[](net::ListenOptions& options) { options.keepalive.probes = 5; }, "tcp_keepalive"},
      {[](net::ListenOptions& options) { options.more.emplace_back(); }, "socket_options"},
  };
  for (const auto& [change, name] : rows) {
    config::Listener listener = At("10.0.0.1:80");
    change(listener.socket);
    EXPECT_EQ(MessageOf(sockets_.Get(listener).status()),
              StrCat("listener \"edge\" cannot listen on 10.0.0.1:80: ", name,
                     " cannot be changed while the address is listened on"));
  }
  config::Listener longer = At("10.0.0.1:80");
  longer.socket.backlog = 7;
  EXPECT_EQ(GetOne(longer), group);
}

TEST_F(ListenSocketsTest, AnAddressThatEverybodyHasLeftIsOpenedAnew) {
  config::Listener listener = At("10.0.0.1:80");
  ASSERT_TRUE(sockets_.Get(listener).ok());
  listener.socket.reuse_port = false;
  EXPECT_TRUE(sockets_.Get(listener).ok());
}

}  // namespace
}  // namespace weir::server
