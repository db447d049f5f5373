#include "source/schema/text_to_proto.h"

#include <utility>

#include "source/base/strings.h"
#include "source/schema/field_path.h"
#include "source/schema/full_pool.h"
#include "source/schema/message_binder.h"
#include "source/schema/resource_type.h"
#include "source/schema/scalars.h"
#include "udpa/type/v1/typed_struct.pb.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace weir::schema {
namespace {

using google::protobuf::Any;
using google::protobuf::Message;
using google::protobuf::Struct;

struct TypedStructParts {
  std::string type_url;
  Struct value;
};

template <typename TypedStruct>
bool Take(const Any& any, TypedStructParts& parts) {
  TypedStruct typed_struct;
  if (!typed_struct.ParseFromString(any.value())) return false;
  parts.type_url = std::move(*typed_struct.mutable_type_url());
  parts.value.Swap(typed_struct.mutable_value());
  return true;
}

// False when the bytes are broken.
bool OpenTypedStruct(const Any& any, TypedStructParts& parts) {
  return MessageNameOf(any.type_url()) == "xds.type.v3.TypedStruct"
             ? Take<xds::type::v3::TypedStruct>(any, parts)
             : Take<udpa::type::v1::TypedStruct>(any, parts);
}

}  // namespace

bool NodeToMessage(const Document& document, const Node& node, Message& message,
                   Diagnostics& diagnostics, std::string_view path) {
  const size_t before = diagnostics.error_count();
  MessageBinder(document, path, diagnostics).Bind(node, message);
  return diagnostics.error_count() == before;
}

bool StructToMessage(const Struct& value, Message& message, Diagnostics& diagnostics,
                     std::string_view path) {
  Document document("");
  google::protobuf::Value root;
  *root.mutable_struct_value() = value;
  return NodeToMessage(document, ValueToNode(root, document), message, diagnostics, path);
}

std::unique_ptr<Message> UnpackGenerated(const Any& any, Diagnostics& diagnostics,
                                         std::string_view path) {
  const std::string_view name = MessageNameOf(any.type_url());
  if (IsTypedStructName(name)) {
    TypedStructParts parts;
    if (!OpenTypedStruct(any, parts)) {
      diagnostics.Error(std::string(path), StrCat("the bytes are no ", name));
      return nullptr;
    }
    const std::string_view inner = MessageNameOf(parts.type_url);
    std::unique_ptr<Message> message =
        IsTypedStructName(inner) ? nullptr : NewGeneratedMessage(inner);
    if (message == nullptr) {
      diagnostics.Error(std::string(path), StrCat("the type \"", inner, "\" is not supported"));
      return nullptr;
    }
    // Read as the whole API's message, so that what is not supported stays to be named by
    // supported.h.
    std::unique_ptr<Message> full = NewMessageByTypeUrl(parts.type_url);
    Message& target = full != nullptr ? *full : *message;
    if (!StructToMessage(parts.value, target, diagnostics, path)) return nullptr;
    if (full != nullptr) message->ParseFromString(full->SerializeAsString());
    return message;
  }
  std::unique_ptr<Message> message = NewGeneratedMessage(name);
  if (message == nullptr) {
    diagnostics.Error(std::string(path), StrCat("the type \"", name, "\" is not supported"));
  } else if (!message->ParseFromString(any.value())) {
    diagnostics.Error(std::string(path), StrCat("the bytes are no ", name));
    message = nullptr;
  }
  return message;
}

std::string ExtensionTypeName(const Any& any) {
  const std::string_view name = MessageNameOf(any.type_url());
  TypedStructParts parts;
  if (IsTypedStructName(name) && OpenTypedStruct(any, parts)) {
    return std::string(MessageNameOf(parts.type_url));
  }
  return std::string(name);
}

}  // namespace weir::schema
