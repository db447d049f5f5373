// Heads as the simulation's clients and upstreams see them, whatever the version of HTTP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::sim {

using Fields = std::vector<std::pair<std::string, std::string>>;  // Names in lower case.

inline std::optional<std::string> Find(const Fields& fields, std::string_view name) {
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return std::nullopt;
}

// What the head says of the body that follows.
enum class Framing : uint8_t { kNone, kLength, kChunked, kUntilClose };

constexpr std::string_view NameOf(Framing framing) {
  constexpr std::string_view kNames[] = {"none", "length", "chunked", "until close"};
  return kNames[static_cast<size_t>(framing)];
}

struct Head {
  bool http2 = false;
  std::string method;  // Of requests.
  std::string path;
  std::string authority;
  std::string protocol;  // Of requests for a tunnel: of Upgrade, or of ":protocol".
  int status = 0;        // Of answers.
  Framing framing = Framing::kNone;
  uint64_t length =
      0;          // kLength; for answers without a body what content-length says all the same.
  Fields fields;  // Without pseudo-header fields and, for HTTP/1, host.
};

}  // namespace weir::sim
