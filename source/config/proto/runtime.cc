#include "source/config/proto/runtime.h"

#include <algorithm>
#include <optional>

#include "google/protobuf/struct.pb.h"
#include "source/base/hash_map.h"
#include "source/config/proto/in_order.h"
#include "source/schema/proto_to_text.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::bootstrap::v3;
using google::protobuf::Struct;
using google::protobuf::Value;

// An object with a numerator is an envoy.type.v3.FractionalPercent, as Envoy reads it.
std::optional<Fraction> FractionIn(const Struct& object) {
  const auto numerator = object.fields().find("numerator");
  if (numerator == object.fields().end() || !numerator->second.has_number_value()) {
    return std::nullopt;
  }
  double unit = 10'000;
  if (const auto found = object.fields().find("denominator"); found != object.fields().end()) {
    if (found->second.string_value() == "TEN_THOUSAND") unit = 100;
    if (found->second.string_value() == "MILLION") unit = 1;
  }
  const double per_million = numerator->second.number_value() * unit;
  return Fraction{static_cast<uint32_t>(std::clamp(per_million, 0.0, 1e6))};
}

std::string TextOf(const google::protobuf::Message& value) {
  return schema::MessageToJson(value, {.pretty = false});
}

class LayerReader {
 public:
  explicit LayerReader(Runtime& runtime) : runtime_(runtime) {}

  void Read(const Struct& object, const std::string& prefix, const Scope& scope) {
    for (const auto& [name, value] : InOrder(object.fields())) {
      ReadValue(*value, prefix.empty() ? std::string(name) : StrCat(prefix, ".", name), scope);
    }
  }

 private:
  void ReadValue(const Value& value, const std::string& key, const Scope& scope) {
    switch (value.kind_case()) {
      case Value::kBoolValue:
        runtime_.Set(key, value.bool_value(), value.bool_value() ? "true" : "false");
        return;
      case Value::kNumberValue:
        runtime_.Set(key, value.number_value(), TextOf(value));
        return;
      case Value::kStringValue:
        runtime_.Set(key, value.string_value(), value.string_value());
        return;
      case Value::kStructValue:
        if (const auto fraction = FractionIn(value.struct_value())) {
          runtime_.Set(key, *fraction, TextOf(value.struct_value()));
        } else {
          Read(value.struct_value(), key, scope);
        }
        return;
      case Value::kListValue:
      case Value::kNullValue:
      case Value::KIND_NOT_SET:
        scope.Error("a runtime value must be a boolean, a number, a string or an object", key);
        return;
    }
  }

  Runtime& runtime_;
};

}  // namespace

std::shared_ptr<const Runtime> DecodeRuntime(const pb::LayeredRuntime& message,
                                             const Scope& scope) {
  auto runtime = std::make_shared<Runtime>();
  HashSet names;
  for (int i = 0; i < message.layers_size(); ++i) {
    const pb::RuntimeLayer& layer = message.layers(i);
    const Scope item = scope.Item("layers", i);
    if (!names.insert(layer.name()).second) {
      item.Field("name").Error("there is a layer of this name already", layer.name());
    }
    runtime->AddLayer(layer.name());
    const Scope at = item.Field("static_layer");
    LayerReader(*runtime).Read(layer.static_layer(), "", at);
  }
  return runtime;
}

}  // namespace weir::config::proto
