// Random tables, by a seed in the first bytes, against requests of the fuzzer's own making: the
// index agrees with a linear scan, and nothing reads where it should not.
#include <cstring>
#include <optional>

#include "source/base/check.h"
#include "test/fuzz/fields.h"
#include "test/router/random_routes.h"

namespace weir::router {
namespace {

void Fill(std::string_view text, http::RequestHead& head) {
  head.method = "GET";
  head.path = TakeLine(text);
  head.authority = TakeLine(text);
  TakeFields(text, head.headers);
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
  stream_info::ConnectionInfo connection;
  stream_info::StreamInfo stream(connection);
  FillRandomFindings(random, connection, stream);
  const MatchInput match{.head = head, .stream = &stream, .random = random.Next()};
  WEIR_CHECK((*index)->Match(match).route == LinearScan(table->virtual_hosts[0], match),
             "the index and the scan disagree");
}

}  // namespace
}  // namespace weir::router

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::router::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
