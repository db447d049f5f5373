// Showing a part of a message: the paths of a FieldMask, followed through lists and through `Any`.
// Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"

namespace weir::admin {

class FieldMask {
 public:
  // Comma-separated paths of field names as the API has them: "cluster.name,version_info". Empty
  // text: no paths.
  explicit FieldMask(std::string_view text);

  bool empty() const { return root_.children.empty(); }
  // Whether `type` has a field for some path, as far as that can be told before an `Any` is opened.
  bool Fits(const google::protobuf::Descriptor& type) const;
  // Removes what no path names.
  void Trim(google::protobuf::Message& message) const { Trim(message, root_); }

 private:
  struct Node {
    std::map<std::string, Node, std::less<>> children;  // None: all below.
  };

  static bool Fits(const google::protobuf::Descriptor& type, const Node& node);
  static void Trim(google::protobuf::Message& message, const Node& node);
  static void TrimAny(google::protobuf::Message& any, const Node& node);

  Node root_;
};

}  // namespace weir::admin
