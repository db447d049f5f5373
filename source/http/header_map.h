// The fields of one message in the order received, repeated ones apart (RFC 9110, 5).
//
// Names are lower case; names and values are views into the request's arena or into blocks that it
// keeps, so filling a map allocates nothing in the usual case. Values hold no CR, LF or NUL: codecs
// refuse them on input, Add and Set check them (WEIR_DCHECK) for what the proxy writes itself; text
// from outside that did not come through a codec is checked with IsValidValue first. Framing,
// authority, scheme, method, path and status are not here: they are members of the heads. One
// worker; belongs to a head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "source/buffer/arena.h"
#include "source/http/header_id.h"

namespace weir::http {

struct HeaderField {
  std::string_view name;
  std::string_view value;
  HeaderId id;
};

class HeaderMap {
 public:
  explicit HeaderMap(buffer::Arena& arena) : arena_(arena) {}
  HeaderMap(const HeaderMap&) = delete;
  HeaderMap& operator=(const HeaderMap&) = delete;

  // RFC 9110, 5.1 and 5.5: a token; visible characters, SP, HTAB and obs-text, no blank at either
  // end.
  static bool IsValidName(std::string_view name);
  static bool IsValidValue(std::string_view value);

  // For codecs: the views outlive the arena's Reset or are kept by it. `name` is lower case.
  void AddView(std::string_view name, std::string_view value, HeaderId id) {
    seen_.Add(id);
    fields_.push_back(HeaderField{name, value, id});
  }
  // Copies what is not static into the arena.
  void Add(std::string_view lower_case_name, std::string_view value);
  void Add(HeaderId id, std::string_view value);
  // Replaces all fields of that name by one; keeps the place of the first.
  void Set(std::string_view lower_case_name, std::string_view value);
  void Set(HeaderId id, std::string_view value);
  // The same without a copy: the value outlives the message, or lies in its arena.
  void SetView(HeaderId id, std::string_view value);
  // Set, with a number in decimal.
  void SetNumber(HeaderId id, uint64_t value);
  // Removes all fields of that name; returns how many.
  size_t Remove(std::string_view lower_case_name);
  size_t Remove(HeaderId id);
  template <typename Predicate>
  size_t RemoveIf(Predicate predicate) {
    return std::erase_if(fields_, predicate);
  }
  void Clear() {
    fields_.clear();
    spellings_.clear();
    seen_ = {};
  }

  // How names were spelled when the message came in, for HTTP/1 peers that care for case; kept only
  // where that is configured. `name` lives as long as the arena.
  void KeepSpelling(std::string_view name) { spellings_.push_back(name); }
  bool has_spellings() const { return !spellings_.empty(); }
  // Empty when the name did not come in.
  std::string_view SpellingOf(std::string_view lower_case_name) const;

  // The first field of that name.
  std::optional<std::string_view> Get(HeaderId id) const {
    if (!seen_.Has(id)) return std::nullopt;
    for (const HeaderField& field : fields_) {
      if (field.id == id) return field.value;
    }
    return std::nullopt;
  }
  std::optional<std::string_view> Get(std::string_view lower_case_name) const;
  bool Has(HeaderId id) const { return Get(id).has_value(); }
  // False: there is no field of any of these. At the cost of one comparison.
  bool MayHave(HeaderIdSet ids) const { return seen_.HasAnyOf(ids); }
  size_t Count(HeaderId id) const;
  // All values of that name joined by ", " (RFC 9110, 5.3), in the arena where there are several.
  std::optional<std::string_view> GetJoined(std::string_view lower_case_name) const;
  std::optional<std::string_view> GetJoined(HeaderId id) const;

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  // Bytes of names and values plus 32 a field (RFC 9113, 6.5.2).
  size_t byte_size() const;

  // Copies every field (of a map in another arena) to the end of this one.
  void CopyFrom(const HeaderMap& other);
  buffer::Arena& arena() const { return arena_; }

 private:
  // Of the fields that `same` chooses.
  template <typename Same>
  std::optional<std::string_view> Join(Same same) const;

  buffer::Arena& arena_;
  std::vector<HeaderField> fields_;  // Capacity is reused with the request object.
  HeaderIdSet seen_;                 // Of all fields since Clear, and so of those that are left.
  std::vector<std::string_view> spellings_;
};

}  // namespace weir::http
