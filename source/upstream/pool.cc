#include "source/upstream/pool.h"

#include <utility>

#include "source/base/check.h"
#include "source/upstream/deferred.h"

namespace weir::upstream {

Pool::Pool(PoolContext& context, HostRef host, uint8_t index,
           std::shared_ptr<const ConnectionSettings> settings, std::shared_ptr<SharedLimit> to_host,
           Keyed keyed)
    : context_(context),
      host_(std::move(host)),
      settings_(std::move(settings)),
      index_(index),
      keyed_(std::move(keyed)),
      multiplexes_(kind() == Kind::kHttp2 || kind() == Kind::kNegotiated),
      pending_(context) {
  if (to_host == nullptr) return;
  to_host_ = std::make_unique<HostLease>(std::move(to_host));
  to_host_->alive = std::make_shared<Pool*>(this);
  to_host_->lease.SetWake([loop = &context_.loop, alive = std::weak_ptr<Pool*>(to_host_->alive)] {
    loop->Post([alive] {
      if (const auto pool = alive.lock()) (*pool)->OnHostWake();
    });
  });
}

Pool::~Pool() {
  for (ConnectionList* list : {&ready_, &full_, &connecting_, &draining_}) {
    while (PoolConnection* connection = list->front()) {
      ConnectionList::Remove(*connection);
      delete connection;
    }
  }
  if (to_host_ != nullptr && to_host_->lease.waiting()) --context_.pools_awaiting_hosts;
}

Start Pool::StartStream(StreamRequest& request) {
  if (PoolConnection* connection = FindReady()) {
    if (!context_.leases.requests.TryTake()) {
      Overflow(request);
      return Start::kFailed;
    }
    Attach(*connection, request);
    return Start::kReady;
  }
  if (!pending_.Push(request)) {
    Overflow(request);
    return Start::kFailed;
  }
  OpenConnections();
  return Start::kPending;
}

void Pool::Overflow(StreamRequest& request) {
  context_.stats.upstream_rq_pending_overflow.Inc();
  request.error_ = {.kind = http::ErrorKind::kOverflow,
                    .side = http::Side::kUpstream,
                    .unprocessed = true,
                    .detail = "overflow"};
}

void Pool::Attach(PoolConnection& connection, StreamRequest& request) {
  request.stream_ = &connection.OpenStream(request.response_);
  connection.Describe(request.connection_);
  Place(connection);
}

void Pool::OpenConnections() {
  while (pending_.size() > connecting_.size() * capacity()) {
    if (!OpenConnection()) return;
  }
}

PoolConnection* Pool::FindReady() {
  while (PoolConnection* connection = ready_.front()) {
    if (connection->CanTake()) return connection;
    Place(*connection);
  }
  return nullptr;
}

bool Pool::OpenConnection() {
  if (!TakeOfHost()) return false;
  if (!TakeOfCluster()) {
    if (to_host_ != nullptr) to_host_->lease.Give();
    return false;
  }
  auto connection = std::make_unique<PoolConnection>(context_, *this, settings_);
  connecting_.PutFirst(*connection.release());
  return true;
}

bool Pool::TakeOfHost() {
  if (to_host_ == nullptr || to_host_->lease.TryTake()) return true;
  context_.stats.upstream_cx_overflow.Inc();
  if (connections() > 0) return false;
  const bool waited = to_host_->lease.waiting();
  const bool taken = to_host_->lease.TakeOrAwait();
  if (!waited && to_host_->lease.waiting()) ++context_.pools_awaiting_hosts;
  return taken;
}

bool Pool::TakeOfCluster() {
  Lease& lease = context_.leases.connections;
  if (lease.TryTake()) return true;
  context_.stats.upstream_cx_overflow.Inc();
  const bool closed_one = context_.owner.CloseIdleElsewhere(*this);
  if (!closed_one && connections() > 0) return false;
  return lease.TakeOrAwait();
}

void Pool::GiveConnectionBack() {
  context_.leases.connections.Give();
  if (to_host_ != nullptr) to_host_->lease.Give();
}

void Pool::OnHostWake() {
  if (to_host_->lease.WantedElsewhere()) CloseOneIdle();
  if (!to_host_->lease.waiting()) return;
  if (starving()) OpenConnections();
  StopAwaitingHost();
}

void Pool::StopAwaitingHost() {
  if (to_host_ == nullptr || !to_host_->lease.waiting() || starving()) return;
  to_host_->lease.StopWaiting();
  --context_.pools_awaiting_hosts;
}

bool Pool::host_wanted() const {
  return to_host_ != nullptr && (to_host_->lease.waiting() || to_host_->lease.WantedElsewhere());
}

void Pool::OnOpen(PoolConnection& connection) {
  multiplexes_ = connection.protocol() == http::Protocol::kHttp2;
  Place(connection);
  ServePending();
  // It takes fewer than it was opened for.
  if (!pending_.empty()) OpenConnections();
  OnChange(connection);
}

void Pool::OnChange(PoolConnection& connection) {
  if (connection.state() == PoolConnection::State::kClosed) return;
  if (connection.Settle()) context_.owner.OnLessUse();
  Place(connection);
  ServePending();
  const bool shared = connection.protocol() == http::Protocol::kHttp2;
  if (shared && !pending_.empty()) OpenConnections();
  if (connection.state() == PoolConnection::State::kClosed || connection.active_streams() > 0)
    return;
  // Idle. Somebody may need the lease more, here or on another worker.
  const Lease& lease = context_.leases.connections;
  const bool spare = closes_idle_ || lease.waiting() || lease.WantedElsewhere() || host_wanted();
  if (connection.state() == PoolConnection::State::kDraining || (spare && pending_.empty())) {
    connection.Close(PoolConnection::EndedBy::kUs, {});
  }
}

void Pool::Place(PoolConnection& connection) {
  ConnectionList* list = &draining_;
  if (connection.state() == PoolConnection::State::kOpen) {
    list = connection.CanTake() ? &ready_ : &full_;
  }
  if (ConnectionList::Of(connection) != list) list->PutFirst(connection);
}

void Pool::ServePending() {
  while (!pending_.empty()) {
    PoolConnection* const connection = FindReady();
    if (connection == nullptr) return;
    StreamRequest& request = pending_.Pop();
    if (!context_.leases.requests.TryTake()) {
      Overflow(request);
      request.handler_.OnStreamFailed(request.error_);
      continue;
    }
    Attach(*connection, request);
    request.handler_.OnStreamReady();
  }
}

void Pool::OnConnectFailed(PoolConnection& connection, const http::StreamError& error) {
  DestroyAtTurnEnd(context_.loop, std::unique_ptr<PoolConnection>(&connection));
  for (size_t i = 0; i < capacity() && pending_.size() > connecting_.size() * capacity(); ++i) {
    StreamRequest& request = pending_.Pop();
    context_.stats.upstream_rq_pending_failure_eject.Inc();
    request.handler_.OnStreamFailed(error);
  }
  OpenConnections();
  TellOwner();
}

void Pool::TellOwner() {
  context_.owner.OnLessUse();
  if (unused()) context_.owner.OnUnused(*this);
}

void Pool::OnClosed(PoolConnection& connection) {
  DestroyAtTurnEnd(context_.loop, std::unique_ptr<PoolConnection>(&connection));
  OpenConnections();
  TellOwner();
}

void Pool::Retire(StreamQueue& pending) {
  pending_.MoveTo(pending);
  StopAwaitingHost();
  Drain();
}

void Pool::Drain() {
  closes_idle_ = true;
  for (ConnectionList* list : {&ready_, &full_}) {
    PoolConnection* next = list->front();
    while (PoolConnection* connection = next) {
      next = ConnectionList::After(*connection);
      connection->Drain();
    }
  }
  while (pending_.empty() && !connecting_.empty()) connecting_.front()->Drain();
}

bool Pool::CloseOneIdle() {
  for (PoolConnection* c = ready_.back(); c != nullptr; c = ConnectionList::Before(*c)) {
    if (c->active_streams() > 0) continue;
    c->Close(PoolConnection::EndedBy::kUs, {});
    return true;
  }
  return false;
}

bool Pool::busy() const {
  const auto any_active = [](const ConnectionList& list) {
    for (PoolConnection* c = list.front(); c != nullptr; c = ConnectionList::After(*c)) {
      if (c->active_streams() > 0) return true;
    }
    return false;
  };
  return !pending_.empty() || any_active(ready_) || any_active(full_) || any_active(draining_);
}

size_t Pool::AddHeld(buffer::Ledger& ledger) const {
  for (const ConnectionList* list : {&ready_, &full_, &connecting_, &draining_}) {
    for (PoolConnection* c = list->front(); c != nullptr; c = ConnectionList::After(*c)) {
      c->AddHeld(ledger);
    }
  }
  return connections();
}

}  // namespace weir::upstream
