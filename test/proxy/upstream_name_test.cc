// The host of a request as the TLS of its upstream connection names it.
#include "source/proxy/upstream_name.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

struct Case {
  std::string_view authority, field;
  std::string_view plain, overridden;
};

TEST(UpstreamName, IsTheHostWithoutItsPort) {
  const Case cases[] = {
      {"a.example", "", "a.example", "a.example"},
      {"a.example:443", "b.example:8443", "a.example", "b.example"},
      {"10.0.0.1:80", "", "10.0.0.1", "10.0.0.1"},
      {"[2001:db8::1]:443", "[::1]", "2001:db8::1", "::1"},
      {"2001:db8::1", "", "2001:db8::1", "2001:db8::1"},
      {"", "", "", ""},
  };
  buffer::BlockPool pool;
  for (const Case& c : cases) {
    buffer::Arena arena(pool);
    http::RequestHead head(arena);
    head.authority = c.authority;
    if (!c.field.empty()) head.headers.Add("x-name", c.field);
    config::Cluster cluster;
    EXPECT_EQ(UpstreamName(cluster, head), "") << "nobody asks";
    cluster.names.Edit().auto_sni = true;
    EXPECT_EQ(UpstreamName(cluster, head), c.plain);
    cluster.names.Edit().auto_sni = false;
    cluster.names.Edit().auto_san_validation = true;
    EXPECT_EQ(UpstreamName(cluster, head), c.plain);
    cluster.names.Edit().override_auto_sni_header = "x-name";
    EXPECT_EQ(UpstreamName(cluster, head), c.overridden);
  }
}

}  // namespace
}  // namespace weir::proxy
