#include "source/schema/config_text.h"

#include <algorithm>
#include <set>
#include <utility>

#include "source/base/strings.h"
#include "source/schema/field_rules.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"
#include "source/schema/text_to_proto.h"
#include "source/schema/wire_bytes.h"

namespace weir::schema {
namespace {

using google::protobuf::Message;

constexpr std::string_view kResourceWrapper = "envoy.service.discovery.v3.Resource";

// Rules, but for places where the walk has already found something: a field that could not be read
// need not be called missing as well.
void CheckRulesAfterWalk(const Message& message, Diagnostics& diagnostics) {
  Diagnostics broken;
  CheckRules(message, broken);
  std::set<std::string> reported;
  for (const Diagnostic& diagnostic : diagnostics.all()) reported.insert(diagnostic.path);
  for (const Diagnostic& diagnostic : broken.all()) {
    if (!reported.contains(diagnostic.path)) diagnostics.Add(diagnostic);
  }
}

Diagnostic At(const Document& document, Position position, std::string message) {
  Diagnostic diagnostic;
  diagnostic.file = document.file();
  diagnostic.line = position.line;
  diagnostic.column = position.column;
  diagnostic.message = std::move(message);
  return diagnostic;
}

// Reads the resources of one text.
class ResourceReader {
 public:
  ResourceReader(std::vector<TextResource>& resources, Diagnostics& diagnostics)
      : resources_(resources), diagnostics_(diagnostics) {}

  void ReadDocument(const std::shared_ptr<const Document>& document) {
    const Node& root = document->root();
    if (root.kind != Node::Kind::kMapping) {
      return diagnostics_.Add(
          At(*document, root.position, "must be a resource, or a mapping with \"resources\""));
    }
    if (root.Find("@type") != nullptr) return ReadResource(document, root);
    const Node* list = root.Find("resources");
    if (list == nullptr) {
      std::string message = "needs \"@type\", which says what it is, or a list \"resources\"";
      if (root.Find("static_resources") != nullptr || root.Find("staticResources") != nullptr) {
        message += "; this looks like the bootstrap of a proxy";
      }
      return diagnostics_.Add(At(*document, root.position, std::move(message)));
    }
    CheckOtherKeys(*document, root);
    if (list->kind == Node::Kind::kNull) return;
    if (list->kind != Node::Kind::kSequence) {
      return diagnostics_.Add(At(*document, list->position, "\"resources\" must be a list"));
    }
    for (const Node* item : list->items) ReadResource(document, *item);
  }

 private:
  void CheckOtherKeys(const Document& document, const Node& root) {
    // Those of a DiscoveryResponse, which say nothing about the resources.
    static constexpr std::string_view kAllowed[] = {"resources", "version_info",  "versionInfo",
                                                    "type_url",  "typeUrl",       "nonce",
                                                    "canary",    "control_plane", "controlPlane"};
    for (const Node::Entry& entry : root.entries) {
      if (std::find(std::begin(kAllowed), std::end(kAllowed), entry.key) != std::end(kAllowed))
        continue;
      diagnostics_.Add(At(document, entry.position,
                          StrCat("unknown key \"", entry.key, "\" beside \"resources\"")));
    }
  }

  void ReadResource(const std::shared_ptr<const Document>& document, const Node& node) {
    const Node* type = node.Find("@type");
    if (type != nullptr && MessageNameOf(type->text) == kResourceWrapper) {
      const Node* inner = node.Find("resource");
      if (inner == nullptr) {
        return diagnostics_.Add(At(*document, node.position, "the wrapper has no \"resource\""));
      }
      return ReadResource(document, *inner);
    }
    TextResource resource;
    resource.source = SourceMap(document, node);
    resource.position = node.position;
    Diagnostics found;
    if (node.kind == Node::Kind::kMapping && node.entries.empty()) {
      found.Add(At(*document, node.position, "is empty"));
    }
    NodeToMessage(*document, node, resource.any, found);
    resource.type_url = resource.any.type_url();
    resource.message = NewMessageByTypeUrl(resource.type_url);
    if (resource.message != nullptr) {
      resource.message->ParsePartialFromString(resource.any.value());
      resource.name = ResourceName(*resource.message);
      CheckResource(*document, node, resource, found);
    }
    for (Diagnostic& diagnostic : found.mutable_all()) {
      resource.source.Locate(diagnostic);
      diagnostic.type_url = resource.type_url;
      diagnostic.resource = resource.name;
    }
    const bool good = !found.has_errors() && resource.message != nullptr;
    diagnostics_.Append(std::move(found));
    if (good) resources_.push_back(std::move(resource));
  }

  void CheckResource(const Document& document, const Node& node, const TextResource& resource,
                     Diagnostics& found) {
    if (!IsResourceType(resource.type_url)) {
      return found.Add(
          At(document, node.position,
             StrCat(MessageNameOf(resource.type_url),
                    " is no resource: it belongs inside a listener, route or cluster")));
    }
    CheckRulesAfterWalk(*resource.message, found);
    if (resource.name.empty()) {
      if (!found.has_errors()) found.Add(At(document, node.position, "the resource has no name"));
    } else if (!names_.emplace(resource.type_url, resource.name).second) {
      found.Add(At(document, node.position, "a resource of this type and name stands before it"));
    }
  }

  std::vector<TextResource>& resources_;
  Diagnostics& diagnostics_;
  std::set<std::pair<std::string, std::string>> names_;
};

}  // namespace

ReadResult ReadMessage(const SourceText& text, const KnownExtension& known, Message& message,
                       Diagnostics& diagnostics, MissingFields missing) {
  ReadResult result;
  Diagnostics found;
  const auto documents = ReadDocuments(text, found);
  if (documents.size() > 1) {
    found.Add(
        At(*documents[1], documents[1]->root().position, "one document is expected, not more"));
  }
  // As a message of the whole API first: what is not supported is not unknown.
  std::unique_ptr<Message> full = NewMessageByTypeUrl(message.GetDescriptor()->full_name());
  if (full == nullptr) full.reset(message.New());
  if (!documents.empty()) {
    const Node& root = documents.front()->root();
    result.source = SourceMap(documents.front(), root);
    NodeToMessage(*documents.front(), root, *full, found);
  }
  if (!documents.empty() || !found.has_errors()) CheckRulesAfterWalk(*full, found);
  message.ParsePartialFromString(DeterministicBytes(*full));
  SupportReport report = CheckSupported(message, known, missing);
  AddRefused(report, found);
  result.ignored = std::move(report.ignored);
  result.source.Locate(found);
  found.Sort();
  result.ok = !found.has_errors();
  diagnostics.Append(std::move(found));
  return result;
}

std::vector<TextResource> ReadResources(const SourceText& text, Diagnostics& diagnostics) {
  std::vector<TextResource> resources;
  Diagnostics found;
  ResourceReader reader(resources, found);
  for (const auto& document : ReadDocuments(text, found)) reader.ReadDocument(document);
  found.Sort();
  diagnostics.Append(std::move(found));
  return resources;
}

}  // namespace weir::schema
