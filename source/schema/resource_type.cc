#include "source/schema/resource_type.h"

#include <array>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "source/base/strings.h"

namespace weir::schema {
namespace {

struct ResourceType {
  std::string_view type_url;
  std::string_view short_name;
  std::string_view service;  // the discovery service's usual name
  int name_field;            // number of the field that holds the name
};

constexpr std::array kResourceTypes = {
    ResourceType{kListenerTypeUrl, "listener", "lds", 1},
    ResourceType{kRouteConfigurationTypeUrl, "route", "rds", 1},
    ResourceType{kScopedRouteConfigurationTypeUrl, "scoped_route", "srds", 1},
    ResourceType{kVirtualHostTypeUrl, "virtual_host", "vhds", 1},
    ResourceType{kClusterTypeUrl, "cluster", "cds", 1},
    ResourceType{kClusterLoadAssignmentTypeUrl, "endpoint", "eds", 1},
    ResourceType{kSecretTypeUrl, "secret", "sds", 1},
    ResourceType{kRuntimeTypeUrl, "runtime", "rtds", 1},
    ResourceType{kExtensionConfigTypeUrl, "extension_config", "ecds", 1},
};

const ResourceType* FindType(std::string_view type_url) {
  const std::string_view name = MessageNameOf(type_url);
  for (const ResourceType& type : kResourceTypes) {
    if (MessageNameOf(type.type_url) == name) return &type;
  }
  return nullptr;
}

}  // namespace

bool IsResourceType(std::string_view type_url) { return FindType(type_url) != nullptr; }

std::string_view MessageNameOf(std::string_view type_url) {
  const size_t slash = type_url.rfind('/');
  return slash == std::string_view::npos ? type_url : type_url.substr(slash + 1);
}

std::string TypeUrlOf(const google::protobuf::Descriptor& type) {
  return StrCat(kTypeUrlPrefix, type.full_name());
}

std::optional<std::string> TypeUrlFromText(std::string_view text) {
  if (const ResourceType* type = FindType(text)) return std::string(type->type_url);
  std::string lower = AsciiLower(text);
  for (char& c : lower) {
    if (c == '-') c = '_';
  }
  for (const ResourceType& type : kResourceTypes) {
    if (lower == type.short_name || lower == StrCat(type.short_name, "s") ||
        lower == type.service) {
      return std::string(type.type_url);
    }
  }
  return std::nullopt;
}

std::string_view ShortTypeName(std::string_view type_url) {
  const ResourceType* type = FindType(type_url);
  return type != nullptr ? type->short_name : MessageNameOf(type_url);
}

std::string ResourceName(const google::protobuf::Message& resource) {
  const google::protobuf::Descriptor* type = resource.GetDescriptor();
  const google::protobuf::FieldDescriptor* field = type->FindFieldByName("name");
  if (MessageNameOf(kClusterLoadAssignmentTypeUrl) == type->full_name()) {
    field = type->FindFieldByName("cluster_name");
  }
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
    return {};
  }
  return resource.GetReflection()->GetString(resource, field);
}

std::string ResourceNameOfBytes(std::string_view type_url, std::string_view bytes) {
  using google::protobuf::internal::WireFormatLite;
  const ResourceType* type = FindType(type_url);
  if (type == nullptr) return {};
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  std::string name;
  while (const uint32_t tag = input.ReadTag()) {
    if (WireFormatLite::GetTagFieldNumber(tag) == type->name_field &&
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      uint32_t length = 0;
      if (!input.ReadVarint32(&length) || !input.ReadString(&name, static_cast<int>(length))) {
        return {};
      }
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      return {};
    }
  }
  return name;
}

}  // namespace weir::schema
