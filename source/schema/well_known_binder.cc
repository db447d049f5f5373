// The messages that have a form of their own in JSON (protobuf's JSON mapping), and both
// TypedStructs.

#include <utility>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"
#include "source/base/strings.h"
#include "source/schema/full_pool.h"
#include "source/schema/message_binder.h"
#include "source/schema/resource_type.h"
#include "source/schema/scalars.h"
#include "source/schema/wire_bytes.h"

namespace weir::schema {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

bool IsWrapper(Descriptor::WellKnownType type) {
  return type >= Descriptor::WELLKNOWNTYPE_DOUBLEVALUE &&
         type <= Descriptor::WELLKNOWNTYPE_BOOLVALUE;
}

void SetSecondsAndNanos(Message& message, int64_t seconds, int32_t nanos) {
  const Descriptor& type = *message.GetDescriptor();
  message.GetReflection()->SetInt64(&message, type.FindFieldByNumber(1), seconds);
  message.GetReflection()->SetInt32(&message, type.FindFieldByNumber(2), nanos);
}

}  // namespace

bool MessageBinder::BindWellKnown(const Node& node, Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const auto known = type.well_known_type();
  if (IsWrapper(known)) {
    BindScalar(node, *type.FindFieldByNumber(1), message);
    return true;
  }
  switch (known) {
    case Descriptor::WELLKNOWNTYPE_ANY:
      BindAny(node, message);
      return true;
    case Descriptor::WELLKNOWNTYPE_DURATION:
      BindDuration(node, message);
      return true;
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      BindTimestamp(node, message);
      return true;
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      BindFieldMask(node, message);
      return true;
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      BindStruct(node, message);
      return true;
    default:
      if (IsTypedStructName(type.full_name())) CheckTypedStruct(node);
      return false;
  }
}

void MessageBinder::BindDuration(const Node& node, Message& message) {
  if (node.kind == Node::Kind::kScalar) {
    if (const auto duration = ParseDuration(node.text)) {
      return SetSecondsAndNanos(message, duration->seconds(), duration->nanos());
    }
    Diagnostic diagnostic =
        At(node.position, "must be a duration in seconds with the unit s, such as 1.5s");
    if (!secret_) diagnostic.value = ShownValue(node.text);
    diagnostic.suggestion = DurationHint(node.text);
    return diagnostics_.Add(std::move(diagnostic));
  }
  ValueError(node, "must be a duration in seconds with the unit s, such as 1.5s");
}

void MessageBinder::BindTimestamp(const Node& node, Message& message) {
  google::protobuf::Timestamp timestamp;
  if (node.kind != Node::Kind::kScalar ||
      !google::protobuf::util::TimeUtil::FromString(node.text, &timestamp)) {
    return ValueError(node, "must be a time such as 2026-01-31T12:00:00Z (RFC 3339)");
  }
  SetSecondsAndNanos(message, timestamp.seconds(), timestamp.nanos());
}

void MessageBinder::BindFieldMask(const Node& node, Message& message) {
  if (node.kind != Node::Kind::kScalar) {
    return ValueError(node, "must be names of fields joined by commas");
  }
  if (node.text.empty()) return;
  const FieldDescriptor* paths = message.GetDescriptor()->FindFieldByNumber(1);
  for (std::string_view path : Split(node.text, ',')) {
    std::string name;
    for (char c : path) {
      if (c >= 'A' && c <= 'Z') name += '_';
      name += AsciiToLower(c);
    }
    message.GetReflection()->AddString(&message, paths, std::move(name));
  }
}

void MessageBinder::BindStruct(const Node& node, Message& message) {
  const auto known = message.GetDescriptor()->well_known_type();
  const google::protobuf::Value value = NodeToValue(node);
  const Message* part = &value;
  if (known == Descriptor::WELLKNOWNTYPE_STRUCT) {
    if (node.kind != Node::Kind::kMapping) return ValueError(node, "must be a mapping");
    part = &value.struct_value();
  } else if (known == Descriptor::WELLKNOWNTYPE_LISTVALUE) {
    if (node.kind != Node::Kind::kSequence) return ValueError(node, "must be a list");
    part = &value.list_value();
  }
  // Through the bytes: `message` may be a dynamic one. What is deeper than bytes may be, or not
  // UTF-8, is refused here.
  if (!message.MergeFromString(DeterministicBytes(*part))) {
    Error(node, "is nested too deeply or not UTF-8");
  }
}

void MessageBinder::BindAny(const Node& node, Message& message) {
  if (node.kind != Node::Kind::kMapping) {
    return ValueError(node, "must be a mapping with \"@type\" and the fields of that type");
  }
  if (node.entries.empty()) return;
  const Node* type = node.Find("@type");
  if (type == nullptr || type->kind != Node::Kind::kScalar) {
    return Error(node,
                 "needs \"@type\", which says what it is, such as "
                 "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router");
  }
  std::unique_ptr<Message> content = NewForType(*type, type->text);
  if (content == nullptr) return;
  const Descriptor& content_type = *content->GetDescriptor();
  if (content_type.well_known_type() != Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
    if (const Node* value = node.Find("value")) {
      BindWellKnown(*value, *content);
    }
  } else {
    if (IsTypedStructName(content_type.full_name())) CheckTypedStruct(node);
    BindFields(node, *content, /*skip_type=*/true);
  }
  const Descriptor& any = *message.GetDescriptor();
  message.GetReflection()->SetString(&message, any.FindFieldByNumber(1), type->text);
  message.GetReflection()->SetString(&message, any.FindFieldByNumber(2),
                                     DeterministicBytes(*content));
}

std::unique_ptr<Message> MessageBinder::NewForType(const Node& type_node,
                                                   const std::string& type_url) {
  const std::string_view name = MessageNameOf(type_url);
  std::unique_ptr<Message> content = NewMessageByTypeUrl(type_url);
  if (content == nullptr) content = NewGeneratedMessage(name);
  if (content != nullptr && type_url.find('/') != std::string::npos) return content;
  Diagnostic diagnostic = At(type_node.position, "unknown type");
  diagnostic.path = path_.With("@type");
  diagnostic.value = ShownValue(type_url);
  if (content != nullptr) {
    diagnostic.message = "a type URL has a host before the name";
    diagnostic.suggestion = StrCat(kTypeUrlPrefix, name);
  } else if (auto nearest = Nearest(name, MessageNames())) {
    diagnostic.suggestion = StrCat(kTypeUrlPrefix, *nearest);
  }
  diagnostics_.Add(std::move(diagnostic));
  return nullptr;
}

// The value of a TypedStruct must fit the type that it names, as far as that is known. Foreign
// types pass.
void MessageBinder::CheckTypedStruct(const Node& node) {
  if (node.kind != Node::Kind::kMapping) return;
  const Node* type = node.Find("type_url");
  if (type == nullptr) type = node.Find("typeUrl");
  const Node* value = node.Find("value");
  if (type == nullptr || value == nullptr || value->kind == Node::Kind::kNull) return;
  if (std::unique_ptr<Message> content = NewMessageByTypeUrl(type->text)) {
    if (IsTypedStructName(content->GetDescriptor()->full_name())) {
      return Error(*type, "a TypedStruct cannot stand for a TypedStruct");
    }
    Bind(*value, *content);
  }
}

}  // namespace weir::schema
