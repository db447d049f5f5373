// Telling HTTP/2 with prior knowledge from HTTP/1 by the first bytes of a connection (RFC
// 9113, 3.4), for codec_type AUTO where ALPN has not decided.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::http {

inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum class PrefaceMatch : uint8_t {
  kNo,        // HTTP/1.
  kYes,       // The whole preface is there.
  kNeedMore,  // All bytes so far agree with it.
};

// `front` is the beginning of the connection's input, in one piece; 24 bytes always decide.
inline PrefaceMatch MatchHttp2Preface(std::string_view front) {
  const size_t n = front.size() < kHttp2Preface.size() ? front.size() : kHttp2Preface.size();
  if (front.substr(0, n) != kHttp2Preface.substr(0, n)) return PrefaceMatch::kNo;
  return n == kHttp2Preface.size() ? PrefaceMatch::kYes : PrefaceMatch::kNeedMore;
}

}  // namespace weir::http
