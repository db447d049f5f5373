// Sizes of what there may be tens of thousands of. A greater one is a decision: the aims are 2 KB
// for a cluster with its endpoints, its bytes and its place in every table, 200 bytes for an
// endpoint and 1 KB for an idle connection (test/benchmark/memory measures them).
#include "gtest/gtest.h"
#include "source/admin/view.h"
#include "source/config/cluster.h"
#include "source/http/h1/server_connection.h"
#include "source/net/tcp_stream.h"
#include "source/proxy/session.h"
#include "source/server/connection.h"

namespace weir::server {
namespace {

TEST(Sizes, OfAClusterAndItsEndpoints) {
  EXPECT_LE(sizeof(config::Cluster), 328u);
  EXPECT_LE(sizeof(config::Endpoints), 104u);
  EXPECT_LE(sizeof(config::Endpoint), 64u);
  EXPECT_LE(sizeof(admin::ResourceRecord), 48u);
}

TEST(Sizes, OfAnIdleConnection) {
  EXPECT_LE(sizeof(Connection) + sizeof(proxy::Session) + sizeof(http::h1::ServerConnection) +
                sizeof(net::TcpStream),
            944u);
}

}  // namespace
}  // namespace weir::server
