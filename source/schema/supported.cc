#include "source/schema/supported.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "google/protobuf/unknown_field_set.h"
#include "source/base/strings.h"
#include "source/schema/any_content.h"
#include "source/schema/field_path.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"
#include "source/schema/sub_messages.h"
#include "source/schema/wire_table.h"

namespace weir::schema {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::string_view kHttpFilter =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter";
constexpr std::string_view kClusterPlugin = "envoy.config.route.v3.ClusterSpecifierPlugin";
constexpr std::string_view kTypedExtension = "envoy.config.core.v3.TypedExtensionConfig";
// The starts of the names of messages that match, authenticate, limit or encrypt.
constexpr std::string_view kNeverMissing[] = {
    "envoy.config.cluster.v3.CircuitBreakers",
    "envoy.config.core.v3.Http1ProtocolOptions",
    "envoy.config.core.v3.Http2ProtocolOptions",
    "envoy.config.core.v3.HttpProtocolOptions",
    "envoy.config.listener.v3.FilterChainMatch",
    "envoy.config.listener.v3.ListenerFilterChainMatchPredicate",
    "envoy.config.overload.",
    "envoy.config.rbac.",
    "envoy.config.route.v3.HeaderMatcher",
    "envoy.config.route.v3.QueryParameterMatcher",
    "envoy.config.route.v3.RouteMatch",
    "envoy.extensions.filters.http.",
    "envoy.extensions.rbac.",
    "envoy.extensions.transport_sockets.",
    "envoy.type.matcher.",
    "xds.type.matcher.",
};
constexpr std::string_view kPolicyList = "envoy.config.cluster.v3.LoadBalancingPolicy";

// The reason in api/ignorable.tsv; nothing when the field must be implemented.
std::optional<std::string_view> ReasonToIgnore(std::string_view message, std::string_view field) {
  const auto& ignorable = IgnorableFields();
  const auto it = ignorable.find(message);
  if (it == ignorable.end()) return std::nullopt;
  for (const auto& [name, reason] : it->second) {
    if (name == field) return reason;
  }
  return std::nullopt;
}

// Whether the extension in `message` may be one that is not supported.
bool MarksOptional(const Message& message) {
  const auto& type = *message.GetDescriptor();
  if (type.full_name() != kHttpFilter && type.full_name() != kClusterPlugin) return false;
  const FieldDescriptor* field = type.FindFieldByName("is_optional");
  return field != nullptr && message.GetReflection()->GetBool(message, field);
}

class Walker {
 public:
  Walker(const KnownExtension& known, SupportReport& report) : known_(known), report_(report) {}

  // `optional`: an extension right in it is.
  void Walk(const Message& message, bool optional = false) {
    optional = optional || MarksOptional(message);
    if (message.GetDescriptor()->full_name() == kPolicyList) return WalkPolicies(message);
    CheckUnknownFields(message);
    const Reflection& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const auto scope = path_.Field(field->name());
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        CheckEnum(message, *field);
      } else {
        ForEachMessageIn(message, *field, path_,
                         [&](const Message& each) { WalkValue(each, optional); });
      }
    }
  }

 private:
  void WalkValue(const Message& value, bool optional) {
    if (IsAny(value)) return WalkAny(value, optional);
    Walk(value, optional && value.GetDescriptor()->full_name() == kTypedExtension);
  }

  void WalkAny(const Message& any, bool optional) {
    const AnyContent content = any_levels_ < kMaxAnyLevels ? OpenExtension(any) : AnyContent();
    if (content.type_url.empty() && any_levels_ < kMaxAnyLevels) return;
    const std::string name(MessageNameOf(content.type_url));
    if (content.message == nullptr || !known_(name)) {
      Unsupported unsupported{Unsupported::Kind::kExtension, path_.text(), {}, {}, name, {}};
      if (optional) unsupported.reason = "it is marked is_optional";
      (optional ? report_.ignored : report_.refused).push_back(std::move(unsupported));
      return;
    }
    ++any_levels_;
    Walk(*content.message);
    --any_levels_;
  }

  // The first policy that is known counts; others are alternatives for other proxies.
  void WalkPolicies(const Message& list) {
    CheckUnknownFields(list);
    const Reflection& reflection = *list.GetReflection();
    const FieldDescriptor* policies = list.GetDescriptor()->FindFieldByName("policies");
    const int size = reflection.FieldSize(list, policies);
    const auto scope = path_.Field("policies");
    std::vector<Unsupported> passed_over;
    for (int i = 0; i < size; ++i) {
      SupportReport one;
      Walker walker(known_, one);
      walker.path_ = path_;
      walker.any_levels_ = any_levels_;
      const auto index = walker.path_.Index(static_cast<size_t>(i));
      walker.Walk(reflection.GetRepeatedMessage(list, policies, i));
      const bool unknown_type =
          one.refused.size() == 1 && one.refused.front().kind == Unsupported::Kind::kExtension;
      if (unknown_type) {
        passed_over.push_back(std::move(one.refused.front()));
        continue;
      }
      for (Unsupported& each : passed_over) {
        each.reason = "a later policy of the list is used";
        report_.ignored.push_back(std::move(each));
      }
      for (Unsupported& each : one.refused) report_.refused.push_back(std::move(each));
      for (Unsupported& each : one.ignored) report_.ignored.push_back(std::move(each));
      return;
    }
    for (Unsupported& each : passed_over) report_.refused.push_back(std::move(each));
  }

  void CheckUnknownFields(const Message& message) {
    const auto& unknown = message.GetReflection()->GetUnknownFields(message);
    if (unknown.empty()) return;
    const std::string& type = message.GetDescriptor()->full_name();
    const auto wire = WireMessages().find(std::string_view(type));
    std::set<int> seen;
    for (int i = 0; i < unknown.field_count(); ++i) {
      const int number = unknown.field(i).number();
      if (!seen.insert(number).second) continue;
      const WireField* field =
          wire == WireMessages().end() ? nullptr : wire->second.FindNumber(number);
      if (field == nullptr) {
        const std::string name = StrCat("#", number);
        report_.refused.push_back(
            {Unsupported::Kind::kFieldNumber, path_.With(name), type, name, {}, {}});
        continue;
      }
      Unsupported unsupported{Unsupported::Kind::kField,
                              path_.With(field->name),
                              type,
                              std::string(field->name),
                              {},
                              {}};
      if (const auto reason = ReasonToIgnore(type, field->name)) {
        unsupported.reason = std::string(*reason);
        report_.ignored.push_back(std::move(unsupported));
      } else {
        report_.refused.push_back(std::move(unsupported));
      }
    }
  }

  void CheckEnum(const Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    const int size = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
    for (int i = 0; i < size; ++i) {
      const int number = field.is_repeated() ? reflection.GetRepeatedEnumValue(message, &field, i)
                                             : reflection.GetEnumValue(message, &field);
      if (field.enum_type()->FindValueByNumber(number) != nullptr) continue;
      std::string value = StrCat(number);
      const auto wire = WireEnums().find(std::string_view(field.enum_type()->full_name()));
      if (wire != WireEnums().end()) {
        for (const auto& [name, known_number] : wire->second.values) {
          if (known_number == number) value = name;
        }
      }
      report_.refused.push_back({Unsupported::Kind::kEnumValue,
                                 path_.text(),
                                 message.GetDescriptor()->full_name(),
                                 field.name(),
                                 std::move(value),
                                 {}});
    }
  }

  const KnownExtension& known_;
  SupportReport& report_;
  FieldPath path_;
  int any_levels_ = 0;
};

}  // namespace

std::string Unsupported::ToString() const {
  switch (kind) {
    case Kind::kField:
      return StrCat("field \"", field, "\" of ", message, " is not supported");
    case Kind::kFieldNumber:
      return StrCat("field ", field, " of ", message, " is unknown; it may come from a newer API");
    case Kind::kEnumValue:
      return StrCat("value ", value, " of field \"", field, "\" of ", message, " is not supported");
    case Kind::kExtension:
      return value.empty() ? "extensions are nested too deeply"
                           : StrCat("extension type ", value, " is not supported");
  }
  return {};
}

bool MayBeMissing(std::string_view message) {
  return std::none_of(std::begin(kNeverMissing), std::end(kNeverMissing),
                      [message](std::string_view start) { return message.starts_with(start); });
}

SupportReport CheckSupported(const Message& message, const KnownExtension& known,
                             MissingFields missing) {
  SupportReport report;
  Walker(known, report).Walk(message);
  if (missing == MissingFields::kRefuse) return report;
  std::erase_if(report.refused, [&report](Unsupported& item) {
    const bool field =
        item.kind == Unsupported::Kind::kField || item.kind == Unsupported::Kind::kFieldNumber;
    if (!field || !MayBeMissing(item.message)) return false;
    item.reason = "unknown fields are allowed";
    report.ignored.push_back(std::move(item));
    return true;
  });
  return report;
}

void AddRefused(const SupportReport& report, Diagnostics& diagnostics, std::string_view path) {
  for (const Unsupported& unsupported : report.refused) {
    diagnostics.Error(FieldPath(path).With(unsupported.path), unsupported.ToString());
  }
}

}  // namespace weir::schema
