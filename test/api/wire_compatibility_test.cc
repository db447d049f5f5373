// Holds the compiled descriptors of api/ against the tables of facts in api/wire: names, numbers,
// types, labels, oneofs, JSON names, packages, files, enum values, services and methods.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "gtest/gtest.h"
#include "source/schema/wire_table.h"

namespace weir::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

// All files of api/ as protoc describes them.
class ApiFiles {
 public:
  ApiFiles() {
    for (const char* set : {"config", "ads", "admin", "control"}) {
      std::ifstream stream("api/" + std::string(set) + ".descriptors.binpb", std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
      google::protobuf::FileDescriptorSet files;
      EXPECT_FALSE(bytes.empty()) << set;
      EXPECT_TRUE(files.ParseFromString(bytes)) << set;
      for (const auto& file : files.file()) {
        if (names_.insert(file.name()).second) EXPECT_TRUE(database_.Add(file)) << file.name();
      }
    }
  }

  // Without the well-known types.
  std::vector<const FileDescriptor*> All() {
    std::vector<const FileDescriptor*> files;
    for (const std::string& name : names_) {
      if (name.starts_with("google/protobuf/")) continue;
      files.push_back(pool_.FindFileByName(name));
      EXPECT_NE(files.back(), nullptr) << name;
    }
    return files;
  }
  const DescriptorPool& pool() const { return pool_; }

 private:
  google::protobuf::SimpleDescriptorDatabase database_;
  DescriptorPool pool_{&database_};
  std::set<std::string> names_;
};

ApiFiles& Api() {
  static ApiFiles& files = *new ApiFiles();
  return files;
}

std::string TypeName(const FieldDescriptor& field) {
  if (field.is_map()) {
    return "map<" + TypeName(*field.message_type()->map_key()) + "," +
           TypeName(*field.message_type()->map_value()) + ">";
  }
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) return field.message_type()->full_name();
  if (field.type() == FieldDescriptor::TYPE_ENUM) return field.enum_type()->full_name();
  return field.type_name();
}

std::string LabelName(const FieldDescriptor& field) {
  return field.is_map() ? "map" : field.is_repeated() ? "repeated" : "optional";
}

std::string LabelName(WireField::Label label) {
  switch (label) {
    case WireField::Label::kMap:
      return "map";
    case WireField::Label::kRepeated:
      return "repeated";
    case WireField::Label::kOptional:
      return "optional";
  }
  return "";
}

void CheckEnum(const EnumDescriptor& type) {
  SCOPED_TRACE(type.full_name());
  const auto wire = WireEnums().find(std::string_view(type.full_name()));
  ASSERT_NE(wire, WireEnums().end()) << "not in api/wire/enums.tsv";
  for (int i = 0; i < type.value_count(); ++i) {
    const std::pair<std::string_view, int> value(type.value(i)->name(), type.value(i)->number());
    EXPECT_NE(std::find(wire->second.values.begin(), wire->second.values.end(), value),
              wire->second.values.end())
        << value.first;
  }
}

void CheckMessage(const Descriptor& type) {
  SCOPED_TRACE(type.full_name());
  const auto wire = WireMessages().find(std::string_view(type.full_name()));
  ASSERT_NE(wire, WireMessages().end()) << "not in api/wire/messages.tsv";
  EXPECT_EQ(type.file()->name(), wire->second.file);
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    SCOPED_TRACE(field.name());
    const WireField* expected = wire->second.FindName(field.name());
    ASSERT_NE(expected, nullptr) << "not in api/wire/fields.tsv";
    EXPECT_EQ(field.number(), expected->number);
    EXPECT_EQ(LabelName(field), LabelName(expected->label));
    EXPECT_EQ(TypeName(field), expected->type);
    EXPECT_EQ(field.json_name(), expected->json_name);
    EXPECT_EQ(field.containing_oneof() == nullptr ? "" : field.containing_oneof()->name(),
              expected->oneof);
    EXPECT_FALSE(field.has_optional_keyword());
  }
  for (int i = 0; i < type.nested_type_count(); ++i) {
    if (!type.nested_type(i)->options().map_entry()) CheckMessage(*type.nested_type(i));
  }
  for (int i = 0; i < type.enum_type_count(); ++i) CheckEnum(*type.enum_type(i));
}

TEST(WireCompatibility, EveryMessageFieldAndEnumIsAsInTheTables) {
  int messages = 0;
  for (const FileDescriptor* file : Api().All()) {
    if (file->package().starts_with("weir.") || file->name() == "google/rpc/status.proto") continue;
    SCOPED_TRACE(file->name());
    EXPECT_EQ(file->syntax(), FileDescriptor::SYNTAX_PROTO3);
    for (int i = 0; i < file->message_type_count(); ++i) CheckMessage(*file->message_type(i));
    for (int i = 0; i < file->enum_type_count(); ++i) CheckEnum(*file->enum_type(i));
    messages += file->message_type_count();
  }
  EXPECT_GT(messages, 80);
}

TEST(WireCompatibility, EveryServiceHasTheMethodsOfTheTable) {
  int services = 0;
  for (const FileDescriptor* file : Api().All()) {
    if (file->package().starts_with("weir.")) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      const auto& service = *file->service(i);
      SCOPED_TRACE(service.full_name());
      ++services;
      const auto wire = WireServices().find(std::string_view(service.full_name()));
      ASSERT_NE(wire, WireServices().end());
      ASSERT_EQ(static_cast<size_t>(service.method_count()), wire->second.size());
      for (const WireMethod& expected : wire->second) {
        const auto* method = service.FindMethodByName(std::string(expected.name));
        ASSERT_NE(method, nullptr) << expected.name;
        EXPECT_EQ(method->input_type()->full_name(), expected.request);
        EXPECT_EQ(method->output_type()->full_name(), expected.response);
        EXPECT_EQ(method->client_streaming(), expected.client_streaming);
        EXPECT_EQ(method->server_streaming(), expected.server_streaming);
      }
    }
  }
  EXPECT_EQ(services, 1);
}

TEST(WireCompatibility, FilesLieWhereTheirPackageSays) {
  for (const FileDescriptor* file : Api().All()) {
    std::string folder = file->package();
    std::replace(folder.begin(), folder.end(), '.', '/');
    EXPECT_TRUE(file->name().starts_with(folder + "/")) << file->name();
  }
}

TEST(WireCompatibility, RpcStatusIsGooglesOwn) {
  const Descriptor* status = Api().pool().FindMessageTypeByName("google.rpc.Status");
  ASSERT_NE(status, nullptr);
  ASSERT_EQ(status->field_count(), 3);
  EXPECT_EQ(status->FindFieldByNumber(1)->name(), "code");
  EXPECT_EQ(status->FindFieldByNumber(1)->type(), FieldDescriptor::TYPE_INT32);
  EXPECT_EQ(status->FindFieldByNumber(2)->name(), "message");
  EXPECT_EQ(status->FindFieldByNumber(3)->name(), "details");
  EXPECT_EQ(TypeName(*status->FindFieldByNumber(3)), "google.protobuf.Any");
}

TEST(Tables, IgnorableFieldsExistAndAreNotImplemented) {
  for (const auto& [message, fields] : IgnorableFields()) {
    SCOPED_TRACE(message);
    const auto wire = WireMessages().find(message);
    ASSERT_NE(wire, WireMessages().end());
    const Descriptor* ours = Api().pool().FindMessageTypeByName(std::string(message));
    ASSERT_NE(ours, nullptr) << "the message itself is not supported";
    for (const auto& [field, reason] : fields) {
      EXPECT_NE(wire->second.FindName(field), nullptr) << field;
      EXPECT_EQ(ours->FindFieldByName(std::string(field)), nullptr) << field << " is implemented";
      EXPECT_FALSE(reason.empty()) << field;
    }
  }
}

// What must never be ignored, whatever the reason: it would send plaintext, widen a route or open a
// door.
TEST(Tables, NothingDangerousIsIgnorable) {
  for (const auto& [message, fields] : IgnorableFields()) {
    for (const auto& [field, reason] : fields) {
      for (std::string_view word : {"match", "filter", "transport_socket", "tls", "limit", "max_",
                                    "cluster_header", "weight", "hash", "credential", "retry"}) {
        EXPECT_EQ(field.find(word), std::string_view::npos) << message << " " << field;
      }
    }
  }
}

TEST(Tables, SensitiveFieldsExist) {
  EXPECT_FALSE(SensitiveFields().empty());
  for (const auto& [message, fields] : SensitiveFields()) {
    const auto wire = WireMessages().find(message);
    ASSERT_NE(wire, WireMessages().end()) << message;
    for (std::string_view field : fields) {
      EXPECT_NE(wire->second.FindName(field), nullptr) << message << " " << field;
    }
  }
}

}  // namespace
}  // namespace weir::schema
