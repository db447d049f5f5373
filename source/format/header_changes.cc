#include "source/format/header_changes.h"

namespace weir::format {
namespace {

void Add(http::HeaderMap& headers, const HeaderAddition& addition, std::string_view value) {
  switch (addition.action) {
    case AppendAction::kAppendIfExistsOrAdd:
      headers.Add(addition.name, value);
      return;
    case AppendAction::kAddIfAbsent:
      if (!headers.Get(addition.name).has_value()) headers.Add(addition.name, value);
      return;
    case AppendAction::kOverwriteIfExistsOrAdd:
      headers.Set(addition.name, value);
      return;
    case AppendAction::kOverwriteIfExists:
      if (headers.Get(addition.name).has_value()) headers.Set(addition.name, value);
      return;
  }
}

}  // namespace

void HeaderChanges::Apply(http::HeaderMap& headers, const FormatContext& context) const {
  for (const std::string& name : remove) headers.Remove(name);
  std::string formatted;
  for (const HeaderAddition& addition : add) {
    std::string_view value;
    if (const std::string* const literal = addition.value.literal()) {
      value = *literal;
    } else {
      formatted.clear();
      // Missing values leave nothing behind, as in Envoy: a header of "-" would be taken for a
      // value.
      addition.value.Append(formatted, context, true);
      value = formatted;
    }
    if (value.empty() ? !addition.keep_empty_value : !http::HeaderMap::IsValidValue(value))
      continue;
    Add(headers, addition, value);
  }
}

}  // namespace weir::format
