// What filters keep under a key of a connection or a stream, for matchers, formats, hashes and
// other filters: texts, addresses, and objects of several named texts.
//
// Owned by the ConnectionInfo or StreamInfo, on its worker. There are few objects: keys come from
// the configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "source/net/address.h"

namespace weir::stream_info {

class FilterState {
 public:
  struct Text {
    std::string value;
    bool hashable = false;  // A hash policy may take it.
    friend bool operator==(const Text&, const Text&) = default;
  };
  using Fields = std::vector<std::pair<std::string, std::string>>;  // Each name once.
  using Object = std::variant<Text, net::Address, Fields>;

  // Replaces what is there. False, and nothing changes, where that may only be read.
  bool Set(std::string_view key, Object object, bool read_only);
  // Null: there is none. Until the next Set.
  const Object* Find(std::string_view key) const;

 private:
  struct Entry {
    std::string key;
    Object object;
    bool read_only;
  };
  std::vector<Entry> entries_;
};

// The object as a text; nothing for Fields.
std::optional<std::string> TextOf(const FilterState::Object& object);
// One of Fields; null for another object, and where there is none of that name.
const std::string* FindField(const FilterState::Object& object, std::string_view name);

}  // namespace weir::stream_info
