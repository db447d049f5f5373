// Where the value comes from that a match tree looks at: the inputs of xDS
// (envoy.type.matcher.v3.Http*MatchInput, envoy.extensions.matching.common_inputs.*). Plain values,
// pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/value.h"
#include "source/match/match_facts.h"
#include "source/net/address.h"
#include "source/stream_info/stream_info.h"

namespace weir::match {

struct DataInput {
  enum class Kind : uint8_t {
    kRequestHeader,   // of `name`, lower case; several values are joined by ","
    kQueryParameter,  // of `name`; the first value
    kDestinationIp,
    kDestinationPort,
    kSourceIp,
    kSourcePort,
    kDirectSourceIp,
    kSourceType,  // "local", or nothing
    kServerName,
    kTransportProtocol,
    kApplicationProtocol,  // "'h2','http/1.1'"
    kUriSan,               // of the client's certificate, joined by ","
    kDnsSan,
    kSubject,
    kDynamicMetadata,  // at `path`; has no text
    kFilterState,      // the object `name`, or its field `path`
  };
  Kind kind = Kind::kRequestHeader;
  std::string name = {};
  std::vector<std::string> path = {};  // As MetadataMatcher's; of kFilterState at most one.

  friend bool operator==(const DataInput&, const DataInput&) = default;
};

// The text that an input gives.
class InputText {
 public:
  InputText(const DataInput& input, const MatchFacts& facts);
  InputText(const InputText&) = delete;
  InputText& operator=(const InputText&) = delete;

  // Nothing: the input has no value. Points into the facts or into this.
  std::optional<std::string_view> view() const { return view_; }

 private:
  void Own(std::string text);
  void ReadObject(const DataInput& input, const MatchFacts& facts);

  std::optional<std::string_view> view_;
  std::string own_;
};

// The value that an input of kDynamicMetadata gives; null: none.
const Value* InputValue(const DataInput& input, const MatchFacts& facts);

// The address that an input gives, or that its text is.
std::optional<net::IpAddress> InputAddress(const DataInput& input, const MatchFacts& facts);

// Whether the source is a loopback address, that of the destination, or behind a UNIX socket.
bool IsLocalSource(const stream_info::ConnectionInfo& connection);

}  // namespace weir::match
