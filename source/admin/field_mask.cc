#include "source/admin/field_mask.h"

#include <memory>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "source/base/strings.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"

namespace weir::admin {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

bool IsAny(const Descriptor& type) {
  return type.well_known_type() == Descriptor::WELLKNOWNTYPE_ANY;
}

bool IsPlainMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_map();
}

}  // namespace

FieldMask::FieldMask(std::string_view text) {
  for (const std::string_view path : Split(text, ',')) {
    if (path.empty()) continue;
    Node* node = &root_;
    bool covered = false;  // A shorter path has taken all below already.
    for (const std::string_view part : Split(path, '.')) {
      const auto [found, made] = node->children.try_emplace(std::string(part));
      node = &found->second;
      covered = !made && node->children.empty();
      if (covered) break;
    }
    if (!covered) node->children.clear();
  }
}

bool FieldMask::Fits(const Descriptor& type) const { return Fits(type, root_); }

bool FieldMask::Fits(const Descriptor& type, const Node& node) {
  if (node.children.empty() || IsAny(type)) return true;
  for (const auto& [name, child] : node.children) {
    const FieldDescriptor* const field = type.FindFieldByName(name);
    if (field == nullptr) continue;
    if (child.children.empty()) return true;
    if (IsPlainMessage(*field) && Fits(*field->message_type(), child)) return true;
  }
  return false;
}

void FieldMask::Trim(Message& message, const Node& node) {
  if (node.children.empty()) return;
  if (IsAny(*message.GetDescriptor())) return TrimAny(message, node);
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const auto child = node.children.find(field->name());
    const bool kept =
        child != node.children.end() && (child->second.children.empty() || IsPlainMessage(*field));
    if (!kept) {
      reflection.ClearField(&message, field);
    } else if (!IsPlainMessage(*field)) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Trim(*reflection.MutableRepeatedMessage(&message, field, i), child->second);
      }
    } else {
      Trim(*reflection.MutableMessage(&message, field), child->second);
    }
  }
}

void FieldMask::TrimAny(Message& any, const Node& node) {
  const Descriptor& type = *any.GetDescriptor();
  const Reflection& reflection = *any.GetReflection();
  const FieldDescriptor* const value = type.FindFieldByNumber(2);
  const auto content =
      schema::NewMessageByTypeUrl(reflection.GetString(any, type.FindFieldByNumber(1)));
  // What cannot be opened has no field that could be asked for.
  if (content == nullptr || !content->ParsePartialFromString(reflection.GetString(any, value))) {
    reflection.ClearField(&any, value);
    return;
  }
  Trim(*content, node);
  reflection.SetString(&any, value, content->SerializePartialAsString());
}

}  // namespace weir::admin
