// OCSP responses (RFC 6960) as servers staple them: which certificate one speaks of and until when.
// The signature is the client's to check.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::x509 {

struct OcspResponse {
  enum class Status : uint8_t { kGood, kRevoked, kUnknown };
  using Time = std::chrono::system_clock::time_point;

  std::string serial;  // Of the certificate, as Certificate::Serial.
  Status status = Status::kGood;
  Time this_update;
  std::optional<Time> next_update;

  // One that does not say when the next comes is never current.
  bool IsCurrent(Time now) const { return next_update.has_value() && now <= *next_update; }

  friend bool operator==(const OcspResponse&, const OcspResponse&) = default;
};

// A successful basic response about one certificate; the error says what it is instead. Any thread.
absl::StatusOr<OcspResponse> ParseOcspResponse(std::string_view der);

}  // namespace weir::x509
