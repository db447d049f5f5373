// Asking for a page without a server.
#pragma once

#include <string>
#include <string_view>

#include "source/admin/page_table.h"

namespace weir::admin {

// "/stats?format=json" as a request.
inline Request RequestFor(std::string_view method, std::string_view target) {
  const size_t question = target.find('?');
  return {.method = method,
          .path = target.substr(0, question),
          .query =
              question == std::string_view::npos ? std::string_view() : target.substr(question + 1),
          .scheme = "http",
          .authority = "127.0.0.1:9901"};
}

inline Page Get(const View& view, std::string_view target) {
  const stats::Registry registry;
  return Answer(RequestFor("GET", target), {.view = &view, .registry = registry});
}

inline Page Post(std::string_view target) {
  const stats::Registry registry;
  return Answer(RequestFor("POST", target), {.view = nullptr, .registry = registry});
}

}  // namespace weir::admin
