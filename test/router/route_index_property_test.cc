// The index against a linear scan, over random tables and requests. ROUTE_TABLES in the environment
// says how many tables, each with ten requests; 100000 make a million.
#include <cstdlib>

#include "gtest/gtest.h"
#include "source/base/strings.h"
#include "test/router/random_routes.h"

namespace weir::router {
namespace {

constexpr int kRequestsATable = 10;

uint64_t TablesWanted() {
  constexpr uint64_t kDefault = 1500;
  const char* const text = std::getenv("ROUTE_TABLES");
  return text == nullptr ? kDefault : ParseUint64(text).value_or(kDefault);
}

TEST(RouteIndexProperty, AgreesWithALinearScan) {
  const uint64_t tables = TablesWanted();
  buffer::BlockPool pool;
  uint64_t matched = 0;
  for (uint64_t seed = 0; seed < tables; ++seed) {
    event::Random random(seed);
    const std::shared_ptr<config::RouteTable> table = RandomTable(random, 60);
    const auto index = RouteIndex::Create(table);
    ASSERT_TRUE(index.ok()) << "seed " << seed;
    for (int request = 0; request < kRequestsATable; ++request) {
      buffer::Arena arena(pool);
      http::RequestHead head(arena);
      std::string path;
      FillRandomHead(random, path, head);
      stream_info::ConnectionInfo connection;
      stream_info::StreamInfo stream(connection);
      FillRandomFindings(random, connection, stream);
      const MatchInput input{.head = head, .stream = &stream, .random = random.Next()};
      const config::Route* const expected = LinearScan(table->virtual_hosts[0], input);
      ASSERT_EQ((*index)->Match(input).route, expected)
          << "seed " << seed << ", request " << request << ", path " << path;
      matched += expected != nullptr ? 1 : 0;
    }
  }
  EXPECT_GT(matched, tables * kRequestsATable / 3);  // Else the tables say nothing.
}

// A set of regular expressions and many names of headers and parameters are found by other ways.
TEST(RouteIndexProperty, AgreesInLargeTables) {
  buffer::BlockPool pool;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    event::Random random(seed);
    const std::shared_ptr<config::RouteTable> table = RandomTable(random, 1500);
    const auto index = RouteIndex::Create(table);
    ASSERT_TRUE(index.ok());
    for (int request = 0; request < 40; ++request) {
      buffer::Arena arena(pool);
      http::RequestHead head(arena);
      std::string path;
      FillRandomHead(random, path, head);
      stream_info::ConnectionInfo connection;
      stream_info::StreamInfo stream(connection);
      FillRandomFindings(random, connection, stream);
      const MatchInput input{.head = head, .stream = &stream, .random = random.Next()};
      ASSERT_EQ((*index)->Match(input).route, LinearScan(table->virtual_hosts[0], input))
          << "seed " << seed << ", request " << request << ", path " << path;
    }
  }
}

}  // namespace
}  // namespace weir::router
