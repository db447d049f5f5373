#include "source/admin/draft.h"

#include <algorithm>
#include <optional>

#include "google/protobuf/descriptor.h"
#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/schema/full_pool.h"

namespace weir::admin {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

// The longest that google.protobuf.Duration may be.
constexpr uint64_t kMostSeconds = 315'576'000'000;

void SetSecondsAndNanos(Message& message, std::chrono::seconds seconds,
                        std::chrono::nanoseconds rest) {
  const Descriptor& type = *message.GetDescriptor();
  message.GetReflection()->SetInt64(&message, type.FindFieldByNumber(1), seconds.count());
  message.GetReflection()->SetInt32(&message, type.FindFieldByNumber(2),
                                    static_cast<int32_t>(rest.count()));
}

}  // namespace

std::unique_ptr<Message> NewDraftMessage(std::string_view type) {
  const Descriptor* const descriptor = schema::FindMessage(type);
  WEIR_CHECK(descriptor != nullptr, "a message of the API");
  return schema::NewMessage(*descriptor);
}

const FieldDescriptor& Draft::Field(std::string_view name) const {
  const FieldDescriptor* const field =
      message_->GetDescriptor()->FindFieldByName(std::string(name));
  WEIR_CHECK(field != nullptr, "a field of the message");
  return *field;
}

Draft& Draft::Text(std::string_view field, std::string_view value) {
  if (value.empty()) return *this;
  message_->GetReflection()->SetString(message_, &Field(field), std::string(value));
  return *this;
}

Draft& Draft::Number(std::string_view field, uint64_t value) {
  if (value == 0) return *this;
  const FieldDescriptor& descriptor = Field(field);
  if (descriptor.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    message_->GetReflection()->SetUInt32(message_, &descriptor, static_cast<uint32_t>(value));
  } else {
    message_->GetReflection()->SetUInt64(message_, &descriptor, value);
  }
  return *this;
}

Draft& Draft::Flag(std::string_view field, bool value) {
  if (value) message_->GetReflection()->SetBool(message_, &Field(field), true);
  return *this;
}

Draft& Draft::Enum(std::string_view field, std::string_view value) {
  const FieldDescriptor& descriptor = Field(field);
  const auto* const found = descriptor.enum_type()->FindValueByName(std::string(value));
  if (found != nullptr && found->number() != 0)
    message_->GetReflection()->SetEnum(message_, &descriptor, found);
  return *this;
}

Draft& Draft::Time(std::string_view field, event::SystemTime value) {
  if (value == event::SystemTime{}) return *this;
  const std::chrono::nanoseconds since = value.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  SetSecondsAndNanos(Sub(field).message(), seconds, since - seconds);
  return *this;
}

Draft& Draft::Seconds(std::string_view field, std::chrono::seconds value) {
  SetSecondsAndNanos(Sub(field).message(), value, {});
  return *this;
}

Draft& Draft::Any(std::string_view field, std::string_view type_url, std::string_view bytes) {
  Sub(field).Text("type_url", type_url).Text("value", bytes);
  return *this;
}

bool Draft::Parse(std::string_view field, const std::string& bytes) {
  return Sub(field).message().ParsePartialFromString(bytes);
}

Draft Draft::Sub(std::string_view field) {
  return Draft(*message_->GetReflection()->MutableMessage(message_, &Field(field)));
}

Draft Draft::Add(std::string_view field) {
  return Draft(*message_->GetReflection()->AddMessage(message_, &Field(field)));
}

bool Draft::FromText(std::string_view name, std::string_view text) {
  const FieldDescriptor* const field =
      message_->GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr) return false;
  const std::optional<uint64_t> number = ParseUint64(text);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field->is_repeated()) {
        message_->GetReflection()->AddString(message_, field, std::string(text));
      } else {
        Text(name, text);
      }
      return true;
    case FieldDescriptor::CPPTYPE_BOOL:
      Flag(name, text == "true");
      return text == "true" || text == "false";
    case FieldDescriptor::CPPTYPE_UINT32:
      if (number.value_or(UINT64_MAX) > UINT32_MAX) return false;
      [[fallthrough]];
    case FieldDescriptor::CPPTYPE_UINT64:
      if (number.has_value()) Number(name, *number);
      return number.has_value();
    case FieldDescriptor::CPPTYPE_ENUM:
      for (int i = 0; i < field->enum_type()->value_count(); ++i) {
        const auto* const value = field->enum_type()->value(i);
        if (!EqualsIgnoreCase(value->name(), text)) continue;
        Enum(name, value->name());
        return true;
      }
      return false;
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      if (field->message_type()->well_known_type() != Descriptor::WELLKNOWNTYPE_DURATION)
        return false;
      const auto seconds =
          text.ends_with('s') ? ParseUint64(text.substr(0, text.size() - 1)) : std::nullopt;
      if (seconds.value_or(UINT64_MAX) > kMostSeconds) return false;
      Seconds(name, std::chrono::seconds(*seconds));
      return true;
    }
    default:
      return false;
  }
}

}  // namespace weir::admin
