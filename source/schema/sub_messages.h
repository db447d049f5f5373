// The messages in one field of a message, whatever its label: for walks that name where they are.
#pragma once

#include <cstddef>

#include "google/protobuf/message.h"
#include "source/schema/field_path.h"
#include "source/schema/scalar_rules.h"

namespace weir::schema {

// Calls visit(const Message&) for the message of `field`, for each of a repeated field, and for
// each value of a map that is one; `path`, which stands at the field, has the index or key
// meanwhile.
template <typename Visit>
void ForEachMessageIn(const google::protobuf::Message& parent,
                      const google::protobuf::FieldDescriptor& field, FieldPath& path,
                      Visit visit) {
  using google::protobuf::FieldDescriptor;
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
  const auto& reflection = *parent.GetReflection();
  if (!field.is_repeated()) return visit(reflection.GetMessage(parent, &field));
  const FieldDescriptor* const map_value =
      field.is_map() ? field.message_type()->map_value() : nullptr;
  if (map_value != nullptr && map_value->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
  for (int i = 0; i < reflection.FieldSize(parent, &field); ++i) {
    const auto& item = reflection.GetRepeatedMessage(parent, &field, i);
    if (map_value == nullptr) {
      const auto scope = path.Index(static_cast<size_t>(i));
      visit(item);
    } else {
      const auto key = ReadScalar(item, *field.message_type()->map_key(), -1);
      const auto scope = path.Key(key ? key->text : "");
      visit(item.GetReflection()->GetMessage(item, map_value));
    }
  }
}

}  // namespace weir::schema
