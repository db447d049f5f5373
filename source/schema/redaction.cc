// The half of proto_to_text.h that is about secrets.

#include "source/schema/redaction.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "source/schema/any_content.h"
#include "source/schema/field_path.h"
#include "source/schema/full_pool.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/resource_type.h"
#include "source/schema/wire_bytes.h"
#include "source/schema/wire_table.h"

namespace weir::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Struct;
using google::protobuf::Value;

void RedactValue(Value& value) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      value.set_string_value(kRedacted);
      break;
    case Value::kNumberValue:
    case Value::kBoolValue:
      value.set_null_value(google::protobuf::NULL_VALUE);
      break;
    case Value::kListValue:
      for (Value& item : *value.mutable_list_value()->mutable_values()) RedactValue(item);
      break;
    case Value::kStructValue:
      for (auto& [key, member] : *value.mutable_struct_value()->mutable_fields())
        RedactValue(member);
      break;
    default:
      break;
  }
}

const FieldDescriptor* FindByEitherName(const Descriptor& type, const std::string& name) {
  if (const FieldDescriptor* field = type.FindFieldByName(name)) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == name) return type.field(i);
  }
  return nullptr;
}

void RedactMember(Value& value, const FieldDescriptor& field, int levels) {
  if (IsSensitive(field)) return RedactValue(value);
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
  if (value.has_list_value()) {
    for (Value& item : *value.mutable_list_value()->mutable_values()) {
      if (item.has_struct_value())
        RedactStruct(*item.mutable_struct_value(), *field.message_type(), levels);
    }
    return;
  }
  if (!value.has_struct_value()) return;
  if (!field.is_map()) {
    return RedactStruct(*value.mutable_struct_value(), *field.message_type(), levels);
  }
  const FieldDescriptor& map_value = *field.message_type()->map_value();
  for (auto& [key, member] : *value.mutable_struct_value()->mutable_fields()) {
    RedactMember(member, map_value, levels);
  }
}

class Redactor {
 public:
  void Walk(Message& message, bool secret, int levels) {
    const Reflection& reflection = *message.GetReflection();
    if (IsAny(message)) return WalkAny(message, secret, levels);
    if (secret) reflection.MutableUnknownFields(&message)->Clear();
    if (!secret && IsTypedStructName(message.GetDescriptor()->full_name())) {
      return WalkTypedStruct(message, levels);
    }
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      WalkField(message, *field, secret || IsSensitive(*field), levels);
    }
  }

 private:
  void WalkField(Message& message, const FieldDescriptor& field, bool secret, int levels) {
    const Reflection& reflection = *message.GetReflection();
    const int size = field.is_repeated() ? reflection.FieldSize(message, &field) : 0;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field.is_repeated()) {
        return Walk(*reflection.MutableMessage(&message, &field), secret, levels);
      }
      for (int i = 0; i < size; ++i) {
        Message& item = *reflection.MutableRepeatedMessage(&message, &field, i);
        if (field.is_map()) {
          // The key stays: it says where something was.
          WalkField(item, *field.message_type()->map_value(), secret, levels);
        } else {
          Walk(item, secret, levels);
        }
      }
      return;
    }
    if (!secret) return;
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
      return reflection.ClearField(&message, &field);
    }
    if (!field.is_repeated()) {
      return reflection.SetString(&message, &field, std::string(kRedacted));
    }
    for (int i = 0; i < size; ++i) {
      reflection.SetRepeatedString(&message, &field, i, std::string(kRedacted));
    }
  }

  void WalkAny(Message& any, bool secret, int levels) {
    const FieldDescriptor* bytes = any.GetDescriptor()->FindFieldByNumber(2);
    AnyContent content = levels < kMaxAnyLevels ? OpenAny(any) : AnyContent();
    if (content.message == nullptr) {
      if (secret || levels >= kMaxAnyLevels) any.GetReflection()->ClearField(&any, bytes);
      return;
    }
    Walk(*content.message, secret, levels + 1);
    any.GetReflection()->SetString(&any, bytes, DeterministicBytes(*content.message));
  }

  void WalkTypedStruct(Message& message, int levels) {
    OpenedTypedStruct opened = OpenTypedStruct(message);
    const Descriptor* type = FindMessageByTypeUrl(opened.type_url);
    if (type == nullptr) return;
    RedactStruct(static_cast<Struct&>(*opened.value), *type, levels);
    Message& value = *message.GetReflection()->MutableMessage(
        &message, message.GetDescriptor()->FindFieldByNumber(2));
    value.ParsePartialFromString(opened.value->SerializePartialAsString());
  }
};

}  // namespace

bool IsSensitive(const FieldDescriptor& field) {
  const auto& sensitive = SensitiveFields();
  const auto it = sensitive.find(std::string_view(field.containing_type()->full_name()));
  return it != sensitive.end() &&
         std::find(it->second.begin(), it->second.end(), field.name()) != it->second.end();
}

void RedactStruct(Struct& value, const Descriptor& type, int levels) {
  const Descriptor* actual = &type;
  if (type.well_known_type() == Descriptor::WELLKNOWNTYPE_ANY) {
    const auto it = value.fields().find("@type");
    if (it == value.fields().end()) return;
    actual = FindMessageByTypeUrl(it->second.string_value());
  }
  if (actual == nullptr) return;
  if (IsTypedStructName(actual->full_name())) {
    auto& fields = *value.mutable_fields();
    const auto url = fields.contains("typeUrl") ? fields.find("typeUrl") : fields.find("type_url");
    const auto inner = fields.find("value");
    if (url == fields.end() || inner == fields.end() || levels >= kMaxAnyLevels) return;
    actual = FindMessageByTypeUrl(url->second.string_value());
    if (actual != nullptr) RedactStruct(*inner->second.mutable_struct_value(), *actual, levels + 1);
    return;
  }
  for (auto& [key, member] : *value.mutable_fields()) {
    if (const FieldDescriptor* field = FindByEitherName(*actual, key)) {
      RedactMember(member, *field, levels);
    }
  }
}

void Redact(Message& message) { Redactor().Walk(message, /*secret=*/false, 0); }

bool HoldsSecret(std::string_view type_url, std::string_view bytes) {
  const std::unique_ptr<Message> message = NewMessageByTypeUrl(type_url);
  if (message == nullptr || !message->ParseFromString(std::string(bytes))) return true;
  const std::string before = DeterministicBytes(*message);
  Redact(*message);
  return DeterministicBytes(*message) != before;
}

}  // namespace weir::schema
