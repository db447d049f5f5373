// Resolver over c-ares, on an EpollLoop: its sockets are watched by the loop, its timeouts are the
// loop's.
//
// IP literals and "localhost" (RFC 6761, 6.3) are answered without a query. Names above 255 bytes
// and labels above 63 are refused here. A channel that failed (the servers of resolv.conf may have
// changed) is made anew before the next query, once none waits. Loop's thread; queries may outlive
// the resolver, and then say nothing any more.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "source/event/epoll_loop.h"
#include "source/net/resolver.h"

struct ares_channeldata;

namespace weir::net {

struct AresOptions {
  std::vector<Address> servers;          // Empty: those of /etc/resolv.conf.
  std::chrono::milliseconds timeout{0};  // Of one try; 0: c-ares' own (5 s).
  int tries = 0;                         // 0: c-ares' own (4).
};

class AresResolver final : public Resolver {
 public:
  static absl::StatusOr<std::unique_ptr<AresResolver>> Create(event::EpollLoop& loop,
                                                              const AresOptions& options);
  AresResolver(const AresResolver&) = delete;
  AresResolver& operator=(const AresResolver&) = delete;
  ~AresResolver() override;

  std::unique_ptr<DnsQuery> Resolve(
      std::string_view name, DnsFamily family,
      std::function<void(absl::StatusOr<ResolvedAddresses>)> done) override;

 private:
  class Query;
  class Socket;
  struct Asked;

  AresResolver(event::EpollLoop& loop, const AresOptions& options);

  absl::Status OpenChannel();
  void CloseChannel();
  void Ask(const std::string& name, DnsFamily family, const std::shared_ptr<Asked>& asked);
  // After each call into c-ares: when it wants to be called again.
  void ArmTimeout();
  void OnSocketState(int fd, bool readable, bool writable);
  void OnSocketEvents(int fd, uint32_t events);

  event::EpollLoop& loop_;
  const AresOptions options_;
  ares_channeldata* channel_ = nullptr;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  size_t asked_ = 0;     // Queries that c-ares has not answered.
  bool broken_ = false;  // The servers did not answer.
  event::Timer timeout_;
};

}  // namespace weir::net
