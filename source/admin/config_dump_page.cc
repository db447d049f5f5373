// /config_dump: which parts are wished for, and the JSON.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "re2/re2.h"
#include "source/admin/config_dump.h"
#include "source/admin/draft.h"
#include "source/admin/field_mask.h"
#include "source/admin/pages.h"
#include "source/base/strings.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/resource_type.h"

namespace weir::admin {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Messages = std::vector<std::unique_ptr<Message>>;

// The elements of the list named `resource`; or why there are none.
struct Elements {
  Messages messages;
  std::optional<Page> error;
};

Elements ElementsOf(Messages dumps, std::string_view resource) {
  for (const auto& dump : dumps) {
    const FieldDescriptor* const field =
        dump->GetDescriptor()->FindFieldByName(std::string(resource));
    if (field == nullptr) continue;
    if (!field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return {{},
              TextPage(400, StrCat(resource, " is not a repeated field. Use ?mask=", resource,
                                   " to get only this field\n"))};
    }
    Elements elements;
    const auto& reflection = *dump->GetReflection();
    while (reflection.FieldSize(*dump, field) > 0) {
      elements.messages.emplace_back(reflection.ReleaseLast(dump.get(), field));
    }
    std::reverse(elements.messages.begin(), elements.messages.end());
    return elements;
  }
  return {{}, TextPage(404, StrCat(resource, " not found in config dump\n"))};
}

// False when no message has a field that the mask names.
bool ApplyMask(const FieldMask& mask, Messages& messages) {
  bool fits = messages.empty();
  for (const auto& message : messages) {
    fits = fits || mask.Fits(*message->GetDescriptor());
    // First: what tells a secret may itself be masked out.
    schema::Redact(*message);
    mask.Trim(*message);
  }
  return fits;
}

// As envoy.admin.v3.ConfigDump. Lets go of each message once it is in.
std::string Json(Messages messages) {
  const auto all = NewDraftMessage("envoy.admin.v3.ConfigDump");
  for (auto& message : messages) {
    Draft(*all)
        .Add("configs")
        .Text("type_url", schema::TypeUrlOf(*message->GetDescriptor()))
        .Text("value", message->SerializePartialAsString());
    message.reset();
  }
  return schema::MessageToJson(*all);
}

}  // namespace

Page ConfigDumpPage(const Inputs& inputs, const Query& query) {
  std::optional<re2::RE2> name;
  if (const auto pattern = query.Get("name_regex"); pattern.has_value() && !pattern->empty()) {
    name.emplace(std::string(*pattern), re2::RE2::Quiet);
    if (!name->ok()) return TextPage(400, StrCat("invalid name_regex: ", name->error(), "\n"));
  }
  Messages messages = DumpMessages(*inputs.view, {.name = name.has_value() ? &*name : nullptr,
                                                  .endpoints = query.Has("include_eds")});
  if (const auto resource = query.Get("resource"); resource.has_value() && !resource->empty()) {
    Elements elements = ElementsOf(std::move(messages), *resource);
    if (elements.error.has_value()) return *std::move(elements.error);
    messages = std::move(elements.messages);
  }
  const FieldMask mask(query.Get("mask").value_or(""));
  if (!mask.empty() && !ApplyMask(mask, messages)) {
    return TextPage(
        400, StrCat("FieldMask ", *query.Get("mask"), " could not be successfully applied.\n"));
  }
  return JsonPage(Json(std::move(messages)));
}

}  // namespace weir::admin
