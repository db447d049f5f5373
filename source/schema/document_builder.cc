#include "source/schema/document_builder.h"

#include <algorithm>
#include <utility>

#include "source/base/strings.h"

namespace weir::schema {
namespace {

// Below this a mapping is searched, above it has an index.
constexpr size_t kFewKeys = 16;

}  // namespace

DocumentBuilder::DocumentBuilder(std::string file, bool typed_scalars, const TextLimits& limits,
                                 Diagnostics& diagnostics)
    : limits_(limits),
      diagnostics_(diagnostics),
      document_(std::make_shared<Document>(std::move(file), typed_scalars)) {}

void DocumentBuilder::Scalar(Position position, std::string text, bool quoted, size_t anchor) {
  if (failed_ || TakeKey(position, text, quoted)) return;
  Node& node = document_->NewNode();
  node.kind = Node::Kind::kScalar;
  node.quoted = quoted;
  node.position = position;
  node.text = std::move(text);
  Add(node, 0, anchor);
}

void DocumentBuilder::Null(Position position, size_t anchor) {
  if (failed_) return;
  if (!stack_.empty() && stack_.back().node->kind == Node::Kind::kMapping &&
      !stack_.back().has_key) {
    return Fail(position, "a key must be a text, not null");
  }
  Node& node = document_->NewNode();
  node.position = position;
  Add(node, 0, anchor);
}

void DocumentBuilder::Alias(Position position, size_t anchor) {
  if (failed_) return;
  const auto it = anchors_.find(anchor);
  if (it == anchors_.end()) {
    return Fail(position, "the alias stands inside the node that it refers to");
  }
  const Node& node = *it->second.node;
  if (node.kind == Node::Kind::kScalar && TakeKey(position, node.text, node.quoted)) return;
  alias_nodes_ += node.size;
  if (alias_nodes_ > limits_.max_alias_nodes) {
    return Fail(position, StrCat("aliases repeat more than ", limits_.max_alias_nodes, " nodes"));
  }
  if (static_cast<int>(stack_.size()) + it->second.height > limits_.max_depth) {
    return Fail(position, StrCat("nested deeper than ", limits_.max_depth, " levels"));
  }
  Add(node, it->second.height, 0);
}

void DocumentBuilder::Begin(Position position, Node::Kind kind, size_t anchor) {
  if (failed_) return;
  if (!stack_.empty() && stack_.back().node->kind == Node::Kind::kMapping &&
      !stack_.back().has_key) {
    return Fail(position, "a key must be a text, not a list or a mapping");
  }
  if (static_cast<int>(stack_.size()) >= limits_.max_depth) {
    return Fail(position, StrCat("nested deeper than ", limits_.max_depth, " levels"));
  }
  Node& node = document_->NewNode();
  node.kind = kind;
  node.position = position;
  Frame& frame = stack_.emplace_back();
  frame.node = &node;
  frame.anchor = anchor;
}

void DocumentBuilder::End() {
  if (failed_ || stack_.empty()) return;
  Frame frame = std::move(stack_.back());
  stack_.pop_back();
  ResolveMerges(frame);
  if (!failed_) Add(*frame.node, frame.height + 1, frame.anchor);
}

void DocumentBuilder::Add(const Node& node, int height, size_t anchor) {
  if (anchor != 0) anchors_[anchor] = {&node, height};
  if (stack_.empty()) {
    document_->set_root(&node);
    has_root_ = node.kind != Node::Kind::kNull;
    return;
  }
  Frame& frame = stack_.back();
  frame.height = std::max(frame.height, height);
  frame.node->size += node.size;
  if (frame.node->kind == Node::Kind::kSequence) {
    frame.node->items.push_back(&node);
    return;
  }
  if (frame.key == "<<" && !frame.key_quoted) {
    frame.merges.emplace_back(frame.key_position, &node);
  } else {
    frame.node->entries.push_back({std::move(frame.key), frame.key_position, &node});
  }
  frame.has_key = false;
}

bool DocumentBuilder::TakeKey(Position position, const std::string& text, bool quoted) {
  if (stack_.empty()) return false;
  Frame& frame = stack_.back();
  if (frame.node->kind != Node::Kind::kMapping || frame.has_key) return false;
  frame.key = text;
  frame.key_quoted = quoted;
  frame.key_position = position;
  frame.has_key = true;
  if (text != "<<" || quoted) CheckNewKey(frame);
  return true;
}

void DocumentBuilder::CheckNewKey(Frame& frame) {
  const std::vector<Node::Entry>& entries = frame.node->entries;
  const Node::Entry* first = nullptr;
  if (entries.size() < kFewKeys) {
    for (const Node::Entry& entry : entries) {
      if (entry.key == frame.key) first = &entry;
    }
  } else {
    if (frame.keys.empty()) {
      for (const Node::Entry& entry : entries) frame.keys.insert(entry.key);
    }
    if (!frame.keys.insert(frame.key).second) {
      first = &*std::find_if(entries.begin(), entries.end(),
                             [&](const Node::Entry& entry) { return entry.key == frame.key; });
    }
  }
  if (first == nullptr) return;
  // Not fatal: the rest of the document is worth reading.
  Diagnostic diagnostic;
  diagnostic.file = document_->file();
  diagnostic.line = frame.key_position.line;
  diagnostic.column = frame.key_position.column;
  diagnostic.message =
      StrCat("the key \"", frame.key, "\" stands twice, first on line ", first->position.line);
  diagnostics_.Add(std::move(diagnostic));
}

// "<<: *base" and "<<: [*a, *b]" add the keys that the mapping does not have; earlier ones win.
void DocumentBuilder::ResolveMerges(Frame& frame) {
  if (frame.merges.empty()) return;
  Node& node = *frame.node;
  HashSet keys;
  for (const Node::Entry& entry : node.entries) keys.insert(entry.key);
  const auto merge = [&](const Node& from) {
    for (const Node::Entry& entry : from.entries) {
      if (keys.insert(entry.key).second) node.entries.push_back(entry);
    }
  };
  for (const auto& [position, value] : frame.merges) {
    if (value->kind == Node::Kind::kMapping) {
      merge(*value);
      continue;
    }
    if (value->kind != Node::Kind::kSequence) {
      return Fail(position, "a merge key (<<) needs a mapping or a list of mappings");
    }
    for (const Node* item : value->items) {
      if (item->kind != Node::Kind::kMapping) {
        return Fail(position, "a merge key (<<) needs a mapping or a list of mappings");
      }
      merge(*item);
    }
  }
}

void DocumentBuilder::Fail(Position position, std::string message, std::string value) {
  if (failed_) return;
  failed_ = true;
  Diagnostic diagnostic;
  diagnostic.file = document_->file();
  diagnostic.line = position.line;
  diagnostic.column = position.column;
  diagnostic.message = std::move(message);
  diagnostic.value = std::move(value);
  diagnostics_.Add(std::move(diagnostic));
}

std::shared_ptr<const Document> DocumentBuilder::Finish() {
  if (failed_ || !has_root_ || !stack_.empty()) return nullptr;
  return std::move(document_);
}

}  // namespace weir::schema
