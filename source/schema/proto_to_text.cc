#include "source/schema/proto_to_text.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"
#include "source/base/encoding.h"
#include "source/base/strings.h"
#include "source/schema/any_content.h"
#include "source/schema/field_path.h"
#include "source/schema/full_pool.h"
#include "source/schema/redaction.h"
#include "source/schema/scalars.h"
#include "source/schema/text_writer.h"

namespace weir::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Value;

class Printer {
 public:
  Printer(const TextOptions& options, TextWriter& writer) : options_(options), writer_(writer) {}

  void Print(const Message& message) {
    if (PrintWellKnown(message)) return;
    writer_.BeginObject();
    PrintFields(message);
    writer_.EndObject();
  }

 private:
  void PrintFields(const Message& message) {
    if (!secret_ && options_.secrets == TextOptions::Secrets::kRedact &&
        IsTypedStructName(message.GetDescriptor()->full_name())) {
      return PrintTypedStruct(message);
    }
    for (const FieldDescriptor* field : FieldsOf(message)) {
      const bool outer = std::exchange(
          secret_,
          secret_ || (options_.secrets == TextOptions::Secrets::kRedact && IsSensitive(*field)));
      const bool shown = !secret_ || field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE ||
                         field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
      if (shown) {
        writer_.Key(options_.camel_case ? field->json_name() : field->name());
        PrintField(message, *field);
      }
      secret_ = outer;
    }
  }

  std::vector<const FieldDescriptor*> FieldsOf(const Message& message) const {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    if (!options_.always_print_primitives) return fields;
    const Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      if (field->containing_oneof() != nullptr ||
          (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated()) ||
          std::find(fields.begin(), fields.end(), field) != fields.end()) {
        continue;
      }
      fields.push_back(field);
    }
    std::sort(fields.begin(), fields.end(), [](const FieldDescriptor* a, const FieldDescriptor* b) {
      return a->number() < b->number();
    });
    return fields;
  }

  void PrintTypedStruct(const Message& message) {
    OpenedTypedStruct opened = OpenTypedStruct(message);
    auto& value = static_cast<google::protobuf::Struct&>(*opened.value);
    if (const Descriptor* type = FindMessageByTypeUrl(opened.type_url))
      RedactStruct(value, *type, 0);
    writer_.Key(options_.camel_case ? "typeUrl" : "type_url");
    writer_.String(opened.type_url);
    writer_.Key("value");
    PrintStruct(value);
  }

  void PrintField(const Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    if (field.is_map()) return PrintMap(message, field);
    if (!field.is_repeated()) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        return Print(reflection.GetMessage(message, &field));
      }
      return PrintScalar(message, field, std::nullopt);
    }
    writer_.BeginList();
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Print(reflection.GetRepeatedMessage(message, &field, i));
      } else {
        PrintScalar(message, field, i);
      }
    }
    writer_.EndList();
  }

  static std::string KeyText(const Message& entry, const FieldDescriptor& key) {
    const Reflection& reflection = *entry.GetReflection();
    switch (key.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.GetString(entry, &key);
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.GetBool(entry, &key) ? "true" : "false";
      case FieldDescriptor::CPPTYPE_INT32:
        return StrCat(reflection.GetInt32(entry, &key));
      case FieldDescriptor::CPPTYPE_INT64:
        return StrCat(reflection.GetInt64(entry, &key));
      case FieldDescriptor::CPPTYPE_UINT32:
        return StrCat(reflection.GetUInt32(entry, &key));
      default:
        return StrCat(reflection.GetUInt64(entry, &key));
    }
  }

  // By key, so that equal messages give equal text.
  void PrintMap(const Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    std::vector<std::pair<std::string, const Message*>> entries;
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
      entries.emplace_back(KeyText(entry, *field.message_type()->map_key()), &entry);
    }
    std::sort(entries.begin(), entries.end());
    writer_.BeginObject();
    for (const auto& [key, entry] : entries) {
      writer_.Key(key);
      PrintField(*entry, *field.message_type()->map_value());
    }
    writer_.EndObject();
  }

  void PrintScalar(const Message& message, const FieldDescriptor& field, std::optional<int> index) {
    const Reflection& reflection = *message.GetReflection();
    const auto get = [&](auto single, auto repeated) {
      return index ? (reflection.*repeated)(message, &field, *index)
                   : (reflection.*single)(message, &field);
    };
    if (secret_) return writer_.String(kRedacted);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text = get(&Reflection::GetString, &Reflection::GetRepeatedString);
        return writer_.String(field.type() == FieldDescriptor::TYPE_BYTES ? EncodeBase64(text)
                                                                          : text);
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        return writer_.Plain(get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true"
                                                                                     : "false");
      case FieldDescriptor::CPPTYPE_INT32:
        return writer_.Plain(StrCat(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32)));
      case FieldDescriptor::CPPTYPE_UINT32:
        return writer_.Plain(StrCat(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32)));
      // 64 bits do not fit into JavaScript's numbers: text.
      case FieldDescriptor::CPPTYPE_INT64:
        return writer_.String(StrCat(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64)));
      case FieldDescriptor::CPPTYPE_UINT64:
        return writer_.String(StrCat(get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64)));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return PrintDouble(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return PrintDouble(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int number = get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
        const auto* value = field.enum_type()->FindValueByNumber(number);
        return value != nullptr ? writer_.String(value->name()) : writer_.Plain(StrCat(number));
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return;
    }
  }

  void PrintDouble(double value) {
    const std::string text = DoubleToText(value);
    const bool number = value - value == 0;
    number ? writer_.Plain(text) : writer_.String(text);
  }

  bool PrintWellKnown(const Message& message);
  void PrintAny(const Message& any);
  void PrintStruct(const google::protobuf::Struct& value);
  void PrintValue(const Value& value);

  const TextOptions& options_;
  TextWriter& writer_;
  bool secret_ = false;
  int any_levels_ = 0;
};

bool Printer::PrintWellKnown(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  const auto known = type.well_known_type();
  if (known >= Descriptor::WELLKNOWNTYPE_DOUBLEVALUE &&
      known <= Descriptor::WELLKNOWNTYPE_BOOLVALUE) {
    PrintScalar(message, *type.FindFieldByNumber(1), std::nullopt);
    return true;
  }
  switch (known) {
    case Descriptor::WELLKNOWNTYPE_ANY:
      PrintAny(message);
      return true;
    case Descriptor::WELLKNOWNTYPE_DURATION:
      writer_.String(secret_
                         ? kRedacted
                         : DurationToText(reflection.GetInt64(message, type.FindFieldByNumber(1)),
                                          reflection.GetInt32(message, type.FindFieldByNumber(2)),
                                          /*in_threes=*/true));
      return true;
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP: {
      google::protobuf::Timestamp timestamp;
      timestamp.set_seconds(reflection.GetInt64(message, type.FindFieldByNumber(1)));
      timestamp.set_nanos(reflection.GetInt32(message, type.FindFieldByNumber(2)));
      writer_.String(secret_ ? kRedacted : google::protobuf::util::TimeUtil::ToString(timestamp));
      return true;
    }
    case Descriptor::WELLKNOWNTYPE_FIELDMASK: {
      std::vector<std::string> paths;
      const FieldDescriptor* field = type.FindFieldByNumber(1);
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        paths.push_back(LowerCamel(reflection.GetRepeatedString(message, field, i)));
      }
      writer_.String(Join(paths, ","));
      return true;
    }
    case Descriptor::WELLKNOWNTYPE_STRUCT: {
      google::protobuf::Struct value;
      value.ParsePartialFromString(message.SerializePartialAsString());
      PrintStruct(value);
      return true;
    }
    case Descriptor::WELLKNOWNTYPE_VALUE: {
      Value value;
      value.ParsePartialFromString(message.SerializePartialAsString());
      PrintValue(value);
      return true;
    }
    case Descriptor::WELLKNOWNTYPE_LISTVALUE: {
      Value value;
      value.mutable_list_value()->ParsePartialFromString(message.SerializePartialAsString());
      PrintValue(value);
      return true;
    }
    default:
      return false;
  }
}

void Printer::PrintAny(const Message& any) {
  AnyContent content = OpenAny(any);
  writer_.BeginObject();
  if (!content.type_url.empty()) {
    writer_.Key("@type");
    writer_.String(content.type_url);
  }
  ++any_levels_;
  if (content.message != nullptr && any_levels_ <= kMaxAnyLevels) {
    if (content.message->GetDescriptor()->well_known_type() ==
        Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
      PrintFields(*content.message);
    } else {
      writer_.Key("value");
      Print(*content.message);
    }
  } else if (!content.type_url.empty()) {
    writer_.Key("value");
    PrintScalar(any, *any.GetDescriptor()->FindFieldByNumber(2), std::nullopt);
  }
  --any_levels_;
  writer_.EndObject();
}

void Printer::PrintStruct(const google::protobuf::Struct& value) {
  std::vector<const std::string*> keys;
  for (const auto& [key, member] : value.fields()) keys.push_back(&key);
  std::sort(keys.begin(), keys.end(), [](const auto* a, const auto* b) { return *a < *b; });
  writer_.BeginObject();
  for (const std::string* key : keys) {
    writer_.Key(*key);
    PrintValue(value.fields().at(*key));
  }
  writer_.EndObject();
}

void Printer::PrintValue(const Value& value) {
  switch (value.kind_case()) {
    case Value::kStructValue:
      return PrintStruct(value.struct_value());
    case Value::kListValue:
      writer_.BeginList();
      for (const Value& item : value.list_value().values()) PrintValue(item);
      return writer_.EndList();
    case Value::kStringValue:
      return writer_.String(secret_ ? kRedacted : value.string_value());
    case Value::kNumberValue:
      return secret_ ? writer_.Plain("null") : PrintDouble(value.number_value());
    case Value::kBoolValue:
      return writer_.Plain(secret_ ? "null" : value.bool_value() ? "true" : "false");
    default:
      return writer_.Plain("null");
  }
}

std::string ToText(const Message& message, const TextOptions& options, TextWriter::Format format) {
  TextWriter writer(format);
  Printer(options, writer).Print(message);
  return writer.Take();
}

}  // namespace

std::string MessageToJson(const Message& message, const TextOptions& options) {
  return ToText(message, options,
                options.pretty ? TextWriter::Format::kJson : TextWriter::Format::kJsonOneLine);
}

std::string MessageToYaml(const Message& message, const TextOptions& options) {
  return ToText(message, options, TextWriter::Format::kYaml);
}

}  // namespace weir::schema
