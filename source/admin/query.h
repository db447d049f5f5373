// The query of an admin request: names and values in order, percent escapes resolved. '+' is a
// plus, as regular expressions need it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::admin {

class Query {
 public:
  // Any text; an escape that is none stays as it is written.
  explicit Query(std::string_view text);

  // The first value of `name`; "" for a name without '='.
  std::optional<std::string_view> Get(std::string_view name) const;
  bool Has(std::string_view name) const { return Get(name).has_value(); }
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

}  // namespace weir::admin
