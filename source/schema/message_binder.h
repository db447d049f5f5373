// The walk of a document against a descriptor; what text_to_proto.h offers is made of it. Private
// to schema.
//
// Writes through reflection, so that generated and dynamic messages are filled alike. One use, one
// thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "source/schema/diagnostic.h"
#include "source/schema/document.h"
#include "source/schema/field_path.h"

namespace weir::schema {

class MessageBinder {
 public:
  MessageBinder(const Document& document, std::string_view path_prefix, Diagnostics& diagnostics)
      : document_(document), path_(path_prefix), diagnostics_(diagnostics) {}

  // Merges `node` into `message`; on errors goes on with the rest.
  void Bind(const Node& node, google::protobuf::Message& message);

 private:
  using Field = google::protobuf::FieldDescriptor;

  // message_binder.cc
  void BindFields(const Node& node, google::protobuf::Message& message, bool skip_type);
  const Field* FindField(const Node::Entry& entry, const google::protobuf::Descriptor& type);
  bool MayBeSet(const Node::Entry& entry, const Field& field, std::vector<const Field*>& seen);
  void BindField(const Node& node, const Field& field, google::protobuf::Message& message);
  void BindMap(const Node& node, const Field& field, google::protobuf::Message& message);
  void BindList(const Node& node, const Field& field, google::protobuf::Message& message);
  void BindScalar(const Node& node, const Field& field, google::protobuf::Message& message);
  void BindString(const Node& node, const Field& field, google::protobuf::Message& message);
  void BindInteger(const Node& node, const Field& field, google::protobuf::Message& message);
  void BindEnum(const Node& node, const Field& field, google::protobuf::Message& message);

  // well_known_binder.cc
  bool BindWellKnown(const Node& node, google::protobuf::Message& message);
  void BindDuration(const Node& node, google::protobuf::Message& message);
  void BindTimestamp(const Node& node, google::protobuf::Message& message);
  void BindFieldMask(const Node& node, google::protobuf::Message& message);
  void BindStruct(const Node& node, google::protobuf::Message& message);
  void BindAny(const Node& node, google::protobuf::Message& message);
  std::unique_ptr<google::protobuf::Message> NewForType(const Node& type_node,
                                                        const std::string& type_url);
  void CheckTypedStruct(const Node& node);

  Diagnostic At(Position position, std::string message) const;
  void Error(const Node& node, std::string message);
  // With the value of a scalar, unless it is secret.
  void ValueError(const Node& node, std::string message);

  const Document& document_;
  FieldPath path_;
  Diagnostics& diagnostics_;
  bool secret_ = false;  // inside a field of api/sensitive.tsv
};

}  // namespace weir::schema
