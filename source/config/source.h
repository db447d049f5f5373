// Where a resource comes from (xDS ConfigSource), secrets by name, and runtime fractions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::config {

// RateLimitSettings: a request to a control plane takes a token.
struct RequestRateLimit {
  uint32_t max_tokens = 100;
  double fill_rate = 10;  // Tokens a second.
  friend bool operator==(const RequestRateLimit&, const RequestRateLimit&) = default;
};

// A control plane over gRPC (ApiConfigSource). The cluster must be one of the bootstrap's.
struct GrpcSource {
  bool delta = false;
  std::string cluster;    // envoy_grpc.cluster_name
  std::string authority;  // empty: the cluster's name
  std::vector<std::pair<std::string, std::string>> initial_metadata;
  std::optional<RequestRateLimit> rate_limit;
  friend bool operator==(const GrpcSource&, const GrpcSource&) = default;
};

// A resource that is known from the start, of which what it reads from files may change.
struct GivenResource {
  std::string bytes;  // The message, serialised.
  // How often its files are read again, whether or not they were seen to change.
  std::chrono::milliseconds refresh_interval{0};
  friend bool operator==(const GivenResource&, const GivenResource&) = default;
};

struct ConfigSource {
  // kNone: the resource is inline. kSelf: whatever stream the naming resource came by. kGrpc: a
  // stream of its own, for that type alone. kGiven: the bootstrap has it whole.
  enum class Kind { kNone, kAds, kSelf, kPath, kGrpc, kGiven } kind = Kind::kNone;
  std::string path;  // kPath: the file.
  // Moves into it count in place of changes of the file; empty: the file itself is watched.
  std::string watched_directory;
  GrpcSource grpc;                                         // kGrpc
  GivenResource given;                                     // kGiven
  std::chrono::milliseconds initial_fetch_timeout{15000};  // 0: none.
  friend bool operator==(const ConfigSource&, const ConfigSource&) = default;
};

// Where resources of one type come from, so that it tells such places apart; "" for ADS and for
// what is inline.
std::string OriginOf(const ConfigSource& source);
// What a resource is known by: names are unique within an origin alone. By ADS it is the name.
std::string ResourceKey(std::string_view name, std::string_view origin);
std::string_view NameOfKey(std::string_view key);

// A secret by name. kNone: one of the bootstrap's static secrets.
struct SecretReference {
  std::string name;
  ConfigSource source;
  std::string key() const { return ResourceKey(name, OriginOf(source)); }
  friend bool operator==(const SecretReference&, const SecretReference&) = default;
};

// envoy.type.v3.FractionalPercent in parts of a million; the default_value of a
// RuntimeFractionalPercent.
struct Fraction {
  uint32_t per_million = 1'000'000;
  // Whether a draw with the random number `random` is inside.
  bool Contains(uint64_t random) const { return random % 1'000'000 < per_million; }
  friend bool operator==(const Fraction&, const Fraction&) = default;
};

}  // namespace weir::config
