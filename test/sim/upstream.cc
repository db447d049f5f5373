#include "test/sim/upstream.h"

#include <utility>

#include "source/base/check.h"
#include "source/base/strings.h"

namespace weir::sim {

Head AnswerHead(const Exchange& exchange, const UpstreamPlace& place) {
  Head head{.status = exchange.status,
            .framing = exchange.answer.framing,
            .length = exchange.answer.size,
            .fields = exchange.answer_fields};
  head.fields.emplace_back("x-answers", StrCat(exchange.id));
  head.fields.emplace_back("x-cluster", StrCat(place.cluster));
  return head;
}

void NoteHeld(Scene& scene, const UpstreamPlace& place, bool connection, event::MonotonicTime from,
              event::MonotonicTime heard) {
  // Who reads late hears late.
  if (place.habits.pauses_in_1000 > 0) return;
  // What the proxy has given up is heard of when that has travelled for as long as the network
  // takes at most, in whole ticks of the clock.
  const auto& network = scene.plan.network;
  const event::MonotonicTime until =
      heard - network.latency - network.jitter - std::chrono::milliseconds(2);
  scene.held.push_back({place.cluster, connection, from, until});
}

UpstreamConnection::UpstreamConnection(Scene& scene, const UpstreamPlace& place,
                                       std::unique_ptr<net::ByteStream> stream, uint64_t seed)
    : scene_(scene),
      place_(place),
      end_(std::make_unique<End>(scene.loop, scene.blocks, std::move(stream), *this, place.habits,
                                 seed)),
      accepted_(scene.loop.Now()),
      last_heard_(accepted_) {}

UpstreamConnection::~UpstreamConnection() { Over("the run ends"); }

void UpstreamConnection::OnBytes(std::string_view bytes) {
  last_heard_ = scene_.loop.Now();
  if (protocol_ == nullptr) {
    first_bytes_ += bytes;
    if (first_bytes_.size() < 3) return;
    const auto make = first_bytes_.starts_with("PRI")   ? MakeUpstreamH2
                      : first_bytes_.starts_with("TUN") ? MakeUpstreamRaw
                                                        : MakeUpstreamH1;
    protocol_ = make(scene_, place_, *end_);
    protocol_->Receive(std::exchange(first_bytes_, {}));
  } else {
    protocol_->Receive(bytes);
  }
  if (end_->closed()) Over("the upstream closed");
}

void UpstreamConnection::OnEnd() {
  if (protocol_ != nullptr && protocol_->PeerEnded() && !end_->closed()) return;
  Over("the proxy ended the connection");
  end_->Close(net::ByteStream::CloseMode::kNormal);
}

void UpstreamConnection::OnLost(std::string_view why) { Over(why); }

void UpstreamConnection::Close() {
  Over("the upstream stops");
  end_->Close(net::ByteStream::CloseMode::kNormal);
}

void UpstreamConnection::Over(std::string_view why) {
  if (std::exchange(over_, true)) return;
  if (protocol_ != nullptr) protocol_->Over(why);
  NoteHeld(scene_, place_, true, accepted_, last_heard_);
}

Upstream::Upstream(Scene& scene, UpstreamPlace place, uint64_t seed)
    : scene_(scene), place_(std::move(place)), random_(seed) {
  const auto address = *net::Address::Parse(UpstreamAddress(place_.cluster, place_.endpoint));
  auto sockets = scene.network.OpenListenSockets(address, {}, 1);
  WEIR_CHECK(sockets.ok(), "two upstreams have one address");
  sockets_ = *std::move(sockets);
  acceptor_ = scene.network.Accept(*sockets_[0], *this, 100);
}

void Upstream::OnAccept(std::unique_ptr<net::ByteStream> stream) {
  connections_.push_back(
      std::make_unique<UpstreamConnection>(scene_, place_, std::move(stream), random_.Next()));
  connections_.back()->Begin();
}

void Upstream::CloseAll() {
  acceptor_.reset();
  sockets_.clear();
  for (auto& connection : connections_) connection->Close();
}

}  // namespace weir::sim
