// The seam between the xDS protocol and what carries it: one bidirectional stream of ADS, as bytes.
//
//   stream = transport.Open(variant, handler)
//   stream->Send(...)*  any number, at any time after Open
//   handler.OnMessage*  each message whole
//   handler.OnClosed    once, when the stream has ended or could not be made; nothing follows
//
// Loop's thread. Events come from the loop and never from inside Open or Send. Destroying the
// stream gives it up: no event comes any more. A stream may be destroyed from inside its own
// events. Transport and handler outlive the stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"

namespace weir::xds {

// The two protocols: state of the world (StreamAggregatedResources: DiscoveryRequest and -Response)
// and incremental (DeltaAggregatedResources: DeltaDiscoveryRequest and -Response).
enum class Variant : uint8_t { kSotw, kDelta };

class TransportHandler {
 public:
  // A serialised response of the variant. The next one comes only after this returned.
  virtual void OnMessage(std::string bytes) = 0;
  // The peer's status; OK when it ended the stream in order.
  virtual void OnClosed(absl::Status status) = 0;

 protected:
  ~TransportHandler() = default;
};

class TransportStream {
 public:
  virtual ~TransportStream() = default;
  // A serialised request. Kept and sent in order when the connection is not up yet; dropped when
  // the stream has ended.
  virtual void Send(std::string bytes) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual std::unique_ptr<TransportStream> Open(Variant variant, TransportHandler& handler) = 0;
};

}  // namespace weir::xds
