#include "source/control/engine/engine.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::control::engine {

Engine::Engine(NodeViews* views) : views_(views), snapshot_(Snapshot::Empty()) {}

uint64_t Engine::Open(StreamOptions options, std::string peer, Time now) {
  const uint64_t id = ++last_stream_;
  streams_[id] =
      std::make_unique<Stream>(id, std::move(options), snapshot_, history_, std::move(peer), now);
  return id;
}

void Engine::Close(uint64_t stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Depart(*found->second);
  streams_.erase(found);
  own_views_.erase(stream);
}

void Engine::Depart(const Stream& stream) {
  if (!stream.node()) return;
  HashMap<ClusterHistory::View>& remembered = history_.partly_held;
  ClusterHistory::View held = stream.PartlyHeldClusters();
  if (held == nullptr) {
    remembered.erase(stream.node()->id);
    return;
  }
  // Rather an arbitrary one forgotten than memory that grows with every client there ever was.
  if (remembered.size() >= kRememberedNodes) remembered.erase(remembered.begin());
  remembered[stream.node()->id] = std::move(held);
}

void Engine::Emit(uint64_t stream, std::vector<Response>& responses, std::vector<Outgoing>& out) {
  for (const Response& response : responses) {
    out.push_back({stream, encoder_.Encode(response), absl::OkStatus()});
  }
  responses.clear();
}

void Engine::OnRequest(uint64_t stream, std::string_view bytes, Time now,
                       std::vector<Outgoing>& out) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  std::vector<Response> responses;
  absl::StatusOr<Request> request = DecodeRequest(found->second->variant(), bytes);
  absl::Status status = request.status();
  if (status.ok()) status = MeetNode(stream, *request, now);
  if (status.ok()) status = found->second->OnRequest(*request, now, responses);
  Emit(stream, responses, out);
  if (status.ok()) return;
  out.push_back({stream, {}, std::move(status)});
  Close(stream);
}

void Engine::SetSnapshot(SnapshotPtr snapshot, Time now, std::vector<Outgoing>& out) {
  for (const auto& view : snapshot_->types()) {
    if (view->type_url() == kClusterType) Remember(view);
  }
  snapshot_ = std::move(snapshot);
  std::vector<Response> responses;
  for (auto& [id, stream] : streams_) {
    const auto own = own_views_.find(id);
    if (own != own_views_.end()) {
      OwnView& view = own->second;
      view.snapshot = Snapshot::Overlay(*snapshot_, view.resources, view.snapshot.get());
    }
    stream->SetSnapshot(SnapshotFor(id), now, responses);
    Emit(id, responses, out);
  }
}

const SnapshotPtr& Engine::SnapshotFor(uint64_t id) {
  const auto own = own_views_.find(id);
  return own == own_views_.end() ? snapshot_ : own->second.snapshot;
}

// A client's first request says which node it is.
absl::Status Engine::MeetNode(uint64_t id, const Request& request, Time now) {
  Stream& stream = *streams_.at(id);
  // Without a name it is refused below.
  if (views_ == nullptr || stream.node() || !request.node || request.node->id.empty()) {
    return absl::OkStatus();
  }
  WEIR_RETURN_IF_ERROR(Personalise(id, *request.node, now));
  std::vector<Response> none;
  stream.SetSnapshot(SnapshotFor(id), now, none);
  return absl::OkStatus();
}

absl::Status Engine::Personalise(uint64_t id, const Node& node, Time now) {
  const std::string& identity = streams_.at(id)->identity();
  WEIR_RETURN_IF_ERROR(views_->Admit(identity, node));
  NodeViews::Own own = views_->ResourcesOf(identity, node, now);
  OwnView& view = own_views_[id];
  view.ask_again = own.ask_again;
  // Equal resources are the same object.
  if (view.snapshot != nullptr && view.resources == own.resources) return absl::OkStatus();
  view.resources = std::move(own.resources);
  view.snapshot = Snapshot::Overlay(*snapshot_, view.resources, view.snapshot.get());
  return absl::OkStatus();
}

void Engine::Renew(uint64_t id, Time now, std::vector<Outgoing>& out) {
  Stream& stream = *streams_.at(id);
  const SnapshotPtr before = SnapshotFor(id);
  const absl::Status status = Personalise(id, *stream.node(), now);
  if (!status.ok()) {
    out.push_back({id, {}, status});
    Close(id);
    return;
  }
  if (SnapshotFor(id) == before) return;
  std::vector<Response> responses;
  stream.SetSnapshot(SnapshotFor(id), now, responses);
  Emit(id, responses, out);
}

void Engine::RefreshViews(Time now, std::vector<Outgoing>& out) {
  std::vector<uint64_t> all;
  for (const auto& [id, view] : own_views_) all.push_back(id);
  for (const uint64_t id : all) Renew(id, now, out);
}

void Engine::OnTimer(Time now, std::vector<Outgoing>& out) {
  std::vector<uint64_t> due;
  for (const auto& [id, view] : own_views_) {
    if (view.ask_again <= now) due.push_back(id);
  }
  for (const uint64_t id : due) Renew(id, now, out);
  std::vector<Response> responses;
  for (auto& [id, stream] : streams_) {
    stream->OnTimer(now, responses);
    Emit(id, responses, out);
  }
}

size_t Engine::Retry(std::string_view node_id, Time now, std::vector<Outgoing>& out) {
  size_t count = 0;
  std::vector<Response> responses;
  for (auto& [id, stream] : streams_) {
    if (!node_id.empty() && stream->Status().node.id != node_id) continue;
    ++count;
    stream->Retry(now, responses);
    Emit(id, responses, out);
  }
  return count;
}

void Engine::RememberClusters(const Snapshot& earlier) {
  for (const auto& view : earlier.types()) {
    if (view->type_url() == kClusterType) Remember(view);
  }
}

void Engine::Remember(ClusterHistory::View view) {
  std::vector<ClusterHistory::View>& views = history_.views;
  if (!views.empty() && views.front()->version() == view->version()) return;
  views.insert(views.begin(), std::move(view));
  if (views.size() > kRememberedViews) views.pop_back();
}

std::optional<Time> Engine::NextDeadline() const {
  std::optional<Time> next;
  for (const auto& [id, stream] : streams_) {
    const std::optional<Time> deadline = stream->deadline();
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  for (const auto& [id, view] : own_views_) {
    if (!next || view.ask_again < *next) next = view.ask_again;
  }
  return next;
}

std::vector<NodeStatus> Engine::Status() const {
  std::vector<NodeStatus> all;
  for (const auto& [id, stream] : streams_) all.push_back(stream->Status());
  std::sort(all.begin(), all.end(), [](const NodeStatus& a, const NodeStatus& b) {
    return std::tie(a.node.id, a.stream) < std::tie(b.node.id, b.stream);
  });
  return all;
}

}  // namespace weir::control::engine
