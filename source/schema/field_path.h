// Paths of fields as text: "virtual_hosts[0].routes[2].typed_per_filter_config["a.b"].x".
//
// Built while walking a message, and taken apart to find a place in a text. An `Any` adds no step:
// what it holds follows the field's name. Values; one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::schema {

// The path to where a walk is. Each step is undone when its Scope ends.
class FieldPath {
 public:
  explicit FieldPath(std::string_view prefix = {}) : text_(prefix) {}

  const std::string& text() const { return text_; }
  std::string With(std::string_view field) const;

  class Scope {
   public:
    Scope(FieldPath& path, size_t length) : path_(path), length_(length) {}
    ~Scope() { path_.text_.resize(length_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    FieldPath& path_;
    const size_t length_;
  };
  [[nodiscard]] Scope Field(std::string_view name);
  [[nodiscard]] Scope Index(size_t index);
  [[nodiscard]] Scope Key(std::string_view key);

 private:
  std::string text_;
};

// The steps of a path, first to last.
class PathSteps {
 public:
  struct Step {
    std::string name;             // field or map key
    bool is_key = false;          // ["key"]
    std::optional<size_t> index;  // [0]
  };

  explicit PathSteps(std::string_view path) : rest_(path) {}
  // Nothing at the end and at what is no path.
  std::optional<Step> Next();

 private:
  std::optional<Step> NextInBrackets();

  std::string_view rest_;
};

// "max_requests" -> "maxRequests", as protobuf derives JSON names.
std::string LowerCamel(std::string_view name);

// "xds.type.v3.TypedStruct" and "udpa.type.v1.TypedStruct".
bool IsTypedStructName(std::string_view message_name);

}  // namespace weir::schema
