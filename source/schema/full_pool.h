// Descriptors of the whole xDS v3 API, from the tables in api/wire, which are compiled in.
//
// The control plane carries every resource through this pool; the data plane touches it only when
// it has to name a field that it does not know. Files are built when they are first asked for.
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace weir::schema {

// Every message and enum of the tables, the well-known types and google.rpc.Status. Messages of
// other APIs that fields refer to (CEL, OpenTelemetry, Prometheus) are there without fields: their
// bytes are carried. Top-level enums live in a file of their own for each package.
const google::protobuf::DescriptorPool& FullPool();

// Null when the API has no such message. `name` is a full name: "envoy.config.cluster.v3.Cluster".
const google::protobuf::Descriptor* FindMessage(std::string_view name);

// As FindMessage, from "type.googleapis.com/NAME"; any host part is accepted.
const google::protobuf::Descriptor* FindMessageByTypeUrl(std::string_view type_url);

// An empty message of a type of FullPool(); null when there is none. Lives independently of others.
std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor& type);
std::unique_ptr<google::protobuf::Message> NewMessageByTypeUrl(std::string_view type_url);

// The compiled-in message of a type when this program has it, else null.
std::unique_ptr<google::protobuf::Message> NewGeneratedMessage(std::string_view name);

// Full names of all messages of the tables, sorted; for "did you mean".
std::vector<std::string> MessageNames();

}  // namespace weir::schema
