// The two kinds of configuration text: one message (a bootstrap), and files of resources.
//
// Runs every step: syntax, names and types, field rules, and for a generated message what is
// supported. Diagnostics come back with their positions, sorted. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "source/schema/diagnostic.h"
#include "source/schema/document.h"
#include "source/schema/supported.h"

namespace weir::schema {

struct ReadResult {
  SourceMap source;  // finds the place of a path in the text
  std::vector<Unsupported> ignored;
  bool ok = false;  // no errors were added
};

// Reads the one document of `text` into `message`, a compiled-in message. An empty text is an empty
// message. A name that no API has is an error whatever `missing` says: it is a slip of the pen.
ReadResult ReadMessage(const SourceText& text, const KnownExtension& known,
                       google::protobuf::Message& message, Diagnostics& diagnostics,
                       MissingFields missing = MissingFields::kRefuse);

// A resource as written in a file.
struct TextResource {
  std::string type_url;
  std::string name;
  google::protobuf::Any any;                           // deterministic bytes
  std::unique_ptr<google::protobuf::Message> message;  // of a type of FullPool()
  SourceMap source;                                    // its paths start at the resource
  Position position;
};

// Reads YAML (any number of documents) or JSON. Each document is one resource with "@type", or a
// mapping with a list `resources` of them, which may carry what a DiscoveryResponse has beside it.
// Resources with errors are left out. Checks everything but what the data plane supports: resources
// for any kind of node are welcome. Two resources of one type and name are an error.
std::vector<TextResource> ReadResources(const SourceText& text, Diagnostics& diagnostics);

}  // namespace weir::schema
