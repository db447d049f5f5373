// What TcpNetwork does beyond the contract: sharing, ports in use, socket files, running out.
#include "source/net/tcp_network.h"

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "gtest/gtest.h"
#include "source/base/status.h"
#include "source/net/tcp_listen_socket.h"
#include "test/net/networks.h"
#include "test/net/recording_peer.h"

namespace weir::net {
namespace {

class TcpNetworkTest : public ::testing::Test {
 protected:
  std::vector<std::shared_ptr<ListenSocket>> Open(const Address& address, ListenOptions options,
                                                  size_t count) {
    auto sockets = net_.network().OpenListenSockets(address, options, count);
    EXPECT_TRUE(sockets.ok()) << MessageOf(sockets.status());
    return *std::move(sockets);
  }
  ~TcpNetworkTest() override { std::filesystem::remove_all(directory_); }
  std::string TemporaryPath(const std::string& name) const { return directory_ + "/" + name; }

  // Not below TEST_TMPDIR, which may be longer than the path of a socket may be.
  static std::string MakeDirectory() {
    char name[] = "/tmp/weir_net_XXXXXX";
    return mkdtemp(name);
  }

  const std::string directory_ = MakeDirectory();
  KernelNetwork net_;
  buffer::BlockPool pool_;
  const Address loopback_ = *Address::Parse("127.0.0.1:0");
};

TEST_F(TcpNetworkTest, ReusePortGivesEachWorkerASocketOfItsOwnOnOnePort) {
  const auto sockets = Open(loopback_, {}, 3);
  EXPECT_NE(sockets[0]->address().port(), 0);
  EXPECT_NE(sockets[0], sockets[1]);
  EXPECT_EQ(sockets[0]->address(), sockets[2]->address());
}

TEST_F(TcpNetworkTest, WithoutReusePortOneSocketIsSharedByAll) {
  const auto sockets = Open(loopback_, {.reuse_port = false}, 3);
  EXPECT_EQ(sockets[0], sockets[2]);
  RecordingAcceptor one(pool_), two(pool_);
  const auto first = net_.network().Accept(*sockets[0], one, 100);
  const auto second = net_.network().Accept(*sockets[1], two, 100);
  RecordingPeer client(pool_);
  client.Adopt(net_.network().Connect(sockets[0]->address(), {}));
  EXPECT_TRUE(net_.RunUntil([&] { return one.peers.size() + two.peers.size() == 1; }));
}

TEST_F(TcpNetworkTest, TheProbeSeesAPortThatAnotherReusePortGroupHas) {
  const auto sockets = Open(loopback_, {}, 1);
  const auto again = net_.network().OpenListenSockets(sockets[0]->address(), {}, 1);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(MessageOf(again.status()),
            StrCat("cannot bind ", sockets[0]->address().ToString(), ": Address already in use"));
}

TEST_F(TcpNetworkTest, AnAddressThatIsNotHereIsAnErrorThatNamesIt) {
  const auto sockets = net_.network().OpenListenSockets(*Address::Parse("192.0.2.1:8080"), {}, 1);
  ASSERT_FALSE(sockets.ok());
  EXPECT_EQ(MessageOf(sockets.status()),
            "cannot bind 192.0.2.1:8080: Cannot assign requested address");
}

TEST_F(TcpNetworkTest, AnySocketTellsEachConnectionItsOwnAddress) {
  const auto sockets = Open(*Address::Parse("0.0.0.0:0"), {}, 1);
  RecordingAcceptor accepted(pool_);
  const auto acceptor = net_.network().Accept(*sockets[0], accepted, 100);
  const Address dialed = Address::Ip(*IpAddress::Parse("127.0.0.2"), sockets[0]->address().port());
  RecordingPeer client(pool_);
  client.Adopt(net_.network().Connect(dialed, {}));
  ASSERT_TRUE(net_.RunUntil([&] { return accepted.peers.size() == 1; }));
  EXPECT_EQ(accepted.peers[0]->stream->local_address(), dialed);
}

TEST_F(TcpNetworkTest, ConnectsFromTheSourceAsked) {
  const auto sockets = Open(loopback_, {}, 1);
  RecordingAcceptor accepted(pool_);
  const auto acceptor = net_.network().Accept(*sockets[0], accepted, 100);
  RecordingPeer client(pool_);
  client.Adopt(net_.network().Connect(sockets[0]->address(),
                                      {.source = {.address = *Address::Parse("127.0.0.9:0")},
                                       .keepalive = {.probes = 3, .idle_seconds = 10}}));
  ASSERT_TRUE(net_.RunUntil([&] { return accepted.peers.size() == 1; }));
  EXPECT_EQ(accepted.peers[0]->stream->remote_address().ip().ToString(), "127.0.0.9");
}

TEST_F(TcpNetworkTest, ASourceThatIsNotHereFailsFromTheLoop) {
  RecordingPeer client(pool_);
  client.Adopt(
      net_.network().Connect(loopback_, {.source = {.address = *Address::Parse("192.0.2.1:0")}}));
  EXPECT_EQ(client.failed, 0);
  ASSERT_TRUE(net_.RunUntil([&] { return client.failed == 1; }));
  EXPECT_EQ(client.failure, "immediate connect error: Cannot assign requested address");
}

int OptionOf(const ListenSocket& socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(static_cast<const TcpListenSocket&>(socket).fd(), level, name, &value, &size);
  return value;
}

std::string IntBytes(int value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

// What the kernel refuses shows that it was asked.
TEST_F(TcpNetworkTest, ConnectingSocketsGetTheirOptionsBeforeAndAfterTheyAreBound) {
  const auto sockets = Open(loopback_, {}, 1);
  const auto failure_of = [&](ConnectSource source) {
    RecordingPeer client(pool_);
    client.Adopt(net_.network().Connect(sockets[0]->address(), {.source = std::move(source)}));
    EXPECT_TRUE(net_.RunUntil([&] { return client.failed + client.connected == 1; }));
    return client.failure;
  };
  using When = SocketOption::When;
  const auto unknown = [](When when, SocketOption::For addresses) {
    return SocketOption{when, addresses, IPPROTO_TCP, 9999, IntBytes(1), "unknown"};
  };
  const std::string refused = "immediate connect error: Protocol not available";
  using For = SocketOption::For;
  EXPECT_EQ(failure_of({}), "");
  EXPECT_EQ(failure_of({.options = {unknown(When::kBeforeBind, For::kAll)}}), refused);
  EXPECT_EQ(failure_of({.options = {unknown(When::kBound, For::kIpv4)}}), refused);
  EXPECT_EQ(failure_of({.options = {unknown(When::kBound, For::kIpv6)}}), "");
  const Address nobodys = *Address::Parse("192.0.2.1:0");
  EXPECT_EQ(failure_of({.address = nobodys}),
            "immediate connect error: Cannot assign requested address");
  // Bound, and then refused after all: by an option.
  EXPECT_EQ(
      failure_of(
          {.address = nobodys, .freebind = true, .options = {unknown(When::kBound, For::kAll)}}),
      refused);
}

TEST_F(TcpNetworkTest, ListeningSocketsHaveTheOptionsThatWereAskedFor) {
  using When = SocketOption::When;
  ListenOptions options{.freebind = true, .fast_open_queue = 33, .keepalive = {.idle_seconds = 77}};
  options.more = {
      {.when = When::kBeforeBind, .level = SOL_SOCKET, .name = SO_PRIORITY, .value = IntBytes(3)},
      {.when = When::kListening,
       .level = IPPROTO_TCP,
       .name = TCP_DEFER_ACCEPT,
       .value = IntBytes(1)},
      {.addresses = SocketOption::For::kIpv6,
       .level = SOL_SOCKET,
       .name = -1,
       .value = IntBytes(1)}};
  // An address that this machine does not have (RFC 5737).
  const auto sockets = Open(*Address::Parse("192.0.2.1:0"), options, 2);
  for (const auto& socket : sockets) {
    EXPECT_EQ(OptionOf(*socket, IPPROTO_TCP, TCP_FASTOPEN), 33);
    EXPECT_EQ(OptionOf(*socket, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(OptionOf(*socket, IPPROTO_TCP, TCP_KEEPIDLE), 77);
    EXPECT_EQ(OptionOf(*socket, SOL_SOCKET, SO_PRIORITY), 3);
    EXPECT_GT(OptionOf(*socket, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  }
}

TEST_F(TcpNetworkTest, AnOptionThatTheKernelRefusesIsNamed) {
  ListenOptions options;
  options.more = {{.level = SOL_SOCKET, .name = 9999, .value = IntBytes(1), .description = "mine"}};
  for (const std::string& address : {std::string("127.0.0.1:0"), TemporaryPath("refused.sock")}) {
    const auto at = address[0] == '/' ? *Address::Unix(address) : *Address::Parse(address);
    const auto sockets = net_.network().OpenListenSockets(at, options, 1);
    ASSERT_FALSE(sockets.ok());
    EXPECT_EQ(MessageOf(sockets.status()),
              StrCat("cannot set the socket option \"mine\" (level 1, name 9999) of ", address,
                     ": Protocol not available"));
  }
}

TEST_F(TcpNetworkTest, AUnixSocketHasItsModeAndIsOneForAllWorkers) {
  const std::string path = TemporaryPath("mode.sock");
  const auto sockets = Open(*Address::Unix(path, 0622), {}, 2);
  EXPECT_EQ(sockets[0], sockets[1]);
  struct stat facts;
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0622u);
}

TEST_F(TcpNetworkTest, ASocketFileThatNobodyListensOnIsReplaced) {
  const Address address = *Address::Unix(TemporaryPath("stale.sock"));
  Open(address, {}, 1).clear();
  struct stat facts;
  ASSERT_EQ(stat(address.path().c_str(), &facts), 0) << "the file is gone";
  const auto alive = Open(address, {}, 1);
  const auto again = net_.network().OpenListenSockets(address, {}, 1);
  ASSERT_FALSE(again.ok()) << "took the path of one that listens";
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(TcpNetworkTest, AnOrdinaryFileIsNeverReplacedByASocket) {
  const std::string path = TemporaryPath("ordinary");
  FILE* file = std::fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fclose(file);
  EXPECT_FALSE(net_.network().OpenListenSockets(*Address::Unix(path), {}, 1).ok());
  EXPECT_EQ(access(path.c_str(), F_OK), 0);
}

TEST_F(TcpNetworkTest, AcceptsNoMoreThanItsShareInOneTurn) {
  const auto sockets = Open(loopback_, {}, 1);
  RecordingAcceptor accepted(pool_);
  std::vector<std::unique_ptr<RecordingPeer>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RecordingPeer>(pool_));
    clients.back()->Adopt(net_.network().Connect(sockets[0]->address(), {}));
    ASSERT_TRUE(net_.RunUntil([&] { return clients.back()->connected == 1; }));
  }
  const auto acceptor = net_.network().Accept(*sockets[0], accepted, 1);
  auto& loop = static_cast<event::EpollLoop&>(net_.loop());
  for (size_t turn = 1; turn <= 3; ++turn) {
    loop.RunOnce(std::chrono::milliseconds(0));
    EXPECT_EQ(accepted.peers.size(), turn);
  }
}

// Leaves no descriptor to the process while it lives.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = dup(0);
    close(next);
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(next);
    setrlimit(RLIMIT_NOFILE, &low);
  }
  ~NoDescriptorsLeft() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

TEST_F(TcpNetworkTest, OutOfDescriptorsItPausesAndGoesOnByItself) {
  const auto sockets = Open(loopback_, {}, 1);
  RecordingAcceptor accepted(pool_);
  const auto acceptor = net_.network().Accept(*sockets[0], accepted, 10);
  RecordingPeer client(pool_);
  client.Adopt(net_.network().Connect(sockets[0]->address(), {}));
  {
    const NoDescriptorsLeft none;
    ASSERT_TRUE(net_.RunUntil([&] { return !accepted.errors.empty(); }));
    EXPECT_EQ(accepted.errors[0], "Too many open files");
    const uint64_t turns = static_cast<event::EpollLoop&>(net_.loop()).turns();
    RecordingPeer late(pool_);
    late.Adopt(net_.network().Connect(sockets[0]->address(), {}));
    EXPECT_TRUE(net_.RunUntil([&] { return late.failed == 1; }));
    EXPECT_EQ(late.failure, "immediate connect error: Too many open files");
    EXPECT_LT(static_cast<event::EpollLoop&>(net_.loop()).turns(), turns + 10);
  }
  EXPECT_TRUE(net_.RunUntil([&] { return accepted.peers.size() == 1; }));
}

TEST_F(TcpNetworkTest, OneStreamMayCloseAnotherWhoseEventLiesInTheSameBatch) {
  const auto sockets = Open(loopback_, {}, 1);
  RecordingAcceptor accepted(pool_);
  const auto acceptor = net_.network().Accept(*sockets[0], accepted, 10);
  RecordingPeer clients[2] = {RecordingPeer(pool_), RecordingPeer(pool_)};
  for (RecordingPeer& client : clients) {
    client.Adopt(net_.network().Connect(sockets[0]->address(), {}));
  }
  ASSERT_TRUE(net_.RunUntil([&] { return accepted.peers.size() == 2; }));

  // Each end, told of its bytes, destroys the other.
  struct Destroyer final : ByteStreamHandler {
    explicit Destroyer(std::unique_ptr<RecordingPeer>& v) : victim(v) {}
    void OnConnected() override {}
    void OnReadable() override {
      ++told;
      victim.reset();
    }
    void OnWritable() override {}
    void OnFailed(std::string_view) override {}
    std::unique_ptr<RecordingPeer>& victim;
    int told = 0;
  };
  Destroyer first(accepted.peers[1]), second(accepted.peers[0]);
  accepted.peers[0]->stream->SetHandler(&first);
  accepted.peers[1]->stream->SetHandler(&second);
  clients[0].Send("x");
  clients[1].Send("x");
  net_.Settle();
  EXPECT_EQ(first.told + second.told, 1);
}

}  // namespace
}  // namespace weir::net
