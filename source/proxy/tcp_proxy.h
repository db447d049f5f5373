// A TCP connection passed through: bytes both ways between a client and a host of a cluster.
//
//   client stream -> to_upstream_ -> upstream stream
//   client stream <- to_client_   <- upstream stream
//
// Each direction ends by itself (half-close); the connection is over when both have ended, either
// side failed or nothing moved for idle_timeout. Reading stops while the other side is full. Owned
// by the worker's connection; pins the filter chain alone, no generation. Worker's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "source/base/backoff.h"
#include "source/event/loop.h"
#include "source/net/byte_stream.h"
#include "source/proxy/platform.h"
#include "source/proxy/session.h"

namespace weir::proxy {

class TcpProxy final : public net::ByteStreamHandler, public upstream::TcpRequestHandler {
 public:
  // `config.chain` ends with a TcpProxy.
  TcpProxy(const Platform& platform, SessionConfig config, std::unique_ptr<net::ByteStream> stream,
           stream_info::ConnectionInfo& connection, SessionOwner& owner);
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;
  ~TcpProxy();

  void Start(buffer::Buffer initial);
  // Its listener drains: see check_drain_close.
  void Drain() { draining_ = true; }
  // Ends both sides.
  void Close();
  const generation::Chain& chain() const { return config_.chain; }
  void AddHeld(buffer::Ledger& ledger) const {
    ledger.Add(buffer::LedgerKind::kOutput, to_upstream_.bytes.size() + to_client_.bytes.size());
  }

 private:
  // The upstream half's events.
  class UpstreamSide final : public net::ByteStreamHandler {
   public:
    explicit UpstreamSide(TcpProxy& proxy) : proxy_(proxy) {}
    void OnConnected() override {}
    void OnReadable() override { proxy_.MoveToClient(); }
    void OnWritable() override { proxy_.MoveToUpstream(); }
    void OnFailed(std::string_view) override { proxy_.End(true); }

   private:
    TcpProxy& proxy_;
  };
  // One direction's progress.
  struct Flow {
    explicit Flow(buffer::BlockPool& blocks) : bytes(blocks) {}
    buffer::Buffer bytes;
    bool source_ended = false;
    bool ended = false;  // The end was passed on.
    bool paused = false;
  };

  // net::ByteStreamHandler, of the client's side
  void OnConnected() override {}
  void OnReadable() override { MoveToUpstream(); }
  void OnWritable() override { MoveToClient(); }
  void OnFailed(std::string_view) override { End(true); }
  // upstream::TcpRequestHandler
  void OnTcpReady() override;
  void OnTcpFailed(const http::StreamError& error) override;

  // The next attempt to connect.
  void Connect();
  void ConnectLater();
  void MoveToUpstream();
  void MoveToClient();
  uint64_t Move(net::ByteStream& from, net::ByteStream* to, Flow& flow);
  // Whether so much waits that nothing more is read.
  bool UpdatePause(Flow& flow);
  bool Read(net::ByteStream& from, Flow& flow, uint64_t& total);
  void Write(net::ByteStream& to, Flow& flow);
  void CheckDrain(uint64_t moved);
  void Progress();
  void End(bool reset);
  void OnMaxDuration();
  // Arms `timer`, made where there is none: few connections need it.
  void After(event::Duration wait, std::unique_ptr<event::Timer>& timer, void (TcpProxy::*then)());
  void LogPeriodically();
  void Log(format::LogType type);

  const Platform& platform_;
  const SessionConfig config_;
  std::unique_ptr<net::ByteStream> client_;
  SessionOwner& owner_;
  TcpStats& stats_;
  stream_info::StreamInfo info_;
  UpstreamSide upstream_side_;
  std::unique_ptr<upstream::TcpConnection> upstream_;
  bool connected_ = false;
  bool draining_ = false;
  bool closing_ = false;  // Nothing is read any more.
  bool ended_ = false;
  uint32_t attempts_ = 0;
  std::string transport_failure_;  // Of the last attempt; empty: none.
  Flow to_upstream_;
  Flow to_client_;
  event::Timer idle_;
  std::unique_ptr<event::Timer> max_duration_, log_interval_, next_attempt_;  // Null: no use yet.
  Backoff back_off_;
  event::TurnEndTask notify_end_;
};

}  // namespace weir::proxy
