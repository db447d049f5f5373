// A message of the API being filled in by the names of its fields.
//
//   auto dump = NewDraftMessage("envoy.admin.v3.Clusters");
//   Draft status = Draft(*dump).Add("cluster_statuses");
//   status.Text("name", name).Flag("added_via_api", true);
//
// The messages are of the whole API's pool (schema/full_pool.h), so that configuration inside is
// shown with the fields, too, that this program does not implement. A field that the message lacks
// is a broken invariant. Values equal to the default set nothing. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "source/event/clock.h"

namespace weir::admin {

// `type` is a message of the API.
std::unique_ptr<google::protobuf::Message> NewDraftMessage(std::string_view type);

class Draft {
 public:
  explicit Draft(google::protobuf::Message& message) : message_(&message) {}

  Draft& Text(std::string_view field, std::string_view value);
  Draft& Number(std::string_view field, uint64_t value);  // uint32 or uint64
  Draft& Flag(std::string_view field, bool value);
  // By the value's name; one that the enum lacks sets nothing.
  Draft& Enum(std::string_view field, std::string_view value);
  Draft& Time(std::string_view field, event::SystemTime value);        // google.protobuf.Timestamp
  Draft& Seconds(std::string_view field, std::chrono::seconds value);  // google.protobuf.Duration
  Draft& Any(std::string_view field, std::string_view type_url, std::string_view bytes);
  // False when `bytes` are no such message.
  bool Parse(std::string_view field, const std::string& bytes);
  Draft Sub(std::string_view field);
  Draft Add(std::string_view field);
  // Sets a singular field, or adds to a repeated one, from its text as a command line has it: a
  // number, true or false, the name of an enum's value in any case, "12s". False when there is no
  // such field or the text does not fit.
  bool FromText(std::string_view field, std::string_view text);

  google::protobuf::Message& message() { return *message_; }

 private:
  const google::protobuf::FieldDescriptor& Field(std::string_view name) const;

  google::protobuf::Message* message_;  // Never null.
};

}  // namespace weir::admin
