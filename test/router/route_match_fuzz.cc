// Random tables, by a seed in the first bytes, against requests of the fuzzer's own making: the
// index agrees with a linear scan, and nothing reads where it should not.
#include <cstring>
#include <optional>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "test/router/random_routes.h"

namespace weir::router {
namespace {

// Up to the next line break, which is taken away.
std::string_view Line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

void Fill(std::string_view text, http::RequestHead& head) {
  head.method = "GET";
  head.path = Line(text);
  head.authority = Line(text);
  while (!text.empty()) {
    const std::string_view field = Line(text);
    const size_t colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = field.substr(0, colon), value = field.substr(colon + 1);
    if (http::HeaderMap::IsValidName(name) && http::HeaderMap::IsValidValue(value)) {
      head.headers.Add(AsciiLower(name), value);
    }
  }
}

// As the codecs see to it.
bool IsPath(std::string_view path) {
  return path.starts_with('/') && path.find('#') == std::string_view::npos &&
         path.find('\0') == std::string_view::npos;
}

void Run(std::string_view input) {
  uint16_t seed = 0;
  if (input.size() < sizeof(seed)) return;
  std::memcpy(&seed, input.data(), sizeof(seed));
  event::Random random(seed);
  const std::shared_ptr<config::RouteTable> table = RandomTable(random, 100);
  const auto index = RouteIndex::Create(table);
  WEIR_CHECK(index.ok(), "random tables are valid");
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  http::RequestHead head(arena);
  Fill(input.substr(sizeof(seed)), head);
  if (!IsPath(head.path)) return;
  const MatchInput match{.head = head, .random = random.Next()};
  WEIR_CHECK((*index)->Match(match).route == LinearScan(table->virtual_hosts[0], match),
             "the index and the scan disagree");
}

}  // namespace
}  // namespace weir::router

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::router::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
