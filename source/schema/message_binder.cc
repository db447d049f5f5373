#include "source/schema/message_binder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "source/base/encoding.h"
#include "source/base/strings.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/scalars.h"

namespace weir::schema {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

const char* KindName(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kScalar:
      return "a single value";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
  }
  return "";
}

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

}  // namespace

Diagnostic MessageBinder::At(Position position, std::string message) const {
  Diagnostic diagnostic;
  diagnostic.file = document_.file();
  diagnostic.line = position.line;
  diagnostic.column = position.column;
  diagnostic.path = path_.text();
  diagnostic.message = std::move(message);
  return diagnostic;
}

void MessageBinder::Error(const Node& node, std::string message) {
  diagnostics_.Add(At(node.position, std::move(message)));
}

void MessageBinder::ValueError(const Node& node, std::string message) {
  Diagnostic diagnostic = At(node.position, std::move(message));
  if (!secret_) {
    diagnostic.value =
        node.kind == Node::Kind::kScalar ? ShownValue(node.text) : KindName(node.kind);
  }
  diagnostics_.Add(std::move(diagnostic));
}

void MessageBinder::Bind(const Node& node, Message& message) {
  if (node.kind == Node::Kind::kNull || BindWellKnown(node, message)) return;
  BindFields(node, message, /*skip_type=*/false);
}

void MessageBinder::BindFields(const Node& node, Message& message, bool skip_type) {
  const Descriptor& type = *message.GetDescriptor();
  if (node.kind != Node::Kind::kMapping) {
    return ValueError(node, StrCat("must be a mapping with the fields of ", type.full_name()));
  }
  std::vector<const Field*> seen;
  for (const Node::Entry& entry : node.entries) {
    if (skip_type && entry.key == "@type") continue;
    const Field* field = FindField(entry, type);
    if (field == nullptr || entry.value->kind == Node::Kind::kNull) continue;
    if (!MayBeSet(entry, *field, seen)) continue;
    const auto scope = path_.Field(field->name());
    const bool outer_secret = std::exchange(secret_, secret_ || IsSensitive(*field));
    BindField(*entry.value, *field, message);
    secret_ = outer_secret;
  }
}

const FieldDescriptor* MessageBinder::FindField(const Node::Entry& entry, const Descriptor& type) {
  if (const Field* field = type.FindFieldByName(entry.key)) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == entry.key) return type.field(i);
  }
  Diagnostic diagnostic =
      At(entry.position, StrCat("unknown field \"", entry.key, "\" in ", type.full_name()));
  if (entry.key == "@type") {
    diagnostic.message = StrCat("\"@type\" has no place here: this is always a ", type.full_name());
  } else if (auto nearest = Nearest(entry.key, FieldNames(type))) {
    diagnostic.suggestion = std::move(*nearest);
  }
  diagnostics_.Add(std::move(diagnostic));
  return nullptr;
}

bool MessageBinder::MayBeSet(const Node::Entry& entry, const Field& field,
                             std::vector<const Field*>& seen) {
  for (const Field* other : seen) {
    if (other == &field) {
      diagnostics_.Add(At(entry.position, StrCat("\"", field.name(), "\" is set twice, once as \"",
                                                 field.json_name(), "\"")));
      return false;
    }
    if (field.containing_oneof() != nullptr &&
        field.containing_oneof() == other->containing_oneof()) {
      diagnostics_.Add(
          At(entry.position,
             StrCat("\"", field.name(), "\" and \"", other->name(), "\" are alternatives (",
                    field.containing_oneof()->name(), "); only one of them can be set")));
      return false;
    }
  }
  seen.push_back(&field);
  return true;
}

void MessageBinder::BindField(const Node& node, const Field& field, Message& message) {
  if (field.is_map()) return BindMap(node, field, message);
  if (field.is_repeated()) return BindList(node, field, message);
  if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
    return Bind(node, *message.GetReflection()->MutableMessage(&message, &field));
  }
  BindScalar(node, field, message);
}

void MessageBinder::BindMap(const Node& node, const Field& field, Message& message) {
  if (node.kind != Node::Kind::kMapping) return ValueError(node, "must be a mapping");
  const Field& key_field = *field.message_type()->map_key();
  const Field& value_field = *field.message_type()->map_value();
  for (const Node::Entry& entry : node.entries) {
    const auto scope = path_.Key(entry.key);
    if (entry.value->kind == Node::Kind::kNull &&
        value_field.cpp_type() != Field::CPPTYPE_MESSAGE) {
      Error(*entry.value, "a value of a map must not be null");
      continue;
    }
    Message& pair = *message.GetReflection()->AddMessage(&message, &field);
    Node key;
    key.kind = Node::Kind::kScalar;
    key.position = entry.position;
    key.text = entry.key;
    key.quoted = key_field.cpp_type() == Field::CPPTYPE_STRING;
    BindScalar(key, key_field, pair);
    BindField(*entry.value, value_field, pair);
  }
}

void MessageBinder::BindList(const Node& node, const Field& field, Message& message) {
  if (node.kind == Node::Kind::kMapping && field.cpp_type() == Field::CPPTYPE_MESSAGE) {
    // A message alone stands for a list of one, as for Protobuf's own reader: Consul's bootstraps
    // are written so.
    const auto scope = path_.Index(0);
    return Bind(node, *message.GetReflection()->AddMessage(&message, &field));
  }
  if (node.kind != Node::Kind::kSequence) return ValueError(node, "must be a list");
  for (size_t i = 0; i < node.items.size(); ++i) {
    const auto scope = path_.Index(i);
    const Node& item = *node.items[i];
    const bool takes_null = field.cpp_type() == Field::CPPTYPE_MESSAGE &&
                            field.message_type()->full_name() == "google.protobuf.Value";
    if (item.kind == Node::Kind::kNull && !takes_null) {
      Error(item, "an item of a list must not be null");
    } else if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
      Bind(item, *message.GetReflection()->AddMessage(&message, &field));
    } else {
      BindScalar(item, field, message);
    }
  }
}

namespace {

// One place for "add to the list or set": both have a call for each type.
template <typename Value>
void Put(Message& message, const FieldDescriptor& field, Value value,
         void (Reflection::*set)(Message*, const FieldDescriptor*, Value) const,
         void (Reflection::*add)(Message*, const FieldDescriptor*, Value) const) {
  (message.GetReflection()->*(field.is_repeated() ? add : set))(&message, &field, std::move(value));
}

}  // namespace

void MessageBinder::BindScalar(const Node& node, const Field& field, Message& message) {
  if (node.kind != Node::Kind::kScalar) {
    return ValueError(node, StrCat("must be a single value (", field.cpp_type_name(), ")"));
  }
  switch (field.cpp_type()) {
    case Field::CPPTYPE_STRING:
      return BindString(node, field, message);
    case Field::CPPTYPE_ENUM:
      return BindEnum(node, field, message);
    case Field::CPPTYPE_BOOL: {
      const auto value = node.quoted ? std::nullopt : ParseBool(node.text);
      if (!value) return ValueError(node, "must be true or false");
      return Put(message, field, *value, &Reflection::SetBool, &Reflection::AddBool);
    }
    case Field::CPPTYPE_DOUBLE:
    case Field::CPPTYPE_FLOAT: {
      const auto value = ParseDouble(node.text);
      if (!value) return ValueError(node, "must be a number");
      if (field.cpp_type() == Field::CPPTYPE_DOUBLE) {
        return Put(message, field, *value, &Reflection::SetDouble, &Reflection::AddDouble);
      }
      if (*value > std::numeric_limits<float>::max() ||
          *value < -std::numeric_limits<float>::max()) {
        if (*value - *value == 0) return ValueError(node, "is too large");
      }
      return Put(message, field, static_cast<float>(*value), &Reflection::SetFloat,
                 &Reflection::AddFloat);
    }
    default:
      return BindInteger(node, field, message);
  }
}

void MessageBinder::BindString(const Node& node, const Field& field, Message& message) {
  std::string value = node.text;
  if (field.type() == Field::TYPE_BYTES) {
    auto bytes = DecodeBase64(node.text);
    if (!bytes) return ValueError(node, "must be base64");
    value = std::move(*bytes);
  } else if (!node.quoted && document_.typed_scalars()) {
    return ValueError(node, "must be a string, in quotes");
  } else if (!IsUtf8(value)) {
    return Error(node, "must be UTF-8");
  }
  Put(message, field, std::move(value), &Reflection::SetString, &Reflection::AddString);
}

void MessageBinder::BindInteger(const Node& node, const Field& field, Message& message) {
  const auto out_of_range = [&](std::string_view low, std::string_view high) {
    ValueError(node, StrCat("must be a whole number from ", low, " to ", high));
  };
  switch (field.cpp_type()) {
    case Field::CPPTYPE_INT32: {
      const auto value = ParseInt64(node.text);
      if (!value || *value < std::numeric_limits<int32_t>::min() ||
          *value > std::numeric_limits<int32_t>::max()) {
        return out_of_range("-2147483648", "2147483647");
      }
      return Put(message, field, static_cast<int32_t>(*value), &Reflection::SetInt32,
                 &Reflection::AddInt32);
    }
    case Field::CPPTYPE_INT64: {
      const auto value = ParseInt64(node.text);
      if (!value) return out_of_range("-9223372036854775808", "9223372036854775807");
      return Put(message, field, *value, &Reflection::SetInt64, &Reflection::AddInt64);
    }
    case Field::CPPTYPE_UINT32: {
      const auto value = ParseUnsigned(node.text);
      if (!value || *value > std::numeric_limits<uint32_t>::max()) {
        return out_of_range("0", "4294967295");
      }
      return Put(message, field, static_cast<uint32_t>(*value), &Reflection::SetUInt32,
                 &Reflection::AddUInt32);
    }
    default: {
      const auto value = ParseUnsigned(node.text);
      if (!value) return out_of_range("0", "18446744073709551615");
      return Put(message, field, *value, &Reflection::SetUInt64, &Reflection::AddUInt64);
    }
  }
}

void MessageBinder::BindEnum(const Node& node, const Field& field, Message& message) {
  const auto& type = *field.enum_type();
  const EnumValueDescriptor* value = type.FindValueByName(node.text);
  if (value == nullptr && !node.quoted) {
    if (const auto number = ParseInt64(node.text); number &&
                                                   *number >= std::numeric_limits<int32_t>::min() &&
                                                   *number <= std::numeric_limits<int32_t>::max()) {
      value = type.FindValueByNumber(static_cast<int>(*number));
    }
  }
  if (value != nullptr) {
    return Put(message, field, value, &Reflection::SetEnum, &Reflection::AddEnum);
  }
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  Diagnostic diagnostic = At(node.position, StrCat("must be one of ", Join(names, ", ")));
  if (!secret_) diagnostic.value = ShownValue(node.text);
  for (const std::string& name : names) {
    if (EqualsIgnoreCase(name, node.text)) diagnostic.suggestion = name;
  }
  if (diagnostic.suggestion.empty()) {
    if (auto nearest = Nearest(node.text, names)) diagnostic.suggestion = std::move(*nearest);
  }
  diagnostics_.Add(std::move(diagnostic));
}

}  // namespace weir::schema
