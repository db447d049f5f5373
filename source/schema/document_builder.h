// Builds a Document from the events of a YAML or JSON parser, within limits. Private to the
// readers.
//
// Calls: Scalar, Null, Alias, or Begin... (children) ...End; in a mapping a scalar key before each
// value. After the first error the rest of the document is ignored. One use a document, one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/base/hash_map.h"
#include "source/schema/diagnostic.h"
#include "source/schema/document.h"

namespace weir::schema {

class DocumentBuilder {
 public:
  DocumentBuilder(std::string file, bool typed_scalars, const TextLimits& limits,
                  Diagnostics& diagnostics);

  // `anchor` 0 means none. Anchors live until the end of the document.
  void Scalar(Position position, std::string text, bool quoted, size_t anchor);
  void Null(Position position, size_t anchor);
  void Alias(Position position, size_t anchor);
  void Begin(Position position, Node::Kind kind, size_t anchor);
  void End();

  void Fail(Position position, std::string message, std::string value = {});
  bool failed() const { return failed_; }

  // Null after an error and for an empty document.
  std::shared_ptr<const Document> Finish();

 private:
  struct Frame {
    Node* node;
    size_t anchor;
    int height = 0;  // of the tallest child
    bool has_key = false;
    bool key_quoted = false;
    std::string key;
    Position key_position;
    HashSet keys;                                          // once there are many
    std::vector<std::pair<Position, const Node*>> merges;  // values of "<<"
  };
  struct Anchored {
    const Node* node;
    int height;
  };

  void Add(const Node& node, int height, size_t anchor);
  bool TakeKey(Position position, const std::string& text, bool quoted);
  void CheckNewKey(Frame& frame);
  void ResolveMerges(Frame& frame);

  const TextLimits limits_;
  Diagnostics& diagnostics_;
  std::shared_ptr<Document> document_;
  std::vector<Frame> stack_;
  absl::flat_hash_map<size_t, Anchored> anchors_;
  size_t alias_nodes_ = 0;
  bool failed_ = false;
  bool has_root_ = false;
};

// One reader for each format; they add to `documents`.
void ReadYaml(const SourceText& source, const TextLimits& limits, Diagnostics& diagnostics,
              std::vector<std::shared_ptr<const Document>>& documents);
void ReadJson(const SourceText& source, const TextLimits& limits, Diagnostics& diagnostics,
              std::vector<std::shared_ptr<const Document>>& documents);

}  // namespace weir::schema
