#include "source/proxy/shadow_request.h"

#include <utility>

namespace weir::proxy {

using http::ErrorKind;
using http::Side;

ShadowRequest::ShadowRequest(event::Loop& loop, RequestMemoryPool& memory, size_t buffer_limit)
    : pool_(memory),
      buffer_limit_(buffer_limit),
      memory_(memory.Take()),
      attempt_(loop, memory_->arena.pool(), *this, memory_->response),
      timeout_(loop, [this] { Abort(); }) {}

ShadowRequest::~ShadowRequest() {
  trailers_.reset();
  pool_.Return(std::move(memory_));
}

void ShadowRequest::CopyHead(const http::RequestHead& from) {
  buffer::Arena& arena = memory_->arena;
  http::RequestHead& to = memory_->request;
  to.method = arena.Copy(from.method);
  to.scheme = arena.Copy(from.scheme);
  to.authority = arena.Copy(from.authority);
  to.path = arena.Copy(from.path);
  to.framing = from.framing;
  to.version = from.version;
  to.headers.CopyFrom(from.headers);
}

void ShadowRequest::Start(upstream::Cluster& cluster, const upstream::StreamOptions& options,
                          event::Duration timeout, bool end) {
  ended_ = end;
  if (timeout.count() > 0) timeout_.Enable(timeout);
  switch (attempt_.Start(cluster, options)) {
    case upstream::Start::kReady:
      Send();
      return;
    case upstream::Start::kPending:
      return;
    case upstream::Start::kFailed:
      Finish();
      return;
  }
}

void ShadowRequest::Body(const buffer::Buffer& data, bool end) {
  if (over_) return;
  if (attempt_.waiting().size() + data.size() > buffer_limit_) return Abort();
  attempt_.waiting().AppendShared(data);
  ended_ = end;
  Send();
}

void ShadowRequest::Trailers(const http::HeaderMap& trailers) {
  if (over_) return;
  trailers_ = std::make_unique<http::HeaderMap>(memory_->arena);
  trailers_->CopyFrom(trailers);
  ended_ = true;
  Send();
}

void ShadowRequest::Send() { attempt_.Send(memory_->request, ended_, trailers_.get()); }

void ShadowRequest::Abort() {
  if (over_) return;
  attempt_.Reset({ErrorKind::kLocalReset, Side::kUpstream, false, "shadow"});
  Finish();
}

void ShadowRequest::OnAttemptHeaders(UpstreamAttempt&, bool end) {
  if (end) Finish();
}

void ShadowRequest::OnAttemptBody(UpstreamAttempt&, buffer::Buffer& data, bool end) {
  data.Clear();
  if (end) Finish();
}

void ShadowRequest::OnAttemptTrailers(UpstreamAttempt&, http::HeaderMap&) { Finish(); }

void ShadowRequest::OnAttemptError(UpstreamAttempt&, const http::StreamError&) { Finish(); }

void ShadowRequest::OnAttemptIdle(UpstreamAttempt&) {
  if (finished() && keeper_ != nullptr) keeper_->OnFinished(*this);
}

// The stream itself may still be known to its codec: OnAttemptIdle says when it is not.
void ShadowRequest::Finish() {
  over_ = true;
  timeout_.Disable();
  // An answer before the end of the request: the rest is not sent.
  if (!attempt_.end_sent()) {
    attempt_.Reset({ErrorKind::kLocalReset, Side::kUpstream, false, "early_response"});
  }
  if (finished() && keeper_ != nullptr) keeper_->OnFinished(*this);
}

std::string_view ShadowAuthority(std::string_view authority, buffer::Arena& arena) {
  const size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  const size_t end = has_port ? colon : authority.size();
  return arena.Concat({authority.substr(0, end), "-shadow", authority.substr(end)});
}

void ShadowRequests::Adopt(std::unique_ptr<ShadowRequest> shadow) {
  if (!shadow->ended() || ending_) shadow->Abort();
  if (shadow->finished()) {
    loop_.DeferDelete(std::move(shadow));
    return;
  }
  shadow->keeper_ = this;
  shadow->place_ = shadows_.size();
  shadows_.push_back(std::move(shadow));
}

void ShadowRequests::AbortAll() {
  ending_ = true;
  // Those that finish at once leave the list.
  for (size_t i = shadows_.size(); i-- > 0;) {
    if (i < shadows_.size()) shadows_[i]->Abort();
  }
}

void ShadowRequests::OnFinished(ShadowRequest& shadow) {
  const size_t place = shadow.place_;
  std::swap(shadows_[place], shadows_.back());
  shadows_[place]->place_ = place;
  loop_.DeferDelete(std::move(shadows_.back()));
  shadows_.pop_back();
}

}  // namespace weir::proxy
