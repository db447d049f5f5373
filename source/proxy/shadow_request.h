// Copies of requests for request_mirror_policies: sent to another cluster, and nobody waits for the
// answer, which is read to its end and dropped.
//
// A copy has memory and a timeout of its own. It is owned by the router of its request while that
// feeds it, afterwards by the worker's ShadowRequests, until its answer is complete or it failed.
// Worker's thread.
#pragma once

#include <memory>
#include <vector>

#include "source/event/loop.h"
#include "source/proxy/request_memory.h"
#include "source/proxy/upstream_attempt.h"
#include "source/upstream/cluster_map.h"

namespace weir::proxy {

class ShadowRequests;

class ShadowRequest final : public event::DeferredDeletable, private AttemptHandler {
 public:
  ShadowRequest(event::Loop& loop, RequestMemoryPool& memory, size_t buffer_limit);
  ShadowRequest(const ShadowRequest&) = delete;
  ShadowRequest& operator=(const ShadowRequest&) = delete;
  ~ShadowRequest() override;

  // The head of the copy, to be filled and changed before Start.
  void CopyHead(const http::RequestHead& from);
  http::RequestHead& head() { return memory_->request; }
  // `timeout`: from now to the end of the answer; 0: none.
  void Start(upstream::Cluster& cluster, const upstream::StreamOptions& options,
             event::Duration timeout, bool end);
  // What follows the head. A copy that its upstream takes too slowly is given up.
  void Body(const buffer::Buffer& data, bool end);
  void Trailers(const http::HeaderMap& trailers);
  void Abort();

  // No codec knows it, and nothing more is to come.
  bool finished() const { return over_ && attempt_.state() == UpstreamAttempt::State::kIdle; }
  bool ended() const { return ended_; }

 private:
  friend class ShadowRequests;

  void Send();

  void OnAttemptReady(UpstreamAttempt&) override { Send(); }
  void OnAttemptInformational(UpstreamAttempt&) override {}
  void OnAttemptHeaders(UpstreamAttempt&, bool end) override;
  void OnAttemptBody(UpstreamAttempt&, buffer::Buffer& data, bool end) override;
  void OnAttemptTrailers(UpstreamAttempt&, http::HeaderMap& trailers) override;
  void OnAttemptError(UpstreamAttempt&, const http::StreamError& error) override;
  void OnAttemptBackpressure(UpstreamAttempt&, bool) override {}
  void OnAttemptIdle(UpstreamAttempt&) override;
  void Finish();

  RequestMemoryPool& pool_;
  const size_t buffer_limit_;
  std::unique_ptr<RequestMemory> memory_;
  UpstreamAttempt attempt_;
  std::unique_ptr<http::HeaderMap> trailers_;
  event::Timer timeout_;
  bool ended_ = false;                // The request's end was given.
  bool over_ = false;                 // The answer came whole, or the copy was given up.
  ShadowRequests* keeper_ = nullptr;  // Once the request has let go of it.
  size_t place_ = 0;
};

// "host-shadow:port", as Envoy names the copy's host; in `arena`.
std::string_view ShadowAuthority(std::string_view authority, buffer::Arena& arena);

// The copies of one worker whose requests are over.
class ShadowRequests {
 public:
  explicit ShadowRequests(event::Loop& loop) : loop_(loop) {}
  ShadowRequests(const ShadowRequests&) = delete;
  ShadowRequests& operator=(const ShadowRequests&) = delete;

  // Takes over a copy. One whose request did not come to its end is aborted.
  void Adopt(std::unique_ptr<ShadowRequest> shadow);
  // Those it has and those that are still to come: the worker ends.
  void AbortAll();
  size_t size() const { return shadows_.size(); }

 private:
  friend class ShadowRequest;
  void OnFinished(ShadowRequest& shadow);

  event::Loop& loop_;
  bool ending_ = false;
  std::vector<std::unique_ptr<ShadowRequest>> shadows_;
};

}  // namespace weir::proxy
