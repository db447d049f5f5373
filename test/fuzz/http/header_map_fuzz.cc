// The header map against a plain list of pairs. Two input bytes are an operation, on one of a few
// names of which half are known by number.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/http/header_map.h"

namespace weir::http {
namespace {

constexpr std::pair<std::string_view, HeaderId> kNames[] = {
    {"cookie", HeaderId::kCookie}, {"x-request-id", HeaderId::kXRequestId},
    {"te", HeaderId::kTe},         {"via", HeaderId::kVia},
    {"x-a", HeaderId::kOther},     {"x-b", HeaderId::kOther},
    {"x-c", HeaderId::kOther},     {"x-long-name-of-a-field", HeaderId::kOther},
};

class Pairs {
 public:
  Pairs() : map_(arena_), other_(other_arena_) {}

  void Do(uint8_t operation, uint8_t argument) {
    const auto& [name, id] = kNames[argument & 7];
    const bool by_id = id != HeaderId::kOther && (argument & 8) != 0;
    const std::string value(argument >> 4, 'v');
    switch (operation % 12) {
      case 0:
        return Add(name, id, by_id, value);
      case 1:
        by_id ? map_.Set(id, value) : map_.Set(name, value);
        return SetInModel(name, value);
      case 2:
        return Remove(name, id, by_id);
      case 3:
        return CheckJoined(name, id, by_id);
      case 4:
        return CheckFirst(name, id, by_id);
      case 5:
        if (id == HeaderId::kOther) return;
        map_.SetNumber(id, uint64_t{argument} << 48);
        return SetInModel(name, StrCat(uint64_t{argument} << 48));
      case 6:
        if (id == HeaderId::kOther) return;
        map_.SetView(id, name);
        return SetInModel(name, std::string(name));
      case 7:
        return RemoveShort(argument >> 4);
      case 8:
        return CopyOver();
      case 9:
        map_.Clear();
        return model_.clear();
      case 10:
        return SetToItself(name);
      default:
        return CheckSpelling(name);
    }
  }

  void Check() const {
    WEIR_CHECK(map_.size() == model_.size() && map_.empty() == model_.empty(), "as many fields");
    size_t at = 0, bytes = 0;
    for (const HeaderField& field : map_) {
      const auto& [name, value] = model_[at++];
      WEIR_CHECK(field.name == name && field.value == value, "the same fields");
      WEIR_CHECK(field.id == LookUpHeader(name), "known by its number");
      bytes += name.size() + value.size() + 32;
    }
    WEIR_CHECK(map_.byte_size() == bytes, "as many bytes");
  }

 private:
  void Add(std::string_view name, HeaderId id, bool by_id, const std::string& value) {
    by_id ? map_.Add(id, value) : map_.Add(name, value);
    model_.emplace_back(name, value);
  }
  void SetInModel(std::string_view name, const std::string& value) {
    const auto same = [&](const auto& field) { return field.first == name; };
    const auto first = std::find_if(model_.begin(), model_.end(), same);
    if (first == model_.end()) {
      model_.emplace_back(name, value);
      return;
    }
    first->second = value;
    model_.erase(std::remove_if(first + 1, model_.end(), same), model_.end());
  }
  void Remove(std::string_view name, HeaderId id, bool by_id) {
    const size_t removed = by_id ? map_.Remove(id) : map_.Remove(name);
    WEIR_CHECK(removed == std::erase_if(model_, [&](const auto& f) { return f.first == name; }),
               "Remove counts");
  }
  void RemoveShort(size_t below) {
    const auto removed =
        map_.RemoveIf([=](const auto& field) { return field.value.size() < below; });
    WEIR_CHECK(
        removed == std::erase_if(model_, [=](const auto& f) { return f.second.size() < below; }),
        "RemoveIf counts");
  }
  void CheckJoined(std::string_view name, HeaderId id, bool by_id) const {
    std::string joined;
    size_t count = 0;
    for (const auto& [each, text] : model_) {
      if (each == name) joined += (count++ == 0 ? "" : ", ") + text;
    }
    const auto found = by_id ? map_.GetJoined(id) : map_.GetJoined(name);
    WEIR_CHECK(found.has_value() == (count > 0) && found.value_or("") == joined,
               "GetJoined joins in order");
    if (id != HeaderId::kOther) WEIR_CHECK(map_.Count(id) == count, "Count counts");
  }
  void CheckFirst(std::string_view name, HeaderId id, bool by_id) const {
    const auto first = std::find_if(model_.begin(), model_.end(),
                                    [&](const auto& field) { return field.first == name; });
    const auto found = by_id ? map_.Get(id) : map_.Get(name);
    WEIR_CHECK(found.has_value() == (first != model_.end()), "Get finds what is there");
    if (found.has_value()) WEIR_CHECK(*found == first->second, "and the first one");
    if (id != HeaderId::kOther) WEIR_CHECK(map_.Has(id) == found.has_value(), "as Has says");
  }
  // To another map and back: each field and each spelling is there twice then.
  void CopyOver() {
    constexpr int kMost = 4;
    if (++copies_ > kMost) return;
    other_.Clear();
    other_.CopyFrom(map_);
    map_.CopyFrom(other_);
    const auto copy = model_;
    model_.insert(model_.end(), copy.begin(), copy.end());
  }
  // Name and value are views into the field that is replaced.
  void SetToItself(std::string_view name) {
    const auto field = std::find_if(map_.begin(), map_.end(),
                                    [&](const HeaderField& each) { return each.name == name; });
    if (field == map_.end()) return;
    const std::string value(field->value);
    map_.Set(field->name, field->value);
    SetInModel(name, value);
  }
  void CheckSpelling(std::string_view name) {
    const std::string_view before = map_.SpellingOf(name);
    std::string spelling(name);
    spelling[0] = static_cast<char>(spelling[0] - ('a' - 'A'));
    map_.KeepSpelling(arena_.Copy(spelling));
    WEIR_CHECK(map_.has_spellings(), "one was kept");
    WEIR_CHECK(before.empty() || before == spelling, "only this one was kept");
    WEIR_CHECK(map_.SpellingOf(name) == spelling, "it is found without regard to case");
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_{pool_};
  buffer::Arena other_arena_{pool_};
  HeaderMap map_;
  HeaderMap other_;
  int copies_ = 0;
  std::vector<std::pair<std::string, std::string>> model_;
};

// The bytes as a name and as a value.
void CheckGrammar(std::string_view text) {
  if (HeaderMap::IsValidName(text)) {
    WEIR_CHECK(text.find_first_of(" \t\r\n:,;\"()") == std::string_view::npos, "a token");
  }
  if (HeaderMap::IsValidValue(text)) {
    WEIR_CHECK(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
               "a line");
    WEIR_CHECK(TrimOws(text) == text, "without outer blanks");
  }
}

}  // namespace
}  // namespace weir::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::http::CheckGrammar({reinterpret_cast<const char*>(data), size});
  weir::http::Pairs pairs;
  for (size_t i = 0; i + 1 < size; i += 2) {
    pairs.Do(data[i], data[i + 1]);
    pairs.Check();
  }
  return 0;
}
