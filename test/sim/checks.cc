#include "test/sim/checks.h"

#include "source/base/strings.h"

namespace weir::sim {
namespace {

std::string NameOf(const Exchange& exchange) { return StrCat("#", exchange.id, " "); }

// Every field of `sent` must have arrived as it was; others may have been added.
void CheckFields(Scene& scene, const Exchange& exchange, const Fields& sent, const Fields& came) {
  for (const auto& [name, value] : sent) {
    const auto found = Find(came, name);
    if (!found.has_value()) {
      scene.journal.Fail(StrCat(NameOf(exchange), "lost the field ", name));
    } else if (*found != value) {
      scene.journal.Fail(
          StrCat(NameOf(exchange), "has ", name, ": ", *found, ", sent was ", value));
    }
  }
}

void CheckTrailers(Scene& scene, const Exchange& exchange, bool answer, const BodyPlan& body,
                   const Fields& came) {
  if (body.trailers) {
    CheckFields(scene, exchange, TrailersOf(exchange, answer), came);
  } else if (!came.empty()) {
    scene.journal.Fail(StrCat(NameOf(exchange), "has trailers that nobody sent"));
  }
}

}  // namespace

// --- Requests, as upstreams see them

RequestCheck::RequestCheck(Scene& scene, Exchange& exchange, size_t cluster, size_t endpoint,
                           const Head& head)
    : RequestCheck(scene, exchange, cluster, endpoint) {
  scene.journal.Note(StrCat(NameOf(exchange), "comes by HTTP/", head.http2 ? "2" : "1"));
  if (!scene.history.AllowsProtocol(cluster, head.http2, exchange.sent_at, scene.loop.Now())) {
    scene.journal.Fail(StrCat(NameOf(exchange), "came by HTTP/", head.http2 ? "2" : "1", " to ",
                              UpstreamAddress(cluster, endpoint),
                              ", which is to be spoken to by the other"));
  }
  CheckHead(head);
}

RequestCheck::RequestCheck(Scene& scene, Exchange& exchange, size_t cluster, size_t endpoint)
    : scene_(scene),
      exchange_(exchange),
      mark_(exchange.id, Direction::kRequest),
      number_(++exchange.tries) {
  exchange.request_bytes_seen = 0;
  exchange.answer_bytes_sent = 0;
  scene.moved_at = scene.loop.Now();
  const std::string where = UpstreamAddress(cluster, endpoint);
  scene.journal.Note(StrCat(NameOf(exchange), "try ", number_, " reaches ", where));
  if (exchange.outcome == Outcome::kWaiting) {
    scene.journal.Fail(
        StrCat(NameOf(exchange), "was forwarded though its client is to send it again"));
  }
  if (number_ > 1 + (exchange.retry ? kRetries : 0)) {
    scene.journal.Fail(StrCat(NameOf(exchange), "was tried ", number_, " times"));
  }
  if (!scene.history.Allows(exchange.group, cluster, endpoint, exchange.sent_at,
                            scene.loop.Now())) {
    scene.journal.Fail(StrCat(NameOf(exchange), "reached ", where,
                              ", which no configuration in force since it was sent allows"));
  }
}

// RFC 8441, 4: what is GET with Upgrade in the one version is CONNECT in the other.
void RequestCheck::CheckMethod(const Head& head) {
  const bool tunnel = exchange_.tunnel != Tunnel::kNone;
  const std::string wanted = tunnel && head.http2 ? "CONNECT" : exchange_.method;
  if (head.method != wanted) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "came as ", head.method, ", sent was ", wanted));
  }
  if (head.protocol != (tunnel ? "websocket" : "")) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "asks for the protocol '", head.protocol, "'"));
  }
}

void RequestCheck::CheckHead(const Head& head) {
  const BodyPlan& body = exchange_.request;
  chunked_ = head.framing == Framing::kChunked;
  CheckMethod(head);
  if (head.path != exchange_.Path()) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "has the path ", head.path));
  }
  if (head.authority != "sim.example") {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "has the authority ", head.authority));
  }
  // HTTP/2 ends an empty body with its head.
  const bool empty = head.http2 && body.size == 0 && !body.trailers &&
                     body.framing == Framing::kChunked && head.framing == Framing::kNone;
  const bool free = exchange_.tunnel != Tunnel::kNone || empty;
  if ((head.framing != body.framing && !free) ||
      (body.framing == Framing::kLength && head.length != body.size)) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "request framed by ", NameOf(head.framing), " ",
                               head.length, ", sent was ", NameOf(body.framing), " ", body.size));
  }
  if (Find(head.fields, "expect").has_value()) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "still has its expect field"));
  }
  CheckFields(scene_, exchange_, exchange_.request_fields, head.fields);
}

void RequestCheck::Body(std::string_view bytes) {
  if (exchange_.tunnel != Tunnel::kNone && !accepted_) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "has bytes before its tunnel was granted"));
  }
  if (!mark_.Matches(seen_, bytes) || seen_ + bytes.size() > exchange_.request.size) {
    scene_.journal.Fail(StrCat(NameOf(exchange_),
                               "has bytes in its request that are not its own, from ", seen_,
                               " of ", exchange_.request.size));
  }
  seen_ += bytes.size();
  exchange_.request_bytes_seen = seen_;
  exchange_.request_moved_at = scene_.moved_at = scene_.loop.Now();
}

void RequestCheck::End(const Fields& trailers) {
  ended_ = true;
  // Nobody says anything where a tunnel was refused.
  if (exchange_.tunnel != Tunnel::kNone && !accepted_) return;
  // Who ends its connection in order before it has said anything has ended its direction of a
  // tunnel: the proxy does not see that its client is gone for good.
  const bool left = exchange_.outcome == Outcome::kGone || exchange_.outcome == Outcome::kCut;
  if (exchange_.tunnel != Tunnel::kNone && left && exchange_.request_bytes_sent == 0) return;
  exchange_.request_whole = true;
  if (seen_ != exchange_.request.size) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "request looks whole with ", seen_, " of ",
                               exchange_.request.size, " bytes"));
  }
  CheckTrailers(scene_, exchange_, false, exchange_.request, trailers);
}

// --- Answers, as clients see them

AnswerCheck::AnswerCheck(Scene& scene, Exchange& exchange)
    : scene_(scene), exchange_(exchange), mark_(exchange.id, Direction::kAnswer) {}

void AnswerCheck::Informational(const Head& head) {
  const bool asked_for = (head.status == 100 && exchange_.expects_continue) ||
                         (head.status == 103 && exchange_.early_hints);
  if (!asked_for || begun_) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "got a ", head.status, " out of nowhere"));
  }
}

void AnswerCheck::Begin(const Head& head) {
  scene_.moved_at = scene_.loop.Now();
  if (std::exchange(begun_, true)) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "is answered twice"));
    return;
  }
  http2_ = head.http2;
  if (exchange_.tunnel == Tunnel::kConnect && head.status == 200) {
    granted_ = true;
    return;
  }
  local_ = !Find(head.fields, "x-answers").has_value();
  if (local_) {
    exchange_.local_status = head.status;
    if (head.status < 400) {
      scene_.journal.Fail(StrCat(NameOf(exchange_), "got ", head.status, " from nobody"));
    }
    return;
  }
  CheckHead(head);
}

void AnswerCheck::CheckHead(const Head& head) {
  const event::MonotonicTime now = scene_.loop.Now();
  granted_ = exchange_.is_granted_tunnel();
  const int status = granted_ && http2_ ? 200 : exchange_.status;
  if (head.status != status) {
    scene_.journal.Fail(
        StrCat(NameOf(exchange_), "got status ", head.status, ", sent was ", status));
  }
  if (!granted_) CheckFraming(head);
  CheckFields(scene_, exchange_, exchange_.answer_fields, head.fields);
  CheckRoute(head, now);
}

void AnswerCheck::CheckFraming(const Head& head) {
  const BodyPlan& body = exchange_.answer;
  Framing wanted = body.framing == Framing::kUntilClose ? Framing::kChunked : body.framing;
  Framing framing = head.framing;
  if (exchange_.bodiless_answer()) {
    // Only a length that was told must be told on.
    if (head.framing != Framing::kLength) framing = Framing::kNone;
    if (wanted != Framing::kLength) wanted = Framing::kNone;
    if (exchange_.status == 204) wanted = Framing::kNone;
  } else if (wanted == Framing::kNone) {
    wanted = http2_ && head.framing == Framing::kNone ? Framing::kNone : Framing::kLength;
  }
  if (framing != wanted || (wanted == Framing::kLength && head.length != body.size)) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "answer framed by ", NameOf(head.framing), " ",
                               head.length, ", sent was ", NameOf(body.framing), " ", body.size));
  }
}

void AnswerCheck::CheckRoute(const Head& head, event::MonotonicTime now) {
  const uint32_t routes =
      static_cast<uint32_t>(ParseUint64(Find(head.fields, "x-routes").value_or("")).value_or(0));
  if (!scene_.history.InForce(routes, exchange_.sent_at, now)) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "went by the routes of configuration ", routes,
                               ", which was not in force"));
  }
  const auto cluster = ParseUint64(Find(head.fields, "x-cluster").value_or(""));
  if (!cluster.has_value() || !scene_.history.Leads(routes, exchange_.group, *cluster)) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "went to cluster ", cluster.value_or(999),
                               " by configuration ", routes, ", whose routes do not lead there"));
  }
  if (Find(head.fields, "x-answers") != StrCat(exchange_.id)) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "got the answer to #",
                               Find(head.fields, "x-answers").value_or("")));
  }
}

void AnswerCheck::Body(std::string_view bytes) {
  scene_.moved_at = scene_.loop.Now();
  if (local_) return;
  if (exchange_.bodiless_answer() || seen_ + bytes.size() > exchange_.answer.size ||
      !mark_.Matches(seen_, bytes)) {
    scene_.journal.Fail(StrCat(NameOf(exchange_),
                               "has bytes in its answer that are not its own, from ", seen_, " of ",
                               exchange_.answer.size));
  }
  seen_ += bytes.size();
  exchange_.answer_bytes_seen = seen_;
}

void AnswerCheck::End(const Fields& trailers) {
  exchange_.ended_at = scene_.loop.Now();
  exchange_.outcome = local_ ? Outcome::kLocal : Outcome::kAnswered;
  if (++exchange_.answers > 1) {
    scene_.journal.Fail(StrCat(NameOf(exchange_), "is answered a second time"));
  }
  scene_.journal.Note(StrCat(NameOf(exchange_), local_ ? "answered by the proxy: " : "answered: ",
                             local_ ? exchange_.local_status : exchange_.status, ", ", seen_,
                             " bytes"));
  if (local_) return;
  const uint64_t wanted = exchange_.bodiless_answer() ? 0 : exchange_.answer.size;
  if (seen_ != wanted) {
    scene_.journal.Fail(
        StrCat(NameOf(exchange_), "answer looks whole with ", seen_, " of ", wanted, " bytes"));
  }
  if (!exchange_.bodiless_answer()) {
    CheckTrailers(scene_, exchange_, true, exchange_.answer, trailers);
  }
}

void EndExchange(Scene& scene, Exchange& exchange, Outcome outcome, std::string_view why) {
  exchange.outcome = outcome;
  exchange.ended_at = scene.moved_at = scene.loop.Now();
  scene.journal.Note(StrCat(NameOf(exchange), sim::NameOf(outcome), ": ", why));
}

}  // namespace weir::sim
