#include "source/http/h1/name_spellings.h"

#include "source/base/strings.h"

namespace weir::http::h1 {

void NameSpellings::Give(FieldTable& table, HeaderMap& map) const {
  for (const HeaderField& field : table.fields()) {
    const size_t at = static_cast<size_t>(field.name.data() - begin_);
    const std::string_view spelled = std::string_view(text_).substr(at, text_.find(':', at) - at);
    bool lower = true;
    for (const char c : spelled) lower = lower && c == AsciiToLower(c);
    if (!lower) map.KeepSpelling(map.arena().Copy(spelled));
  }
}

}  // namespace weir::http::h1
