#include "source/admin/page_table.h"

#include <gtest/gtest.h>

#include "test/admin/pages.h"

namespace weir::admin {
namespace {

TEST(PageTableTest, EveryPageIsListedWithItsParameters) {
  const std::string help = Get({}, "/help").body;
  const std::string index = Get({}, "/").body;
  for (const PageEntry& page : AllPages()) {
    EXPECT_NE(help.find("  " + std::string(page.path)), std::string::npos) << page.path;
    EXPECT_NE(index.find(page.path.substr(1)), std::string::npos) << page.path;
    for (const PageParameter& parameter : page.parameters) {
      EXPECT_NE(help.find("      " + std::string(parameter.name) + ": "), std::string::npos)
          << parameter.name;
    }
  }
  EXPECT_EQ(Get({}, "/").content_type, "text/html; charset=UTF-8");
  EXPECT_EQ(index.find("<component>"), std::string::npos) << "table texts are escaped";
}

TEST(PageTableTest, UnknownPathsGetTheListAndNoEcho) {
  for (const std::string_view path : {"/nothing", "/stats/", "/Stats", "", "*", "/<script>"}) {
    const Page page = Get({}, path);
    EXPECT_EQ(page.status, 404) << path;
    EXPECT_EQ(page.body, "invalid path. " + Get({}, "/help").body) << path;
  }
}

TEST(PageTableTest, TheMethodMustFit) {
  const struct {
    std::string_view method;
    std::string_view target;
    uint16_t status;
    std::string_view allow;
  } rows[] = {
      {"GET", "/ready", 200, ""},
      {"HEAD", "/ready", 200, ""},
      {"POST", "/ready", 200, ""},
      {"PUT", "/ready", 405, "GET, HEAD, POST"},
      {"DELETE", "/stats", 405, "GET, HEAD, POST"},
      {"OPTIONS", "/", 405, "GET, HEAD, POST"},
      {"GET", "/quitquitquit", 405, "POST"},
      {"HEAD", "/quitquitquit", 405, "POST"},
      {"GET", "/healthcheck/fail", 405, "POST"},
      {"GET", "/healthcheck/ok", 405, "POST"},
      {"GET", "/drain_listeners?graceful", 405, "POST"},
      {"GET", "/reopen_logs", 405, "POST"},
      {"GET", "/runtime_modify?a=b", 405, "POST"},
      {"POST", "/runtime_modify?a=b", 503, ""},
      {"POST", "/quitquitquit", 200, ""},
      {"GET", "/logging", 200, ""},
      {"GET", "/logging?level=debug", 405, "POST"},
      {"POST", "/logging?level=debug", 200, ""},
  };
  const View view{.state = ServerState::kLive};
  const stats::Registry registry;
  for (const auto& row : rows) {
    const Page page =
        Answer(RequestFor(row.method, row.target), {.view = &view, .registry = registry});
    EXPECT_EQ(page.status, row.status) << row.method << " " << row.target;
    EXPECT_EQ(page.allow, row.allow) << row.method << " " << row.target;
    if (row.status == 405) EXPECT_FALSE(page.action.has_value());
  }
  EXPECT_EQ(Get({}, "/quitquitquit").body, "Method GET not allowed, POST required.\n");
}

TEST(PageTableTest, ActionsAreWhatTheQuerySays) {
  using Kind = Action::Kind;
  const struct {
    std::string_view target;
    Kind kind;
    DrainRequest drain = {};
  } rows[] = {
      {"/healthcheck/fail", Kind::kFailHealthCheck},
      {"/healthcheck/ok", Kind::kPassHealthCheck},
      {"/reopen_logs", Kind::kReopenLogs},
      {"/quitquitquit", Kind::kQuit},
      {"/drain_listeners", Kind::kDrainListeners},
      {"/drain_listeners?graceful", Kind::kDrainListeners, {.graceful = true}},
      {"/drain_listeners?inboundonly&unknown=1", Kind::kDrainListeners, {.inbound_only = true}},
      {"/drain_listeners?graceful&inboundonly",
       Kind::kDrainListeners,
       {.graceful = true, .inbound_only = true}},
      {"/drain_listeners?graceful&skip_exit",
       Kind::kDrainListeners,
       {.graceful = true, .skip_exit = true}},
  };
  for (const auto& row : rows) {
    const Page page = Post(row.target);
    EXPECT_EQ(page.body, "OK\n") << row.target;
    ASSERT_TRUE(page.action.has_value()) << row.target;
    EXPECT_EQ(page.action->kind, row.kind) << row.target;
    EXPECT_EQ(page.action->drain, row.drain) << row.target;
  }
  EXPECT_EQ(Post("/drain_listeners?skip_exit").body, "skip_exit requires graceful\n");
}

TEST(LoggingPageTest, LevelsAreSetByComponentOrNotAtAll) {
  using log::Component, log::Level;
  using Levels = std::vector<std::pair<Component, Level>>;
  const struct {
    std::string_view target;
    Levels levels;
  } rows[] = {
      {"/logging?admin=debug", {{Component::kAdmin, Level::kDebug}}},
      {"/logging?paths=xds:trace,http:warning",
       {{Component::kXds, Level::kTrace}, {Component::kHttp, Level::kWarn}}},
      {"/logging?paths=xds%3Aoff", {{Component::kXds, Level::kOff}}},
  };
  for (const auto& row : rows) {
    const Page page = Post(row.target);
    EXPECT_EQ(page.status, 200) << row.target;
    ASSERT_TRUE(page.action.has_value()) << row.target;
    EXPECT_EQ(page.action->kind, Action::Kind::kSetLogLevels);
    EXPECT_EQ(page.action->levels, row.levels) << row.target;
  }
  EXPECT_EQ(Post("/logging?level=error").action->levels.size(),
            static_cast<size_t>(Component::kCount));
  EXPECT_NE(Post("/logging?level=error&xds=trace").body.find("  admin: error\n"),
            std::string::npos);
  EXPECT_NE(Post("/logging?level=error&xds=trace").body.find("  xds: trace\n"), std::string::npos);
  for (const std::string_view bad :
       {"/logging?level=loud", "/logging?nosuch=info", "/logging?paths=xds",
        "/logging?paths=xds:info,http:loud", "/logging?level=", "/logging?=info",
        "/logging?paths=", "/logging?paths=:info"}) {
    EXPECT_EQ(Post(bad).status, 400) << bad;
    EXPECT_FALSE(Post(bad).action.has_value()) << bad;
  }
  EXPECT_FALSE(Get({}, "/logging").action.has_value());
  EXPECT_EQ(Get({}, "/logging").body.substr(0, 16), "active loggers:\n");
}

TEST(QueryTest, EscapesAreResolvedAndPlusIsAPlus) {
  const Query query("filter=a.%2B+%zz&usedonly&&x=1=2&filter=later&%66oo=bar&end=%4");
  EXPECT_EQ(query.Get("filter"), "a.++%zz");
  EXPECT_EQ(query.Get("usedonly"), "");
  EXPECT_EQ(query.Get("x"), "1=2");
  EXPECT_EQ(query.Get("foo"), "bar");
  EXPECT_EQ(query.Get("end"), "%4");
  EXPECT_FALSE(query.Has("missing"));
  EXPECT_TRUE(Query("").all().empty());
}

}  // namespace
}  // namespace weir::admin
