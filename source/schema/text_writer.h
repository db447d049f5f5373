// Writes JSON-like data as JSON or as YAML. Private to schema; one use, one thread.
//
// Calls: Begin/End around the members of an object or a list; Key before each member of an object;
// String or Plain for a value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::schema {

class TextWriter {
 public:
  enum class Format { kJson, kJsonOneLine, kYaml };

  explicit TextWriter(Format format) : format_(format) {}

  void BeginObject() { Begin('{'); }
  void EndObject() { End('}'); }
  void BeginList() { Begin('['); }
  void EndList() { End(']'); }
  void Key(std::string_view key);
  void String(std::string_view value);
  // Numbers, true, false, null.
  void Plain(std::string_view value);

  std::string Take();

 private:
  struct Level {
    bool list;
    bool empty = true;
    bool inline_first = false;  // YAML: the first member goes on the line of the "- " before it
  };

  void Begin(char bracket);
  void End(char bracket);
  void BeforeValue(bool container);
  void Indent(size_t levels);

  const Format format_;
  std::string out_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace weir::schema
