// What a seed decides of the requests and their answers.

#include "source/base/strings.h"
#include "test/sim/plan.h"

namespace weir::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

bool OneIn(event::Random& random, uint64_t n) { return random.Below(n) == 0; }

// Most bodies are small; some fill windows and buffers.
uint64_t PlanSize(event::Random& random) {
  switch (random.Below(20)) {
    case 0:
    case 1:
      return 0;
    case 2:
      return 1;
    case 3:
    case 4:
    case 5:
      return random.Below(50000);
    case 6:
      return random.Below(250000);
    case 7:
      // About the edges of blocks, frames and windows.
      return (uint64_t{1} << (12 + random.Below(6))) + random.Below(5) - 2;
    default:
      return random.Below(3000);
  }
}

void PlanPieces(event::Random& random, BodyPlan& body) {
  if (body.size == 0 || OneIn(random, 3)) return;
  const uint64_t pieces = 1 + random.Below(8);
  body.piece = body.size / pieces + 1;
  if (OneIn(random, 2)) body.pace = microseconds(random.Below(8000));
}

void PlanRequest(event::Random& random, Exchange& exchange) {
  constexpr const char* kMethods[] = {"GET", "GET", "POST", "POST", "PUT", "HEAD", "DELETE"};
  exchange.method = kMethods[random.Below(7)];
  const bool has_body = exchange.method == "POST" || exchange.method == "PUT" || OneIn(random, 20);
  if (has_body && exchange.method != "HEAD") {
    exchange.request.framing = OneIn(random, 2) ? Framing::kLength : Framing::kChunked;
    exchange.request.size = PlanSize(random);
    PlanPieces(random, exchange.request);
    exchange.request.trailers = exchange.request.framing == Framing::kChunked && OneIn(random, 4);
    exchange.expects_continue = exchange.request.size > 0 && OneIn(random, 10);
  }
  for (uint64_t i = random.Below(4); i > 0; --i) {
    const std::string name = StrCat("x-request-", i);
    exchange.request_fields.emplace_back(name, std::string(random.Below(i == 3 ? 2000 : 40), 'r'));
  }
}

void PlanAnswer(event::Random& random, Exchange& exchange) {
  constexpr int kStatuses[] = {200, 200, 200, 200, 200, 201, 404, 204, 304, 429};
  exchange.status = kStatuses[random.Below(10)];
  BodyPlan& body = exchange.answer;
  switch (random.Below(8)) {
    case 0:
      body.framing = exchange.bodiless_answer() ? Framing::kNone : Framing::kUntilClose;
      break;
    case 1:
    case 2:
    case 3:
      body.framing = Framing::kChunked;
      break;
    default:
      body.framing = Framing::kLength;
  }
  body.size = PlanSize(random);
  if (exchange.bodiless_answer()) {
    body.framing = OneIn(random, 2) ? Framing::kLength : Framing::kNone;
    // RFC 9110, 8.6: none in a 204.
    if (exchange.status == 204) body.framing = Framing::kNone;
  }
  if (body.framing == Framing::kNone) body.size = 0;
  PlanPieces(random, body);
  exchange.early_hints = OneIn(random, 15);
  exchange.early = exchange.request.framing != Framing::kNone && OneIn(random, 10);
  exchange.closes = OneIn(random, 12);
  if (exchange.early) {
    // Closing with a request half read resets, and may take the answer along.
    exchange.closes = false;
    if (body.framing == Framing::kUntilClose) body.framing = Framing::kLength;
  }
  if (!OneIn(random, 3))
    exchange.think = microseconds(random.Below(OneIn(random, 10) ? 400000 : 9000));
  body.trailers = body.framing == Framing::kChunked && OneIn(random, 4);
  for (uint64_t i = random.Below(4); i > 0; --i) {
    const std::string name = StrCat("x-answer-", i);
    exchange.answer_fields.emplace_back(name, std::string(random.Below(i == 3 ? 2000 : 40), 'a'));
  }
}

// Misdeeds that the retry policy makes good of are no faults: nothing may be lost by them.
void PlanRetried(event::Random& random, Exchange& exchange) {
  constexpr Misdeed kMisdeeds[] = {Misdeed::kResetsBeforeAnswer, Misdeed::kEndsBeforeAnswer,
                                   Misdeed::kRefuses, Misdeed::kAnswers503};
  exchange.retry = true;
  exchange.misdeed = kMisdeeds[random.Below(4)];
  exchange.misdeed_tries = static_cast<uint32_t>(1 + random.Below(kRetries));
  // What was sent twice is kept, up to the buffer limits.
  exchange.early = false;
  if (exchange.request.size > 8000) exchange.request.size = random.Below(8000);
}

void PlanMisdeed(event::Random& random, Exchange& exchange) {
  constexpr Misdeed kMisdeeds[] = {
      Misdeed::kResetsBeforeAnswer, Misdeed::kEndsBeforeAnswer, Misdeed::kRefuses,
      Misdeed::kResetsMidAnswer,    Misdeed::kEndsMidAnswer,    Misdeed::kSpoilsHead};
  exchange.misdeed = kMisdeeds[random.Below(6)];
  exchange.misdeed_tries = 100;
  const bool midway =
      exchange.misdeed == Misdeed::kResetsMidAnswer || exchange.misdeed == Misdeed::kEndsMidAnswer;
  if (!midway) return;
  exchange.retry = false;
  if (exchange.bodiless_answer() || exchange.answer.size < 2) {
    exchange.misdeed = Misdeed::kResetsBeforeAnswer;
    return;
  }
  // A body that lasts until the connection ends cannot be seen to end too soon.
  if (exchange.answer.framing == Framing::kUntilClose) exchange.misdeed = Misdeed::kResetsMidAnswer;
  exchange.misdeed_at = random.Below(exchange.answer.size);
}

void PlanLeave(event::Random& random, Exchange& exchange) {
  const bool has_answer = !exchange.bodiless_answer() && exchange.answer.size > 0;
  const bool has_body = exchange.request.size > 0;
  switch (random.Below(5)) {
    case 0:
    case 1:
      if (!has_body) return;
      exchange.leave = OneIn(random, 2) ? Leave::kEndsMidRequest : Leave::kResetsMidRequest;
      exchange.leave_at = random.Below(exchange.request.size);
      return;
    case 2:
    case 3:
      if (!has_answer) return;
      exchange.leave = OneIn(random, 2) ? Leave::kEndsMidAnswer : Leave::kResetsMidAnswer;
      exchange.leave_at = random.Below(exchange.answer.size);
      return;
    default:
      exchange.leave = Leave::kHalfCloses;
  }
}

}  // namespace

void PlanExchanges(event::Random& random, Plan& plan) {
  const uint64_t count = kFewestRequests + 1 + random.Below(30);
  for (uint64_t i = 1; i <= count; ++i) {
    Exchange exchange;
    exchange.id = i;
    exchange.group = random.Below(kGroups);
    exchange.retry = OneIn(random, 4);
    PlanRequest(random, exchange);
    PlanAnswer(random, exchange);
    if (OneIn(random, 12)) PlanRetried(random, exchange);
    if (plan.mode == Mode::kFaults) {
      if (exchange.misdeed == Misdeed::kNone && OneIn(random, 12)) PlanMisdeed(random, exchange);
      if (OneIn(random, 14)) PlanLeave(random, exchange);
    }
    plan.exchanges.push_back(std::move(exchange));
  }
}

}  // namespace weir::sim
