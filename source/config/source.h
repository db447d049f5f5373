// Where a resource comes from (xDS ConfigSource), secrets by name, and runtime fractions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace weir::config {

struct ConfigSource {
  // kNone: the resource is inline. kSelf: whatever stream the naming resource came by.
  enum class Kind { kNone, kAds, kSelf, kPath } kind = Kind::kNone;
  std::string path;  // kPath: the file.
  // Moves into it count in place of changes of the file; empty: the file itself is watched.
  std::string watched_directory;
  std::chrono::milliseconds initial_fetch_timeout{15000};  // 0: none.
  friend bool operator==(const ConfigSource&, const ConfigSource&) = default;
};

// A secret by name. kNone: one of the bootstrap's static secrets.
struct SecretReference {
  std::string name;
  ConfigSource source;
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
