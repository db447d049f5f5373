#include "source/schema/document.h"

#include <algorithm>
#include <utility>

#include "source/base/encoding.h"
#include "source/base/strings.h"
#include "source/schema/document_builder.h"
#include "source/schema/field_path.h"
#include "source/schema/resource_type.h"
#include "source/schema/scalars.h"

namespace weir::schema {
namespace {

bool LooksLikeJson(const SourceText& source) {
  if (source.format != SourceText::Format::kByName) {
    return source.format == SourceText::Format::kJson;
  }
  if (source.file.ends_with(".json")) return true;
  if (source.file.ends_with(".yaml") || source.file.ends_with(".yml")) return false;
  const size_t first = source.text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && source.text[first] == '{';
}

bool IsTypedStruct(const Node& node) {
  const Node* type = node.Find("@type");
  return type != nullptr && IsTypedStructName(MessageNameOf(type->text));
}

}  // namespace

const Node* Node::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return entry.value;
  }
  return nullptr;
}

std::vector<std::shared_ptr<const Document>> ReadDocuments(const SourceText& source,
                                                           Diagnostics& diagnostics,
                                                           const TextLimits& limits) {
  std::vector<std::shared_ptr<const Document>> documents;
  if (source.text.size() > limits.max_bytes) {
    Diagnostic diagnostic;
    diagnostic.file = source.file;
    diagnostic.message = StrCat("the text has ", source.text.size(), " bytes; at most ",
                                limits.max_bytes, " are read");
    diagnostics.Add(std::move(diagnostic));
    return documents;
  }
  if (const size_t good = Utf8PrefixLength(source.text); good < source.text.size()) {
    const std::string_view before = source.text.substr(0, good);
    Diagnostic diagnostic;
    diagnostic.file = source.file;
    diagnostic.line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    diagnostic.column = static_cast<int>(good - (before.rfind('\n') + 1)) + 1;
    diagnostic.message = "the text is not UTF-8";
    diagnostics.Add(std::move(diagnostic));
    return documents;
  }
  if (LooksLikeJson(source)) {
    ReadJson(source, limits, diagnostics, documents);
  } else {
    ReadYaml(source, limits, diagnostics, documents);
  }
  return documents;
}

std::string_view SourceMap::file() const {
  return document_ == nullptr ? std::string_view() : std::string_view(document_->file());
}

Position SourceMap::Find(std::string_view path) const {
  if (root_ == nullptr) return {};
  const Node* node = root_;
  Position position = node->position;
  for (PathSteps steps(path); const auto step = steps.Next();) {
    if (step->index) {
      if (*step->index >= node->items.size()) return position;
      node = node->items[*step->index];
      position = node->position;
      continue;
    }
    // What a TypedStruct stands for is one level further down.
    if (IsTypedStruct(*node) && step->name != "type_url" && step->name != "value") {
      const Node* value = node->Find("value");
      if (value != nullptr) node = value;
    }
    const Node::Entry* found = nullptr;
    for (const Node::Entry& entry : node->entries) {
      if (entry.key == step->name || (!step->is_key && entry.key == LowerCamel(step->name))) {
        found = &entry;
      }
    }
    if (found == nullptr) return position;
    node = found->value;
    position = node->kind == Node::Kind::kScalar ? node->position : found->position;
  }
  return position;
}

void SourceMap::Locate(Diagnostic& diagnostic) const {
  if (document_ == nullptr || diagnostic.line > 0) return;
  const Position position = Find(diagnostic.path);
  diagnostic.file = document_->file();
  diagnostic.line = position.line;
  diagnostic.column = position.column;
}

void SourceMap::Locate(Diagnostics& diagnostics) const {
  for (Diagnostic& diagnostic : diagnostics.mutable_all()) Locate(diagnostic);
}

}  // namespace weir::schema
