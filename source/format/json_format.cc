#include "source/format/json_format.h"

#include <cmath>

#include "source/base/status.h"
#include "source/format/operator.h"

namespace weir::format {

struct JsonFormat::Node {
  enum class Kind : unsigned char { kFixed, kTyped, kText, kArray, kObject } kind = Kind::kFixed;
  std::string fixed;                                               // kFixed: JSON text
  std::vector<std::shared_ptr<const Formatter::Operator>> pieces;  // kTyped: one; kText
  std::vector<std::string> keys;  // kObject: as JSON, quoted, with the colon
  std::vector<Node> children;     // kArray, kObject
};

namespace {

using Node = JsonFormat::Node;

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  AppendJsonEscaped(out, text);
  out += '"';
  return out;
}

std::string NumberText(double value) {
  if (std::isfinite(value) && value == std::floor(value) && std::fabs(value) < 1e15) {
    return StrCat(static_cast<int64_t>(value));
  }
  return std::isfinite(value) ? StrCat(value) : "null";
}

absl::StatusOr<Node> Compile(const JsonTemplate& value, const std::string& path);

absl::StatusOr<Node> CompileString(const std::string& text, const std::string& path) {
  Node node;
  auto pieces = CompileText(text);
  if (!pieces.ok()) return Annotate(pieces.status(), path);
  node.pieces = *std::move(pieces);
  if (node.pieces.empty()) {
    node.fixed = "\"\"";
  } else if (node.pieces.size() > 1) {
    node.kind = Node::Kind::kText;
  } else if (node.pieces[0]->append == nullptr) {
    node.fixed = Quoted(node.pieces[0]->text);
  } else {
    node.kind = Node::Kind::kTyped;
  }
  return node;
}

absl::StatusOr<Node> CompileObject(const JsonTemplate::Object& object, const std::string& path) {
  Node node;
  node.kind = Node::Kind::kObject;
  for (size_t i = 0; i < object.keys.size(); ++i) {
    const std::string& key = object.keys[i];
    node.keys.push_back(Quoted(key) + ":");
    WEIR_ASSIGN_OR_RETURN(Node compiled,
                          Compile(object.values[i], path.empty() ? key : StrCat(path, ".", key)));
    node.children.push_back(std::move(compiled));
  }
  return node;
}

absl::StatusOr<Node> Compile(const JsonTemplate& value, const std::string& path) {
  Node node;
  if (const auto* object = std::get_if<JsonTemplate::Object>(&value.value)) {
    return CompileObject(*object, path);
  }
  if (const auto* text = std::get_if<std::string>(&value.value)) return CompileString(*text, path);
  if (const auto* array = std::get_if<JsonTemplate::Array>(&value.value)) {
    node.kind = Node::Kind::kArray;
    for (size_t i = 0; i < array->size(); ++i) {
      WEIR_ASSIGN_OR_RETURN(Node compiled, Compile((*array)[i], StrCat(path, "[", i, "]")));
      node.children.push_back(std::move(compiled));
    }
  } else if (const auto* number = std::get_if<double>(&value.value)) {
    node.fixed = NumberText(*number);
  } else if (const auto* flag = std::get_if<bool>(&value.value)) {
    node.fixed = *flag ? "true" : "false";
  } else {
    node.fixed = "null";
  }
  return node;
}

// The template again as JSON: equal templates give equal text.
void AppendSource(std::string& out, const JsonTemplate& value) {
  if (const auto* object = std::get_if<JsonTemplate::Object>(&value.value)) {
    out += '{';
    for (size_t i = 0; i < object->keys.size(); ++i) {
      out += Quoted(object->keys[i]) + ":";
      AppendSource(out, object->values[i]);
      out += ',';
    }
    out += '}';
  } else if (const auto* array = std::get_if<JsonTemplate::Array>(&value.value)) {
    out += '[';
    for (const JsonTemplate& child : *array) {
      AppendSource(out, child);
      out += ',';
    }
    out += ']';
  } else if (const auto* text = std::get_if<std::string>(&value.value)) {
    out += Quoted(*text);
  } else if (const auto* number = std::get_if<double>(&value.value)) {
    out += NumberText(*number);
  } else if (const auto* flag = std::get_if<bool>(&value.value)) {
    out += *flag ? "true" : "false";
  } else {
    out += "null";
  }
}

// Replaces the raw text from `start` to the end of `out` by its JSON string, copying only where it
// must.
void QuoteTail(std::string& out, size_t start) {
  bool plain = true;
  for (size_t i = start; i < out.size() && plain; ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    plain = c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
  }
  if (plain) {
    out.insert(start, 1, '"');
    out += '"';
    return;
  }
  const std::string raw = out.substr(start);
  out.resize(start);
  out += '"';
  AppendJsonEscaped(out, raw);
  out += '"';
}

void AppendNode(std::string& out, const Node& node, const FormatContext& context, bool omit_empty);

// False when the value is missing; then `out` is as before.
bool AppendTyped(std::string& out, const Node& node, const FormatContext& context) {
  const Formatter::Operator& op = *node.pieces[0];
  const size_t before = out.size();
  if (!op.Append(out, context)) return false;
  if (!op.is_number) QuoteTail(out, before);
  return true;
}

void AppendObject(std::string& out, const Node& node, const FormatContext& context,
                  bool omit_empty) {
  out += '{';
  bool first = true;
  for (size_t i = 0; i < node.children.size(); ++i) {
    const Node& child = node.children[i];
    const size_t before = out.size();
    if (!first) out += ',';
    out += node.keys[i];
    if (child.kind == Node::Kind::kTyped) {
      if (!AppendTyped(out, child, context)) {
        if (omit_empty) {
          out.resize(before);
          continue;
        }
        out += "null";
      }
    } else {
      AppendNode(out, child, context, omit_empty);
    }
    first = false;
  }
  out += '}';
}

void AppendNode(std::string& out, const Node& node, const FormatContext& context, bool omit_empty) {
  switch (node.kind) {
    case Node::Kind::kFixed:
      out += node.fixed;
      return;
    case Node::Kind::kTyped:
      if (!AppendTyped(out, node, context)) out += "null";
      return;
    case Node::Kind::kText: {
      const size_t before = out.size();
      for (const auto& piece : node.pieces) {
        if (!piece->Append(out, context) && !omit_empty) out += '-';
      }
      QuoteTail(out, before);
      return;
    }
    case Node::Kind::kArray:
      out += '[';
      for (size_t i = 0; i < node.children.size(); ++i) {
        if (i > 0) out += ',';
        AppendNode(out, node.children[i], context, omit_empty);
      }
      out += ']';
      return;
    case Node::Kind::kObject:
      AppendObject(out, node, context, omit_empty);
      return;
  }
}

}  // namespace

absl::StatusOr<JsonFormat> JsonFormat::Create(const JsonTemplate::Object& object,
                                              bool omit_empty_values) {
  JsonFormat format;
  format.omit_empty_ = omit_empty_values;
  AppendSource(format.source_, JsonTemplate{object});
  WEIR_ASSIGN_OR_RETURN(Node root, CompileObject(object, ""));
  format.root_ = std::make_shared<const Node>(std::move(root));
  return format;
}

void JsonFormat::Append(std::string& out, const FormatContext& context) const {
  if (root_ == nullptr) {
    out += "{}";
    return;
  }
  AppendNode(out, *root_, context, omit_empty_);
}

}  // namespace weir::format
