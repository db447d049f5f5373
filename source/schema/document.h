// YAML or JSON as a tree of nodes that know their line and column, and the way back from a field's
// path to its place.
//
// Both formats become the same tree; what a scalar means is decided by the field that it is for
// (text_to_proto.h). Immutable once read, hence free to share between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/schema/diagnostic.h"

namespace weir::schema {

struct Position {
  int line = 0;  // from 1; 0 when unknown
  int column = 0;

  bool operator==(const Position&) const = default;
};

struct Node {
  enum class Kind : uint8_t { kNull, kScalar, kSequence, kMapping };
  struct Entry {
    std::string key;
    Position position;  // of the key
    const Node* value;
  };

  Kind kind = Kind::kNull;
  bool quoted = false;  // a scalar in quotes or a YAML block scalar: always a string
  Position position;
  std::string text;                // kScalar: the value with escapes resolved
  std::vector<const Node*> items;  // kSequence
  std::vector<Entry> entries;      // kMapping, as written, merge keys resolved, no key twice
  size_t size = 1;                 // nodes in this tree, aliases counted each time

  // The value of `key`, or null.
  const Node* Find(std::string_view key) const;
};

// A text with its name. `file` is only shown.
struct SourceText {
  enum class Format { kByName, kYaml, kJson };

  std::string_view text;
  std::string file;
  // kByName: by ".json", ".yaml" or ".yml"; else JSON when the text starts with {, and YAML
  // otherwise.
  Format format = Format::kByName;
};

// What a reader accepts. Beyond it: an error, not a crash.
struct TextLimits {
  size_t max_bytes = size_t{64} << 20;
  int max_depth = 100;
  // Nodes that YAML aliases may add in all, each use counted (a small file can describe 10^9
  // nodes).
  size_t max_alias_nodes = 100'000;
};

// One document. Nodes live as long as it does.
class Document {
 public:
  explicit Document(std::string file, bool typed_scalars = false)
      : file_(std::move(file)), typed_scalars_(typed_scalars) {}
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  const std::string& file() const { return file_; }
  const Node& root() const { return *root_; }
  // JSON: a scalar without quotes is never a string.
  bool typed_scalars() const { return typed_scalars_; }

  // For the readers.
  Node& NewNode() { return nodes_.emplace_back(); }
  void set_root(const Node* root) { root_ = root; }

 private:
  std::string file_;
  bool typed_scalars_;
  std::deque<Node> nodes_;
  Node empty_;
  const Node* root_ = &empty_;
};

// All documents of a text (JSON has one). Empty documents are left out. On a syntax error: what was
// read before it, and a diagnostic.
std::vector<std::shared_ptr<const Document>> ReadDocuments(const SourceText& source,
                                                           Diagnostics& diagnostics,
                                                           const TextLimits& limits = {});

// From the path of a field to its place in the text it came from.
class SourceMap {
 public:
  SourceMap() = default;
  // `root` is what paths start from; part of `document`.
  SourceMap(std::shared_ptr<const Document> document, const Node& root)
      : document_(std::move(document)), root_(&root) {}

  bool empty() const { return root_ == nullptr; }
  std::string_view file() const;
  // Of the deepest part of `path` that the text has; of the root for an empty path.
  Position Find(std::string_view path) const;
  // Fills file, line and column where they are missing.
  void Locate(Diagnostic& diagnostic) const;
  void Locate(Diagnostics& diagnostics) const;

 private:
  std::shared_ptr<const Document> document_;
  const Node* root_ = nullptr;
};

}  // namespace weir::schema
