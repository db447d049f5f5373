// Header fields to add and remove (HeaderValueOption and headers_to_remove), compiled. Immutable,
// any thread.
#pragma once

#include <string>
#include <vector>

#include "source/format/formatter.h"
#include "source/http/header_map.h"

namespace weir::format {

enum class AppendAction : unsigned char {
  kAppendIfExistsOrAdd,
  kAddIfAbsent,
  kOverwriteIfExistsOrAdd,
  kOverwriteIfExists,
};

struct HeaderAddition {
  std::string name;  // lower case; never a pseudo-header, host or a framing field
  Formatter value;
  AppendAction action = AppendAction::kAppendIfExistsOrAdd;
  bool keep_empty_value = false;

  // A value that is no valid field value after formatting (a line break from metadata) is left out.
  void Apply(http::HeaderMap& headers, const FormatContext& context) const;
  friend bool operator==(const HeaderAddition&, const HeaderAddition&) = default;
};

struct HeaderChanges {
  std::vector<HeaderAddition> add;
  std::vector<std::string> remove;  // lower case

  bool empty() const { return add.empty() && remove.empty(); }
  // Removes, then adds.
  void Apply(http::HeaderMap& headers, const FormatContext& context) const;
  friend bool operator==(const HeaderChanges&, const HeaderChanges&) = default;
};

}  // namespace weir::format
