// One response of a discovery stream, and its bytes.
//
// The bytes are in two parts, as Protobuf allows fields in any order: a body (version, type,
// resources) which streams that are sent the same thing share, and a small tail of the stream's own
// (nonce, the name of the control plane). Engine's thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "source/control/engine/request.h"
#include "source/control/engine/resource.h"

namespace weir::control::engine {

struct Response {
  Variant variant = Variant::kSotw;
  std::string type_url;
  std::string version;  // SotW: version_info. Delta: of the whole type, not on the wire.
  std::string nonce;
  std::string label;     // For people: of the control plane and its revision.
  bool wrapped = false;  // SotW: each resource inside a discovery.v3.Resource (C8).
  std::vector<ResourcePtr> resources;
  std::vector<std::string> removed;  // Delta.
  // Which of `resources` the client has not been sent in this form before. Not on the wire.
  std::vector<ResourcePtr> changed;
};

struct EncodedResponse {
  std::shared_ptr<const std::string> body;
  std::string tail;

  std::string Joined() const { return *body + tail; }
};

// Keeps the last few bodies, so that a change which goes to a thousand streams is encoded once; but
// none with secrets: a key ends with its resource.
class ResponseEncoder {
 public:
  EncodedResponse Encode(const Response& response);

  uint64_t encoded_bodies() const { return encoded_bodies_; }

 private:
  struct Entry {
    Variant variant;
    bool wrapped;
    std::string type_url;
    std::string version;
    std::vector<ResourcePtr> resources;
    std::vector<std::string> removed;
    std::shared_ptr<const std::string> body;
  };
  static constexpr size_t kEntries = 16;

  std::deque<Entry> entries_;  // Newest first.
  uint64_t encoded_bodies_ = 0;
};

}  // namespace weir::control::engine
