// The header map against a plain list of pairs. Each input byte is an operation on one of a few
// names.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/http/header_map.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  using namespace weir::http;
  const std::vector<std::string> names = {"host",         "x-a", "x-b", "cookie",
                                          "x-request-id", "te",  "x-c", "via"};
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  HeaderMap map(arena);
  std::vector<std::pair<std::string, std::string>> model;
  for (size_t i = 0; i < size; ++i) {
    const std::string& name = names[data[i] & 7];
    const std::string value = StrCat("v", i);
    const auto same = [&](const auto& field) { return field.first == name; };
    switch (data[i] >> 3 & 3) {
      case 0:
        map.Add(name, value);
        model.emplace_back(name, value);
        break;
      case 1: {
        map.Set(name, value);
        const auto first = std::find_if(model.begin(), model.end(), same);
        if (first == model.end()) {
          model.emplace_back(name, value);
        } else {
          first->second = value;
          model.erase(std::remove_if(first + 1, model.end(), same), model.end());
        }
        break;
      }
      case 2:
        WEIR_CHECK(map.Remove(name) == std::erase_if(model, same), "Remove counts");
        break;
      default: {
        std::string joined;
        for (const auto& [each, text] : model) {
          if (each == name) joined += (joined.empty() ? "" : ", ") + text;
        }
        WEIR_CHECK(map.GetJoined(name).value_or("") == joined, "GetJoined joins in order");
      }
    }
    WEIR_CHECK(map.size() == model.size(), "as many fields");
  }
  size_t at = 0;
  for (const HeaderField& field : map) {
    WEIR_CHECK(field.name == model[at].first && field.value == model[at].second, "the same fields");
    ++at;
  }
  return 0;
}
