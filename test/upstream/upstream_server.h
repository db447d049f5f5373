// An upstream in memory: the real server codecs on a listening socket of SimNetwork.
//
// Answers each request with its own name as body, unless it is told to hold its answers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/buffer/block_pool.h"
#include "source/http/codec.h"
#include "source/net/address.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"

namespace weir::upstream {

class UpstreamServer final : private net::AcceptHandler {
 public:
  enum class Speaks { kHttp1, kHttp2 };
  class Connection;

  UpstreamServer(fakes::SimLoop& loop, fakes::SimNetwork& network, buffer::BlockPool& blocks,
                 std::string_view address, Speaks speaks = Speaks::kHttp1);
  ~UpstreamServer();

  const net::Address& address() const { return address_; }
  // Requests are kept and not answered until AnswerAll.
  void Hold(bool hold) { hold_ = hold; }
  void AnswerAll();
  // The body of each answer; by default the address.
  void SetBody(std::string body) { body_ = std::move(body); }
  // For connections from now on.
  void SetSpeaks(Speaks speaks) { speaks_ = speaks; }
  // For connections from now on (HTTP/2).
  void SetMaxStreams(uint32_t streams) { max_streams_ = streams; }
  // Ends all connections in the usual way: FIN.
  void CloseAll();
  // Writes bytes to every connection, past the codec.
  void WriteRaw(std::string_view bytes);
  // GOAWAY, or the end after the answers in flight.
  void DrainAll();

  size_t open() const;
  size_t accepted() const { return accepted_; }
  size_t requests() const { return requests_; }
  size_t held() const;
  size_t resets() const { return resets_; }

 private:
  friend class Connection;
  void OnAccept(std::unique_ptr<net::ByteStream> stream) override;
  void OnAcceptError(std::string_view) override {}

  fakes::SimLoop& loop_;
  buffer::BlockPool& blocks_;
  const net::Address address_;
  Speaks speaks_;
  std::vector<std::shared_ptr<net::ListenSocket>> sockets_;
  std::unique_ptr<net::Acceptor> acceptor_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::string body_;
  bool hold_ = false;
  uint32_t max_streams_ = 1024;
  size_t accepted_ = 0;
  size_t requests_ = 0;
  size_t resets_ = 0;
};

}  // namespace weir::upstream
