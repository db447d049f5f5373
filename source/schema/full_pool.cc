#include "source/schema/full_pool.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/dynamic_message.h"
#include "google/rpc/status.pb.h"
#include "source/base/hash_map.h"
#include "source/base/strings.h"
#include "source/schema/resource_type.h"
#include "source/schema/wire_table.h"

namespace weir::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DescriptorPoolDatabase;
using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::Message;

// "a.b.C" -> "a.b"; empty for a name without a dot.
std::string_view ParentOf(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

std::string_view LastPart(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// "map<string,bool>" -> "bool".
std::string_view MapValueType(std::string_view type) {
  const size_t comma = type.find(',');
  return type.substr(comma + 1, type.size() - comma - 2);
}

std::optional<FieldDescriptorProto::Type> ScalarType(std::string_view name) {
  static const auto& types = *new TableIndex<FieldDescriptorProto::Type>{
      {"double", FieldDescriptorProto::TYPE_DOUBLE}, {"float", FieldDescriptorProto::TYPE_FLOAT},
      {"int64", FieldDescriptorProto::TYPE_INT64},   {"uint64", FieldDescriptorProto::TYPE_UINT64},
      {"int32", FieldDescriptorProto::TYPE_INT32},   {"uint32", FieldDescriptorProto::TYPE_UINT32},
      {"bool", FieldDescriptorProto::TYPE_BOOL},     {"string", FieldDescriptorProto::TYPE_STRING},
      {"bytes", FieldDescriptorProto::TYPE_BYTES}};
  const auto it = types.find(name);
  if (it == types.end()) return std::nullopt;
  return it->second;
}

// "cluster_names" -> "ClusterNamesEntry", the name protoc gives the message of a map's entry.
std::string MapEntryName(std::string_view field) {
  std::string name;
  bool upper = true;
  for (char c : field) {
    if (c == '_') {
      upper = true;
      continue;
    }
    name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    upper = false;
  }
  return name + "Entry";
}

void BuildEnum(std::string_view name, EnumDescriptorProto& out) {
  out.set_name(std::string(LastPart(name)));
  std::set<int> numbers;
  for (const auto& [value, number] : WireEnums().at(name).values) {
    auto* descriptor = out.add_value();
    descriptor->set_name(std::string(value));
    descriptor->set_number(number);
    if (!numbers.insert(number).second) out.mutable_options()->set_allow_alias(true);
  }
}

// Makes the files of the API one by one, as the pool asks for them.
class TableDatabase : public google::protobuf::DescriptorDatabase {
 public:
  TableDatabase();

  bool FindFileByName(const std::string& name, FileDescriptorProto* output) override;
  bool FindFileContainingSymbol(const std::string& symbol, FileDescriptorProto* output) override;
  bool FindFileContainingExtension(const std::string&, int, FileDescriptorProto*) override {
    return false;
  }

 private:
  struct FileParts {
    std::string package;
    std::vector<std::string_view> messages;        // top-level
    std::vector<std::string_view> enums;           // top-level
    std::vector<std::string_view> empty_messages;  // of other APIs
  };

  // The file that defines a message or an enum; empty when it is the generated pool's business.
  std::string FileOf(std::string_view type) const;
  void BuildFile(const FileParts& parts, FileDescriptorProto& file) const;
  void BuildMessage(std::string_view name, DescriptorProto& message,
                    std::set<std::string>& imports) const;
  void BuildField(std::string_view message_name, const WireField& wire, FieldDescriptorProto& field,
                  DescriptorProto& message, std::set<std::string>& imports) const;
  void SetType(std::string_view type, FieldDescriptorProto& field,
               std::set<std::string>& imports) const;

  DescriptorPoolDatabase generated_{*DescriptorPool::generated_pool()};
  HashMap<FileParts> files_;
  // Type -> file for top-level enums and the messages of other APIs.
  TableIndex<std::string> extra_files_;
  // Message -> nested messages and enums.
  TableIndex<std::vector<std::string_view>> nested_messages_;
  TableIndex<std::vector<std::string_view>> nested_enums_;
};

TableDatabase::TableDatabase() {
  const auto& messages = WireMessages();
  std::set<std::string_view> foreign;
  for (const auto& [name, message] : messages) {
    const std::string_view parent = ParentOf(name);
    if (messages.contains(parent)) {
      nested_messages_[parent].push_back(name);
    } else {
      FileParts& parts = files_[std::string(message.file)];
      parts.package = parent;
      parts.messages.push_back(name);
    }
    for (const WireField& field : message.fields) {
      std::string_view type = field.type;
      if (field.label == WireField::Label::kMap) type = MapValueType(type);
      if (ScalarType(type) || messages.contains(type) || WireEnums().contains(type)) continue;
      if (type.starts_with("google.protobuf.") || type == "google.rpc.Status") continue;
      foreign.insert(type);
    }
  }
  for (const auto& [name, wire_enum] : WireEnums()) {
    const std::string_view parent = ParentOf(name);
    if (messages.contains(parent)) {
      nested_enums_[parent].push_back(name);
      continue;
    }
    std::string file = StrCat(parent, ".enums");
    std::replace(file.begin(), file.end(), '.', '/');
    file += ".proto";
    FileParts& parts = files_[file];
    parts.package = parent;
    parts.enums.push_back(name);
    extra_files_[name] = std::move(file);
  }
  for (std::string_view name : foreign) {
    const std::string file = StrCat("foreign/", ParentOf(name), ".proto");
    FileParts& parts = files_[file];
    parts.package = ParentOf(name);
    parts.empty_messages.push_back(name);
    extra_files_[name] = file;
  }
}

std::string TableDatabase::FileOf(std::string_view type) const {
  const auto& messages = WireMessages();
  for (std::string_view name = type; !name.empty(); name = ParentOf(name)) {
    if (const auto it = messages.find(name); it != messages.end()) {
      return std::string(it->second.file);
    }
    if (const auto it = extra_files_.find(name); it != extra_files_.end()) return it->second;
  }
  return {};
}

bool TableDatabase::FindFileByName(const std::string& name, FileDescriptorProto* output) {
  const auto it = files_.find(name);
  if (it == files_.end()) {
    return (name.starts_with("google/protobuf/") || name == "google/rpc/status.proto") &&
           generated_.FindFileByName(name, output);
  }
  output->Clear();
  output->set_name(name);
  BuildFile(it->second, *output);
  return true;
}

bool TableDatabase::FindFileContainingSymbol(const std::string& symbol,
                                             FileDescriptorProto* output) {
  const std::string file = FileOf(symbol);
  if (!file.empty()) return FindFileByName(file, output);
  return (symbol.starts_with("google.protobuf.") || symbol.starts_with("google.rpc.Status")) &&
         generated_.FindFileContainingSymbol(symbol, output);
}

void TableDatabase::BuildFile(const FileParts& parts, FileDescriptorProto& file) const {
  std::set<std::string> imports;
  file.set_package(parts.package);
  file.set_syntax("proto3");
  for (std::string_view name : parts.messages) {
    BuildMessage(name, *file.add_message_type(), imports);
  }
  for (std::string_view name : parts.empty_messages) {
    file.add_message_type()->set_name(std::string(LastPart(name)));
  }
  for (std::string_view name : parts.enums) BuildEnum(name, *file.add_enum_type());
  imports.erase(file.name());
  for (const std::string& import : imports) file.add_dependency(import);
}

void TableDatabase::BuildMessage(std::string_view name, DescriptorProto& message,
                                 std::set<std::string>& imports) const {
  message.set_name(std::string(LastPart(name)));
  if (const auto it = nested_messages_.find(name); it != nested_messages_.end()) {
    for (std::string_view nested : it->second)
      BuildMessage(nested, *message.add_nested_type(), imports);
  }
  if (const auto it = nested_enums_.find(name); it != nested_enums_.end()) {
    for (std::string_view nested : it->second) BuildEnum(nested, *message.add_enum_type());
  }
  // The fields of a oneof must stand side by side; the table has them by number.
  const std::vector<WireField>& fields = WireMessages().at(name).fields;
  std::vector<std::string_view> oneofs;
  for (const WireField& field : fields) {
    if (field.oneof.empty()) {
      BuildField(name, field, *message.add_field(), message, imports);
    } else if (std::find(oneofs.begin(), oneofs.end(), field.oneof) == oneofs.end()) {
      message.add_oneof_decl()->set_name(std::string(field.oneof));
      for (const WireField& member : fields) {
        if (member.oneof != field.oneof) continue;
        FieldDescriptorProto& out = *message.add_field();
        BuildField(name, member, out, message, imports);
        out.set_oneof_index(static_cast<int>(oneofs.size()));
      }
      oneofs.push_back(field.oneof);
    }
  }
}

void TableDatabase::BuildField(std::string_view message_name, const WireField& wire,
                               FieldDescriptorProto& field, DescriptorProto& message,
                               std::set<std::string>& imports) const {
  field.set_name(std::string(wire.name));
  field.set_number(wire.number);
  field.set_json_name(std::string(wire.json_name));
  field.set_label(wire.label == WireField::Label::kOptional ? FieldDescriptorProto::LABEL_OPTIONAL
                                                            : FieldDescriptorProto::LABEL_REPEATED);
  if (wire.deprecated) field.mutable_options()->set_deprecated(true);
  if (wire.label != WireField::Label::kMap) {
    SetType(wire.type, field, imports);
    return;
  }
  // "map<string,google.protobuf.Any>" is a repeated message with a key and a value.
  const size_t comma = wire.type.find(',');
  DescriptorProto& entry = *message.add_nested_type();
  entry.set_name(MapEntryName(wire.name));
  entry.mutable_options()->set_map_entry(true);
  const auto add_part = [&](const char* name, int number, std::string_view type) {
    FieldDescriptorProto& part = *entry.add_field();
    part.set_name(name);
    part.set_number(number);
    part.set_json_name(name);
    part.set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    SetType(type, part, imports);
  };
  add_part("key", 1, wire.type.substr(4, comma - 4));
  add_part("value", 2, MapValueType(wire.type));
  field.set_type(FieldDescriptorProto::TYPE_MESSAGE);
  field.set_type_name(StrCat(".", message_name, ".", entry.name()));
}

void TableDatabase::SetType(std::string_view type, FieldDescriptorProto& field,
                            std::set<std::string>& imports) const {
  if (const auto scalar = ScalarType(type)) {
    field.set_type(*scalar);
    return;
  }
  field.set_type(WireEnums().contains(type) ? FieldDescriptorProto::TYPE_ENUM
                                            : FieldDescriptorProto::TYPE_MESSAGE);
  field.set_type_name(StrCat(".", type));
  if (std::string file = FileOf(type); !file.empty()) {
    imports.insert(std::move(file));
  } else if (const Descriptor* known =
                 DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(type))) {
    imports.insert(known->file()->name());
  }
}

struct Pool {
  TableDatabase database;
  DescriptorPool pool{&database};
  google::protobuf::DynamicMessageFactory factory{&pool};
};

Pool& ThePool() {
  // google.rpc.Status must be among the linked descriptors.
  google::rpc::Status::descriptor();
  static Pool& pool = *new Pool();
  return pool;
}

}  // namespace

const DescriptorPool& FullPool() { return ThePool().pool; }

const Descriptor* FindMessage(std::string_view name) {
  return FullPool().FindMessageTypeByName(std::string(name));
}

const Descriptor* FindMessageByTypeUrl(std::string_view type_url) {
  return FindMessage(MessageNameOf(type_url));
}

std::unique_ptr<Message> NewMessage(const Descriptor& type) {
  return std::unique_ptr<Message>(ThePool().factory.GetPrototype(&type)->New());
}

std::unique_ptr<Message> NewMessageByTypeUrl(std::string_view type_url) {
  const Descriptor* type = FindMessageByTypeUrl(type_url);
  return type == nullptr ? nullptr : NewMessage(*type);
}

std::unique_ptr<Message> NewGeneratedMessage(std::string_view name) {
  const Descriptor* type =
      DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(name));
  if (type == nullptr) return nullptr;
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  return prototype == nullptr ? nullptr : std::unique_ptr<Message>(prototype->New());
}

std::vector<std::string> MessageNames() {
  std::vector<std::string> names;
  names.reserve(WireMessages().size());
  for (const auto& [name, message] : WireMessages()) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace weir::schema
