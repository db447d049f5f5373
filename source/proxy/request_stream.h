// One request and its response, from the codec's first event to the access log.
//
//   codec -> RequestStream -> FilterChain -> RouterFilter -> upstream
//   codec <- RequestStream <- FilterChain <- RouterFilter <- upstream
//
// The whole path of a request can be read in OnHeaders (in) and OnResponseHeaders (out). Owned by
// the Session; lives until the downstream codec and the router's try have both let go of it.
// Worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/http/codec.h"
#include "source/proxy/filter_chain.h"
#include "source/proxy/platform.h"
#include "source/proxy/request_context.h"
#include "source/proxy/router_filter.h"

namespace weir::proxy {

class RequestStream;

class RequestOwner {
 public:
  // The head of a response is about to be encoded: the connection may want it to be its last, and
  // has to when `last` says so.
  virtual void BeforeResponse(bool last) = 0;
  // The codec may give what it held back for a paused stream: Decode again at the end of the turn.
  virtual void OnReadResumed() = 0;
  // The route table of the chain in a pinned generation; null when there is none.
  virtual const router::RouteIndex* RoutesOf(const generation::WorkerGeneration::Pin& pin) = 0;
  // Nobody knows `stream` any more; it is to be destroyed.
  virtual void OnRequestDone(RequestStream& stream) = 0;

 protected:
  ~RequestOwner() = default;
};

class RequestStream final : public event::DeferredDeletable,
                            public IntrusiveNode<>,
                            public http::ServerStreamHandler,
                            private FilterChainOwner,
                            private RouterHost {
 public:
  RequestStream(const RequestContext& context, RequestOwner& owner, http::ServerStream& stream);
  RequestStream(const RequestStream&) = delete;
  RequestStream& operator=(const RequestStream&) = delete;
  ~RequestStream() override;
  // From the worker's pool: a request in steady state calls no allocator.
  static void* operator new(size_t size, Recycler& recycler) { return recycler.Allocate(size); }
  static void operator delete(void* memory) { Recycler::Free(memory); }

  const stream_info::StreamInfo& stream_info() const { return info_; }
  bool response_started() const { return response_ != ResponseState::kNone; }
  // What it holds, but for what its connection has read and encoded.
  void AddHeld(buffer::Ledger& ledger);
  // Gives it up for the memory that it holds (flag OM).
  void Shed();

  // http::ServerStreamHandler
  http::RequestHead& request_head() override { return memory_->request; }
  void OnHeaders(bool end) override;
  bool is_young() const override;
  std::string_view OnRefused(const http::StreamError& error, http::ResponseHead& head,
                             std::string_view body) override;
  void OnBody(buffer::Buffer& data, bool end) override;
  void OnTrailers(http::HeaderMap& trailers) override;
  void OnReset(const http::StreamError& error) override;
  void OnBackpressure(bool blocked) override;
  void OnStreamClosed() override;

 private:
  enum class RequestState : uint8_t { kHead, kBody, kEnded };
  // kSent: all that comes through a tunnel was encoded, and the client's side goes on.
  enum class ResponseState : uint8_t { kNone, kStarted, kSent, kEnded, kReset };
  enum class TunnelState : uint8_t { kNone, kAdmitted, kGranted };

  // FilterChainOwner
  http::RequestHead& request() override { return memory_->request; }
  http::ResponseHead& response() override { return memory_->response; }
  stream_info::StreamInfo& info() override { return info_; }
  void OnRouteOutdated(size_t at) override;
  void OnLocalReply(const filter::LocalReply& reply) override { Answer(reply); }
  void OnHoldLimit(filter::Direction direction, bool reached) override;
  void OnRequestHeaders(bool end) override { router_.OnRequestHeaders(end); }
  void OnRequestBody(buffer::Buffer& data, bool end) override { router_.OnRequestBody(data, end); }
  void OnRequestTrailers(http::HeaderMap& trailers) override {
    router_.OnRequestTrailers(trailers);
  }
  void OnResponseHeaders(bool end) override;
  void OnResponseBody(buffer::Buffer& data, bool end) override;
  void OnResponseTrailers(http::HeaderMap& trailers) override;

  // RouterHost
  void SendInformational() override;
  void Fail(const http::StreamError& error) override;
  void Answer(const filter::LocalReply& reply) override;
  void PauseRequest(bool paused) override;
  void Restart(buffer::Buffer& body) override;
  void OnRouterIdle() override;

  void AnswerExpectation();
  // From the `place`-th of those that are configured on.
  void CreateFilters(size_t place = 0);
  void ApplyRouteTimeouts();
  bool ShedAtOnce();  // True when it was answered 503 for want of resources.
  void TunnelGranted();
  // For a request that asks for a tunnel: the filters that it passes, where its type has its own.
  void UseFiltersOfUpgrade();
  // And whether the configuration lets it; answered when not.
  bool AdmitTunnel();
  void ShowPathToFilters();
  bool Accept();  // Checks and prepares the head; false when it was answered.
  void Refuse(uint16_t status, std::string_view details);
  void RequestEnded();
  void ResponseEnded();
  void ResetDownstream(const http::StreamError& error);
  void GiveUp();
  void AwaitFlush();
  void OnIdleTimeout();
  void OnFlushTimeout();
  void OnRequestTimeout();
  void OnMaxDuration();
  void Progress();
  void Log();
  void LogBeginning();
  void WriteLogs(format::LogType type);
  void MaybeDone();

  const RequestContext& context_;
  RequestOwner& owner_;
  const Platform& platform_;
  HttpStats& stats_;
  const config::HttpConnectionManager& config_;
  http::ServerStream* stream_;  // Null once the codec has let go.
  std::unique_ptr<RequestMemory> memory_;
  stream_info::StreamInfo info_;
  generation::WorkerGeneration::Pin generation_;
  generation::WorkerGeneration::Part kept_;  // Of a tunnel: the route table.
  const router::RouteIndex* routes_ = nullptr;
  RequestState request_ = RequestState::kHead;
  ResponseState response_ = ResponseState::kNone;
  TunnelState tunnel_ = TunnelState::kNone;
  bool continue_sent_ = false;
  bool refused_ = false;  // What the client sent is not to be trusted.
  bool logged_ = false;
  bool done_ = false;
  uint32_t request_pauses_ = 0;
  const generation::HttpFilters* filters_;
  FilterChain chain_;
  RouterFilter router_;
  event::Duration idle_timeout_;  // 0: none.
  event::MonotonicTime progress_at_;
  size_t unsent_ = 0;  // Of the whole answer, when it was last looked at.
  event::Timer idle_;  // Left armed over progress: it looks at progress_at_ when it fires.
  event::Timer request_timeout_;
  event::Timer max_duration_;
  std::optional<event::Timer> log_timer_;  // access_log_flush_interval
};

}  // namespace weir::proxy
