#include "source/control/validation/validation.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "source/base/strings.h"
#include "source/control/engine/reference_graph.h"
#include "source/schema/config_text.h"
#include "source/schema/field_rules.h"
#include "source/schema/full_pool.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/references.h"
#include "source/schema/resource_type.h"

namespace weir::control::validation {
namespace {

using engine::Reference;
using engine::ResourcePtr;
using engine::SourcePosition;
using schema::Diagnostic;
using schema::Diagnostics;

// Finds the place of a field in the text that a resource came from.
using PlaceOf = std::function<SourcePosition(const std::string& path)>;

std::vector<Reference> ReferencesOf(const google::protobuf::Message& message,
                                    const PlaceOf& place) {
  std::vector<Reference> references;
  for (const schema::Reference& found : schema::CollectReferences(message)) {
    // What another server or a file gives is not ours to check.
    if (found.source == schema::Reference::Source::kOther) continue;
    references.push_back({found.type_url, found.name, found.path, place(found.path)});
  }
  return references;
}

// Fills in what the check of a single resource does not know.
void Locate(Diagnostics found, const std::string& type_url, const std::string& name,
            const PlaceOf& place, Diagnostics& diagnostics) {
  for (Diagnostic& one : found.mutable_all()) {
    const SourcePosition at = place(one.path);
    if (one.file.empty()) one.file = at.file;
    if (one.line == 0) {
      one.line = at.line;
      one.column = at.column;
    }
    one.type_url = type_url;
    one.resource = name;
  }
  diagnostics.Append(std::move(found));
}

// True when the data plane has nothing against it.
bool AskDataPlane(const google::protobuf::Any& any, const std::string& name, const PlaceOf& place,
                  const Validator& validator, Diagnostics& diagnostics) {
  if (!validator) return true;
  Diagnostics found;
  validator(any, found);
  const bool good = !found.has_errors();
  Locate(std::move(found), any.type_url(), name, place, diagnostics);
  return good;
}

}  // namespace

std::vector<ResourcePtr> ReadFile(const std::string& path, const std::string& text,
                                  const Validator& validator, Diagnostics& diagnostics) {
  std::vector<ResourcePtr> resources;
  for (schema::TextResource& one :
       schema::ReadResources({.text = text, .file = path}, diagnostics)) {
    const PlaceOf place = [&](const std::string& field) {
      const schema::Position at = field.empty() ? one.position : one.source.Find(field);
      return SourcePosition{path, at.line, at.column};
    };
    if (!AskDataPlane(one.any, one.name, place, validator, diagnostics)) continue;
    resources.push_back(engine::MakeResource(one.type_url, one.name, one.any.value(),
                                             ReferencesOf(*one.message, place), place("")));
  }
  return resources;
}

ResourcePtr ReadMessage(const google::protobuf::Any& any, const std::string& place_name,
                        const Validator& validator, Diagnostics& diagnostics) {
  const PlaceOf place = [&](const std::string&) { return SourcePosition{place_name, 0, 0}; };
  const auto fail = [&](std::string message) {
    Diagnostics one;
    one.Error("", std::move(message));
    Locate(std::move(one), any.type_url(), "", place, diagnostics);
    return nullptr;
  };
  if (!schema::IsResourceType(any.type_url())) {
    return fail(StrCat("\"", any.type_url(), "\" is no type of resource"));
  }
  std::unique_ptr<google::protobuf::Message> message = schema::NewMessageByTypeUrl(any.type_url());
  if (message == nullptr || !message->ParseFromString(any.value())) {
    return fail(StrCat("the bytes are no ", schema::MessageNameOf(any.type_url())));
  }
  const std::string name = schema::ResourceName(*message);
  if (name.empty()) return fail("the resource has no name");
  Diagnostics found;
  const bool rules_hold = schema::CheckRules(*message, found);
  Locate(std::move(found), any.type_url(), name, place, diagnostics);
  if (!rules_hold || !AskDataPlane(any, name, place, validator, diagnostics)) return nullptr;
  return engine::MakeResource(any.type_url(), name, any.value(), ReferencesOf(*message, place),
                              place(""));
}

ResourcePtr Restore(std::string type_url, std::string name, const std::string& bytes,
                    SourcePosition source) {
  std::vector<Reference> references;
  std::unique_ptr<google::protobuf::Message> message = schema::NewMessageByTypeUrl(type_url);
  if (message != nullptr && message->ParseFromString(bytes)) {
    references = ReferencesOf(*message, [&](const std::string&) { return source; });
  }
  return engine::MakeResource(std::move(type_url), std::move(name), bytes, std::move(references),
                              std::move(source));
}

void CheckSet(const engine::Snapshot& snapshot, std::span<const Given> given,
              Diagnostics& diagnostics) {
  for (const engine::DanglingReference& dangling : engine::FindDangling(snapshot)) {
    const bool is_given = std::any_of(given.begin(), given.end(), [&](const Given& one) {
      return one.type_url == dangling.reference.type_url && one.name == dangling.reference.name;
    });
    if (is_given) continue;
    Diagnostic one;
    const SourcePosition& at =
        dangling.reference.position.line > 0 ? dangling.reference.position : dangling.from->source;
    one.file = at.file;
    one.line = at.line;
    one.column = at.column;
    one.type_url = dangling.from->type_url;
    one.resource = dangling.from->name;
    one.path = dangling.reference.path;
    one.message = StrCat("leads to no ", schema::ShortTypeName(dangling.reference.type_url));
    one.rule = "reference";
    one.value = schema::ShownValue(dangling.reference.name);
    std::vector<std::string> names;
    if (const engine::TypeView* view = snapshot.Find(dangling.reference.type_url)) {
      for (const ResourcePtr& candidate : view->resources()) names.push_back(candidate->name);
    }
    one.suggestion = Nearest(dangling.reference.name, names).value_or("");
    diagnostics.Add(std::move(one));
  }
  // What a mistyped reference was meant for is not a second mistake.
  if (diagnostics.has_errors()) return;
  for (const ResourcePtr& resource : engine::FindUnreferenced(snapshot)) {
    Diagnostic one;
    one.severity = Diagnostic::Severity::kWarning;
    one.file = resource->source.file;
    one.line = resource->source.line;
    one.column = resource->source.column;
    one.type_url = resource->type_url;
    one.resource = resource->name;
    one.message = StrCat(schema::ShortTypeName(resource->type_url), " \"", resource->name,
                         "\": nothing refers to it");
    diagnostics.Add(std::move(one));
  }
}

std::unique_ptr<google::protobuf::Message> MessageOf(const engine::Resource& resource) {
  std::unique_ptr<google::protobuf::Message> message =
      schema::NewMessageByTypeUrl(resource.type_url);
  const std::string_view bytes = engine::MessageBytes(resource);
  if (message == nullptr ||
      !message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return nullptr;
  }
  return message;
}

}  // namespace weir::control::validation
