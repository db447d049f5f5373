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

void HeaderAddition::Apply(http::HeaderMap& headers, const FormatContext& context) const {
  const std::string* text = value.literal();
  if (text == nullptr) {
    std::string& formatted = headers.arena().Scratch();
    // Missing values leave nothing behind, as in Envoy: a header of "-" would be taken for a value.
    value.Append(formatted, context, true);
    text = &formatted;
  }
  if (text->empty() ? !keep_empty_value : !http::HeaderMap::IsValidValue(*text)) return;
  Add(headers, *this, *text);
}

void HeaderChanges::Apply(http::HeaderMap& headers, const FormatContext& context) const {
  for (const std::string& name : remove) headers.Remove(name);
  for (const HeaderAddition& addition : add) addition.Apply(headers, context);
}

}  // namespace weir::format
