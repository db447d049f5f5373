#include "source/schema/any_content.h"

#include <string_view>
#include <utility>

#include "google/protobuf/struct.pb.h"
#include "source/schema/field_path.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"
#include "source/schema/text_to_proto.h"

namespace weir::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

bool IsGenerated(const Message& message) {
  return message.GetDescriptor()->file()->pool() ==
         google::protobuf::DescriptorPool::generated_pool();
}

std::string StringField(const Message& message, int number) {
  return message.GetReflection()->GetString(message,
                                            message.GetDescriptor()->FindFieldByNumber(number));
}

std::unique_ptr<Message> NewLike(const Message& model, std::string_view type_name) {
  std::unique_ptr<Message> message =
      IsGenerated(model) ? NewGeneratedMessage(type_name) : NewMessageByTypeUrl(type_name);
  if (message != nullptr) return message;
  return IsGenerated(model) ? NewMessageByTypeUrl(type_name) : NewGeneratedMessage(type_name);
}

}  // namespace

bool IsAny(const Message& message) {
  return message.GetDescriptor()->well_known_type() == Descriptor::WELLKNOWNTYPE_ANY;
}

AnyContent OpenAny(const Message& any) {
  AnyContent content;
  content.type_url = StringField(any, 1);
  if (content.type_url.empty()) return content;
  content.message = NewLike(any, MessageNameOf(content.type_url));
  if (content.message != nullptr && !content.message->ParsePartialFromString(StringField(any, 2))) {
    content.message = nullptr;
  }
  return content;
}

AnyContent OpenExtension(const Message& any) {
  AnyContent content = OpenAny(any);
  if (content.message == nullptr ||
      !IsTypedStructName(content.message->GetDescriptor()->full_name())) {
    return content;
  }
  OpenedTypedStruct typed_struct = OpenTypedStruct(*content.message);
  content.type_url = std::move(typed_struct.type_url);
  content.message = nullptr;
  if (IsTypedStructName(MessageNameOf(content.type_url))) return content;
  // Through the whole API's message: the compiled-in one may lack fields, which must not vanish.
  std::unique_ptr<Message> full = NewMessageByTypeUrl(content.type_url);
  if (full == nullptr) return content;
  Diagnostics unused;
  StructToMessage(static_cast<const google::protobuf::Struct&>(*typed_struct.value), *full, unused);
  content.message = std::move(full);
  if (IsGenerated(any)) {
    auto generated = NewGeneratedMessage(MessageNameOf(content.type_url));
    if (generated != nullptr &&
        generated->ParsePartialFromString(content.message->SerializePartialAsString())) {
      content.message = std::move(generated);
    }
  }
  return content;
}

OpenedTypedStruct OpenTypedStruct(const Message& message) {
  OpenedTypedStruct opened;
  opened.type_url = StringField(message, 1);
  auto value = std::make_unique<google::protobuf::Struct>();
  value->ParsePartialFromString(
      message.GetReflection()
          ->GetMessage(message, message.GetDescriptor()->FindFieldByNumber(2))
          .SerializePartialAsString());
  opened.value = std::move(value);
  return opened;
}

}  // namespace weir::schema
