#include "test/sim/exchange.h"

#include "source/base/strings.h"

namespace weir::sim {

std::string Exchange::Path() const {
  return StrCat("/g", group, retry ? "/r/" : "/x/", id, "?for=", id);
}

namespace {

std::string DescribeBody(const BodyPlan& body) {
  return StrCat(NameOf(body.framing), " ", body.size, body.trailers ? " with trailers" : "");
}

}  // namespace

std::string Exchange::Describe() const {
  constexpr std::string_view kMisdeeds[] = {"",
                                            "resets before the answer",
                                            "ends before the answer",
                                            "refuses",
                                            "answers 503",
                                            "resets amid the answer",
                                            "ends amid the answer",
                                            "spoils the head"};
  constexpr std::string_view kLeaves[] = {"",
                                          "ends amid the request",
                                          "resets amid the request",
                                          "ends amid the answer",
                                          "resets amid the answer",
                                          "half-closes"};
  constexpr std::string_view kTunnels[] = {"", "upgrade ", "tunnel ", "raw "};
  std::string text = StrCat(kTunnels[static_cast<size_t>(tunnel)], method, " ", Path(), ", ",
                            DescribeBody(request), ", for ", status, ", ", DescribeBody(answer));
  if (expects_continue) text += ", expects 100";
  if (early_hints) text += ", a 103";
  if (early) text += ", answered early";
  if (closes) text += ", the upstream closes";
  if (misdeed != Misdeed::kNone) {
    StrAppend(text, ", the upstream ", kMisdeeds[static_cast<size_t>(misdeed)], " ", misdeed_tries,
              " times at ", misdeed_at);
  }
  if (leave != Leave::kStays) {
    StrAppend(text, ", the client ", kLeaves[static_cast<size_t>(leave)], " at ", leave_at);
  }
  return text;
}

std::string TunnelPrefix(const Exchange& exchange) { return StrCat("TUN ", exchange.id, "\n"); }

Fields TrailersOf(const Exchange& exchange, bool answer) {
  return {{"x-checksum", StrCat(answer ? "answer-" : "request-", exchange.id)},
          {"x-more", std::string(exchange.id % 50, 't')}};
}

uint64_t IdOfPath(const std::string& path) {
  const size_t at = path.find("?for=");
  if (at == std::string::npos) return 0;
  return ParseUint64(std::string_view(path).substr(at + 5)).value_or(0);
}

}  // namespace weir::sim
