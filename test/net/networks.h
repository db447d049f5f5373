// The networks that the contract tests run on: the kernel's TCP and UNIX sockets, and SimNetwork.
#pragma once

#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

#include "source/event/epoll_loop.h"
#include "source/net/tcp_network.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"

namespace weir::net {

class TestNetwork {
 public:
  virtual ~TestNetwork() = default;
  virtual event::Loop& loop() = 0;
  virtual Network& network() = 0;
  virtual Address ListenAddress() = 0;
  // Turns until `done` is true. False when that takes longer than anything here may.
  virtual bool RunUntil(const std::function<bool()>& done) = 0;
  // Turns until nothing is under way.
  virtual void Settle() = 0;
  virtual bool encrypted() const { return false; }
};

class KernelNetwork : public TestNetwork {
 public:
  event::Loop& loop() override { return *loop_; }
  Network& network() override { return network_; }
  Address ListenAddress() override { return *Address::Parse("127.0.0.1:0"); }
  bool RunUntil(const std::function<bool()>& done) override {
    for (int turns = 0; turns < 20'000; ++turns) {
      if (done()) return true;
      loop_->RunOnce(std::chrono::milliseconds(10));
    }
    return done();
  }
  void Settle() override {
    for (int turns = 0; turns < 20; ++turns) loop_->RunOnce(std::chrono::milliseconds(1));
  }

 private:
  event::SystemClock clock_;
  std::unique_ptr<event::EpollLoop> loop_ = *event::EpollLoop::Create(clock_);
  TcpNetwork network_{*loop_};
};

class KernelUnixNetwork final : public KernelNetwork {
 public:
  Address ListenAddress() override {
    static int number = 0;
    return *Address::Unix("@weir-test-" + std::to_string(getpid()) + "-" +
                          std::to_string(++number));
  }
};

class SimulatedNetwork : public TestNetwork {
 public:
  explicit SimulatedNetwork(fakes::SimNetworkOptions options = {}) : network_(loop_, options) {}
  event::Loop& loop() override { return loop_; }
  Network& network() override { return network_; }
  Address ListenAddress() override { return *Address::Parse("10.0.0.1:80"); }
  bool RunUntil(const std::function<bool()>& done) override { return loop_.RunUntilTrue(done); }
  void Settle() override { loop_.RunFor(std::chrono::seconds(1)); }
  fakes::SimLoop& sim_loop() { return loop_; }
  fakes::SimNetwork& sim() { return network_; }

 private:
  fakes::SimLoop loop_{7};
  fakes::SimNetwork network_;
};

class RoughSimulatedNetwork final : public SimulatedNetwork {
 public:
  RoughSimulatedNetwork()
      : SimulatedNetwork({.latency = std::chrono::milliseconds(3),
                          .jitter = std::chrono::milliseconds(5),
                          .window = 5000,
                          .chop = true}) {}
};

}  // namespace weir::net
