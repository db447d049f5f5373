#include "source/server/worker_listener.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"

namespace weir::server {
namespace {

// Accepting unlimited numbers in one turn would starve the connections there are.
constexpr uint32_t kAcceptsPerTurn = 64;

}  // namespace

const proxy::Platform& WorkerListener::Platforms::For(const config::Listener& listener) const {
  if (listener.bypass_overload_manager) {
    return config::IsInbound(listener) ? bypassing_inbound : bypassing;
  }
  return config::IsInbound(listener) ? inbound : plain;
}

WorkerListener::WorkerListener(const Platforms& platforms, net::Network& network,
                               stats::Registry& registry, event::Duration drain_time,
                               uint64_t& next_connection_id,
                               std::shared_ptr<const generation::Listener> listener)
    : platforms_(platforms),
      network_(network),
      registry_(registry),
      drain_time_(drain_time),
      next_connection_id_(next_connection_id),
      stats_(registry, stats::Scope{"listener.", config::StatName(*listener->config)}),
      listener_(std::move(listener)),
      drain_deadline_(platforms.plain.loop,
                      [this] {
                        for (Connection* connection : std::exchange(drained_, {}))
                          connection->Close(true);
                      }),
      closing_(platforms.plain.loop, [this] { EndWhenEmpty(); }) {}

WorkerListener::~WorkerListener() {
  accepting_.clear();
  closing_.CloseAll();
  for (auto& connection : connections_) {
    if (connection->counted()) limit_->Give();
    platforms_.plain.loop.DeferDelete(std::move(connection));
  }
}

void WorkerListener::Update(std::shared_ptr<const generation::Listener> listener,
                            std::vector<std::shared_ptr<net::ListenSocket>> sockets) {
  listener_ = std::move(listener);
  std::vector<Accepting> next;
  for (std::shared_ptr<net::ListenSocket>& socket : sockets) {
    const auto same = std::find_if(accepting_.begin(), accepting_.end(),
                                   [&](const Accepting& on) { return on.socket == socket; });
    next.push_back(same == accepting_.end() ? Accepting{std::move(socket), nullptr}
                                            : std::move(*same));
  }
  StopAccepting();
  accepting_ = std::move(next);
  OnOverloadChange();
  for (auto& connection : connections_) {
    const generation::Chain* const chain = connection->chain();
    if (chain != nullptr && !listener_->Has(*chain)) DrainOne(*connection);
  }
}

void WorkerListener::StartAccepting(Accepting& on) {
  if (on.acceptor != nullptr) return;
  const uint32_t limit = listener_->config->max_connections_to_accept_per_socket_event;
  on.acceptor = network_.Accept(*on.socket, *this, limit == 0 ? kAcceptsPerTurn : limit);
}

void WorkerListener::OnOverloadChange() {
  const bool stopped = platforms_.For(*listener_->config).overload.stop_accepting_connections;
  for (Accepting& on : accepting_) {
    if (stopped) {
      on.acceptor.reset();
    } else {
      StartAccepting(on);
    }
  }
}

void WorkerListener::StopAccepting() {
  for (Accepting& on : std::exchange(accepting_, {})) {
    if (on.socket == nullptr) continue;  // Taken over by Update.
    // What is queued would be reset with the socket.
    StartAccepting(on);
    closing_.Add(std::move(on.socket), std::move(on.acceptor));
  }
}

void WorkerListener::Retire() {
  retired_ = true;
  StopAccepting();
  Drain();
}

void WorkerListener::Drain() {
  for (auto& connection : connections_) DrainOne(*connection);
}

void WorkerListener::DrainOne(Connection& connection) {
  connection.Drain();
  drained_.push_back(&connection);
  if (!drain_deadline_.enabled()) drain_deadline_.Enable(drain_time_);
}

void WorkerListener::CloseAll(bool now) {
  if (now) closing_.CloseAll();
  for (auto& connection : connections_) connection->Close(now);
}

bool WorkerListener::Admits(bool& counted) {
  const config::Listener& config = *listener_->config;
  const double share = platforms_.For(config).overload.reject_incoming_connections;
  if (share > 0 && platforms_.plain.random.Unit() < share) {
    stats_->downstream_cx_overload_reject.Inc();
    return false;
  }
  counted = limit_ != nullptr && !config.ignore_global_connection_limit &&
            !config.bypass_overload_manager;
  if (!counted || limit_->TryTake()) return true;
  stats_->downstream_global_cx_overflow.Inc();
  return false;
}

void WorkerListener::OnAccept(std::unique_ptr<net::ByteStream> stream) {
  bool counted = false;
  if (!Admits(counted)) return stream->Close(net::ByteStream::CloseMode::kNormal);
  stats_->downstream_cx_total.Inc();
  stats_->downstream_cx_active.Inc();
  auto connection = std::make_unique<Connection>(platforms_.For(*listener_->config), listener_,
                                                 std::move(stream), next_connection_id_++, *this);
  connection->set_counted(counted);
  connection->set_place(connections_.size());
  Connection& made = *connection;
  connections_.push_back(std::move(connection));
  if (retired_) DrainOne(made);
  made.Start();
}

void WorkerListener::OnAcceptError(std::string_view reason) {
  stats_->downstream_cx_overflow.Inc();
  WEIR_LOG(kConnection, kWarn, "listener ", listener_->config->name, " on ",
           listener_->config->address.ToString(), " cannot accept: ", reason);
}

net::TransportStats& WorkerListener::transport_stats() {
  if (!transport_stats_.has_value()) {
    transport_stats_.emplace(
        registry_, stats::Scope{"listener.", config::StatName(*listener_->config), "ssl."});
  }
  return **transport_stats_;
}

void WorkerListener::OnConnectionEnd(Connection& connection) {
  connection.Log(listener_->access_logs);
  stats_->downstream_cx_destroy.Inc();
  stats_->downstream_cx_active.Dec();
  if (connection.counted()) limit_->Give();
  std::erase(drained_, &connection);
  const size_t place = connection.place();
  std::swap(connections_[place], connections_.back());
  connections_[place]->set_place(place);
  platforms_.plain.loop.DeferDelete(std::move(connections_.back()));
  connections_.pop_back();
  EndWhenEmpty();
}

void WorkerListener::EndWhenEmpty() {
  if (empty() && accepting_.empty() && on_empty_) on_empty_();
}

}  // namespace weir::server
