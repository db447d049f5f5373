// The small messages that every resource is made of: durations, addresses, data sources, fractions,
// config sources.
//
// Each function adds errors to its scope and goes on with a default.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/struct.pb.h"
#include "source/base/value.h"
#include "source/config/counted_name.h"
#include "source/config/proto/scope.h"
#include "source/config/source.h"
#include "source/net/address.h"
#include "source/net/network.h"
#include "xds/core/v3/cidr.pb.h"

namespace weir::config::proto {

// Not negative, at most 100 years (timers count in nanoseconds); a part of a millisecond counts as
// a whole one, so that a short timeout does not become none.
std::chrono::milliseconds DecodeDuration(const google::protobuf::Duration& duration,
                                         const Scope& scope);

// base_interval and max_interval of a message; the latter is ten times the former unless given.
struct BackOffIntervals {
  std::chrono::milliseconds base{0};
  std::chrono::milliseconds max{0};
};
template <typename Message>
BackOffIntervals DecodeBackOff(const Message& message, const Scope& scope) {
  BackOffIntervals intervals;
  intervals.base = DecodeDuration(message.base_interval(), scope.Field("base_interval"));
  intervals.max = message.has_max_interval()
                      ? DecodeDuration(message.max_interval(), scope.Field("max_interval"))
                      : intervals.base * 10;
  if (intervals.max < intervals.base) {
    scope.Field("max_interval").Error("must not be less than base_interval");
  }
  return intervals;
}

// An IP address and port or a UNIX path. Host names are an error, unless `name` is given: then
// nothing is returned and `name` holds the host.
std::optional<net::Address> DecodeAddress(const envoy::config::core::v3::Address& address,
                                          const Scope& scope, std::string* name = nullptr);
std::optional<net::Address> DecodeSocketAddress(
    const envoy::config::core::v3::SocketAddress& address, const Scope& scope,
    std::string* name = nullptr);
std::optional<net::CidrRange> DecodeCidrRange(const envoy::config::core::v3::CidrRange& range,
                                              const Scope& scope);
std::optional<net::CidrRange> DecodeCidrRange(const xds::core::v3::CidrRange& range,
                                              const Scope& scope);
net::TcpKeepalive DecodeKeepalive(const envoy::config::core::v3::TcpKeepalive& keepalive);

// The bytes; empty after an error.
// What it holds; "" after an error, and of a source that is elsewhere.
std::string DecodeDataSource(const envoy::config::core::v3::DataSource& source, const Scope& scope);
// Whether it names a file or variable of another machine (DataReader::IsElsewhere).
bool IsElsewhere(const envoy::config::core::v3::DataSource& source, const Scope& scope);

// A name of counters, shared with the configurations that have it already.
CountedName DecodeCountedName(std::string text, const Scope& scope);

Value DecodeStruct(const google::protobuf::Struct& message);

Fraction DecodePercent(const envoy::type::v3::FractionalPercent& percent);
// The value of runtime_key where there is one, else default_value.
Fraction DecodeFraction(const envoy::config::core::v3::RuntimeFractionalPercent& fraction,
                        const Scope& scope);

// A control plane over gRPC.
GrpcSource DecodeGrpcSource(const envoy::config::core::v3::ApiConfigSource& message,
                            const Scope& scope);
ConfigSource DecodeConfigSource(const envoy::config::core::v3::ConfigSource& source,
                                const Scope& scope);
// The same for what the bootstrap itself asks for; `has_ads`: it has an ads_config.
ConfigSource DecodeOwnSource(const envoy::config::core::v3::ConfigSource& source, bool has_ads,
                             const Scope& scope);

}  // namespace weir::config::proto
