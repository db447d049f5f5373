// Listening sockets on their way out: with handshakes that the test holds, and over the kernel's
// sockets while clients do nothing but connect.
#include "source/server/closing_sockets.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "source/base/owned_fd.h"
#include "source/server/listen_sockets.h"
#include "test/fakes/sim_loop.h"
#include "test/net/networks.h"
#include "test/net/recording_peer.h"

namespace weir::server {
namespace {

using std::chrono::milliseconds;

// --- With handshakes that the test holds

struct Handshakes {
  bool under_way = false;
  int accepts = 0;
  bool open = true;
};

class HeldSocket final : public net::ListenSocket {
 public:
  explicit HeldSocket(Handshakes& handshakes) : handshakes_(handshakes) {}
  ~HeldSocket() override { handshakes_.open = false; }
  const net::Address& address() const override { return address_; }
  void SetBacklog(int) override {}
  void Refuse() override {}
  bool TakeAgain() override { return true; }
  bool AwaitsHandshakes() const override { return handshakes_.under_way; }

 private:
  const net::Address address_ = *net::Address::Parse("10.0.0.1:80");
  Handshakes& handshakes_;
};

class CountingAcceptor final : public net::Acceptor {
 public:
  explicit CountingAcceptor(Handshakes& handshakes) : handshakes_(handshakes) {}
  void AcceptQueued() override { ++handshakes_.accepts; }

 private:
  Handshakes& handshakes_;
};

class ClosingSocketsTest : public testing::Test {
 protected:
  void Add() {
    closing_.Add(std::make_shared<HeldSocket>(handshakes_),
                 std::make_unique<CountingAcceptor>(handshakes_));
  }

  fakes::SimLoop loop_{1};
  Handshakes handshakes_;
  int emptied_ = 0;
  ClosingSockets closing_{loop_, [this] { ++emptied_; }};
};

TEST_F(ClosingSocketsTest, WithoutAHandshakeTheQueueIsAcceptedAndTheSocketClosedAtOnce) {
  Add();
  EXPECT_TRUE(closing_.empty());
  EXPECT_FALSE(handshakes_.open);
  EXPECT_EQ(handshakes_.accepts, 1);
  loop_.RunFor(ClosingSockets::kHandshakeTime);
  EXPECT_EQ(emptied_, 0) << "nobody waits";
}

TEST_F(ClosingSocketsTest, AHandshakeUnderWayIsWaitedForAndAccepted) {
  handshakes_.under_way = true;
  Add();
  loop_.RunFor(milliseconds(900));
  EXPECT_TRUE(handshakes_.open);
  handshakes_.under_way = false;
  const int before = handshakes_.accepts;
  loop_.RunFor(milliseconds(250));
  EXPECT_EQ(handshakes_.accepts, before + 1);
  EXPECT_FALSE(handshakes_.open);
  EXPECT_EQ(emptied_, 1);
}

TEST_F(ClosingSocketsTest, AHandshakeThatNeverEndsIsGivenUp) {
  handshakes_.under_way = true;
  Add();
  loop_.RunFor(ClosingSockets::kHandshakeTime - milliseconds(1));
  EXPECT_TRUE(handshakes_.open);
  loop_.RunFor(milliseconds(250));
  EXPECT_FALSE(handshakes_.open);
  EXPECT_LE(handshakes_.accepts, 20) << "each check is a search in the kernel";
}

TEST_F(ClosingSocketsTest, AtTheEndOfADrainAllAreClosed) {
  handshakes_.under_way = true;
  Add();
  closing_.CloseAll();
  EXPECT_FALSE(handshakes_.open);
}

// --- Over the kernel's sockets

// Connects again and again, on a thread of its own, and counts what becomes of it. Who is connected
// is sent a byte: without it the connection was lost.
class Hammer {
 public:
  explicit Hammer(net::Address address)
      : address_(std::move(address)), thread_([this] { Run(); }) {}
  ~Hammer() { Stop(); }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int served() const { return served_; }
  int lost() const { return lost_; }

 private:
  void Run() {
    while (!stop_) ConnectOnce();
  }
  void ConnectOnce() {
    const OwnedFd fd(socket(address_.is_ip() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // A SYN that was dropped is sent again after a second only: who has no answer gives up.
    Set(fd.get(), SO_SNDTIMEO, timeval{.tv_sec = 0, .tv_usec = 5000});
    Set(fd.get(), SO_RCVTIMEO, timeval{.tv_sec = 20, .tv_usec = 0});
    Set(fd.get(), SO_LINGER, linger{.l_onoff = 1, .l_linger = 0});  // No TIME_WAIT.
    sockaddr_storage storage;
    const socklen_t length = address_.ToSockaddr(storage);
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0) return;
    char byte = 0;
    (recv(fd.get(), &byte, 1, 0) == 1 && byte == 'k') ? ++served_ : ++lost_;
  }
  template <typename Value>
  static void Set(int fd, int option, const Value& value) {
    setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
  }

  const net::Address address_;
  std::atomic<bool> stop_{false};
  std::atomic<int> served_{0};
  std::atomic<int> lost_{0};
  std::thread thread_;
};

class KernelSocketsTest : public testing::TestWithParam<const char*> {
 protected:
  static constexpr int kRounds = 100;
  static constexpr size_t kWorkers = 2;

  // Sends a byte to whoever comes.
  class Greeter final : public net::AcceptHandler {
   public:
    void OnAccept(std::unique_ptr<net::ByteStream> stream) override {
      peers.push_back(std::make_unique<net::RecordingPeer>(pool));
      peers.back()->Adopt(std::move(stream));
      peers.back()->Send("k");
    }
    void OnAcceptError(std::string_view reason) override { ADD_FAILURE() << reason; }

    buffer::BlockPool pool;
    std::vector<std::unique_ptr<net::RecordingPeer>> peers;
  };

  ~KernelSocketsTest() override { std::filesystem::remove_all(directory_); }

  // A free port of the kernel's, which it gives to nobody else soon.
  net::Address FreePort() {
    return (*net_.network().OpenListenSockets(*net::Address::Parse("127.0.0.1:0"), {}, 1))
        .front()
        ->address();
  }
  config::Listener Listener() {
    config::Listener listener;
    listener.name = "hammered";
    const std::string kind = GetParam();
    listener.address = kind == "unix" ? *net::Address::Unix(directory_ + "/s") : FreePort();
    listener.socket.reuse_port = kind != "shared";
    return listener;
  }
  // Listens until some were accepted, and is removed.
  void Round(const config::Listener& listener) {
    auto group = sockets_.Get(listener)->front();
    std::vector<std::pair<std::shared_ptr<net::ListenSocket>, std::unique_ptr<net::Acceptor>>> used;
    for (size_t worker = 0; worker < kWorkers; ++worker) {
      const auto& socket = group->ForWorker(worker);
      used.emplace_back(socket, net_.network().Accept(*socket, greeter_, 4));
    }
    ASSERT_TRUE(net_.RunUntil([&] { return greeter_.peers.size() >= 8; }));
    group = nullptr;
    for (auto& [socket, acceptor] : used) closing_.Add(std::move(socket), std::move(acceptor));
    ASSERT_TRUE(net_.RunUntil([&] { return closing_.empty(); }));
    greeter_.peers.clear();
  }

  static std::string MakeDirectory() {
    char name[] = "/tmp/weir_closing_XXXXXX";
    return mkdtemp(name);
  }
  const std::string directory_ = MakeDirectory();
  net::KernelNetwork net_;
  Greeter greeter_;
  ListenSockets sockets_{net_.network(), kWorkers};
  ClosingSockets closing_{net_.loop(), [] {}};
};

TEST_P(KernelSocketsTest, RemovingAnAddressLosesNobodyWhoIsConnected) {
  const config::Listener listener = Listener();
  Hammer first(listener.address), second(listener.address), third(listener.address);
  for (int round = 0; round < kRounds && !HasFatalFailure(); ++round) Round(listener);
  int served = 0;
  for (Hammer* hammer : {&first, &second, &third}) {
    hammer->Stop();
    served += hammer->served();
    EXPECT_EQ(hammer->lost(), 0);
  }
  EXPECT_GE(served, kRounds);
}

INSTANTIATE_TEST_SUITE_P(Kinds, KernelSocketsTest, testing::Values("reuse_port", "shared", "unix"),
                         [](const auto& kind) { return std::string(kind.param); });

// A client that has been answered and whose last acknowledgement is still to come.
class HalfOpen {
 public:
  explicit HalfOpen(const net::Address& address)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog all{1, &drop};
    setsockopt(fd_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof(all));
    sockaddr_storage storage;
    const socklen_t length = address.ToSockaddr(storage);
    EXPECT_NE(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&storage), length), 0);
    EXPECT_EQ(errno, EINPROGRESS);
  }
  // It hears what is sent to it again.
  void Listen() {
    const int unused = 0;
    setsockopt(fd_.get(), SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
  }

 private:
  const OwnedFd fd_;
};

TEST_F(KernelSocketsTest, AHandshakeThatTheNetworkDelaysIsAcceptedBeforeTheEnd) {
  config::Listener listener;
  listener.address = FreePort();
  ListenSockets sockets(net_.network(), 1);
  auto group = sockets.Get(listener)->front();
  std::shared_ptr<net::ListenSocket> socket = group->ForWorker(0);
  auto acceptor = net_.network().Accept(*socket, greeter_, 4);
  HalfOpen client(listener.address);
  EXPECT_FALSE(socket->AwaitsHandshakes()) << "it does not refuse";
  group = nullptr;
  EXPECT_TRUE(socket->AwaitsHandshakes());
  closing_.Add(std::move(socket), std::move(acceptor));
  EXPECT_FALSE(closing_.empty());
  client.Listen();
  EXPECT_TRUE(net_.RunUntil([&] { return closing_.empty(); }));
  EXPECT_EQ(greeter_.peers.size(), 1u);
}

}  // namespace
}  // namespace weir::server
