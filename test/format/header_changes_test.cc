#include "source/format/header_changes.h"

#include "gtest/gtest.h"
#include "source/base/strings.h"
#include "test/format/sample_stream.h"

namespace weir::format {
namespace {

HeaderAddition Addition(std::string name, std::string_view value,
                        AppendAction action = AppendAction::kAppendIfExistsOrAdd,
                        bool keep_empty = false) {
  return {std::move(name), *Formatter::Create(value), action, keep_empty};
}

std::string Apply(const HeaderChanges& changes, const FormatContext& context,
                  std::vector<std::pair<std::string_view, std::string_view>> fields) {
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  http::HeaderMap headers(arena);
  for (const auto& [name, value] : fields) headers.Add(name, value);
  changes.Apply(headers, context);
  std::string out;
  for (const http::HeaderField& field : headers) StrAppend(out, field.name, "=", field.value, ";");
  return out;
}

TEST(HeaderChanges, ActionsByWhetherTheFieldExists) {
  const SampleStream sample;
  struct Case {
    AppendAction action;
    std::string_view with, without;
  };
  const Case cases[] = {
      {AppendAction::kAppendIfExistsOrAdd, "a=1;a=2;", "a=2;"},
      {AppendAction::kAddIfAbsent, "a=1;", "a=2;"},
      {AppendAction::kOverwriteIfExistsOrAdd, "a=2;", "a=2;"},
      {AppendAction::kOverwriteIfExists, "a=2;", ""},
  };
  for (const Case& c : cases) {
    const HeaderChanges changes{.add = {Addition("a", "2", c.action)}};
    EXPECT_EQ(Apply(changes, sample.Context(), {{"a", "1"}}), c.with);
    EXPECT_EQ(Apply(changes, sample.Context(), {}), c.without);
  }
}

TEST(HeaderChanges, RemovesThenAdds) {
  const SampleStream sample;
  const HeaderChanges changes{.add = {Addition("a", "%DURATION%ms")}, .remove = {"a", "b"}};
  EXPECT_EQ(Apply(changes, sample.Context(), {{"a", "1"}, {"c", "3"}, {"b", "2"}}), "c=3;a=9ms;");
}

TEST(HeaderChanges, LeavesOutEmptyValues) {
  const SampleStream sample;
  const HeaderChanges changes{.add = {Addition("a", "%REQ(NONE)%"),
                                      Addition("b", "", AppendAction::kAppendIfExistsOrAdd, true),
                                      Addition("c", "")}};
  EXPECT_EQ(Apply(changes, sample.Context(), {}), "b=;");
}

TEST(HeaderChanges, LeavesOutWhatIsNoFieldValue) {
  SampleStream sample;
  sample.connection.further.Edit().server_name = "a\r\nset-cookie: x";
  const HeaderChanges changes{
      .add = {Addition("a", "<%REQUESTED_SERVER_NAME%>"), Addition("b", "1")}};
  EXPECT_EQ(Apply(changes, sample.Context(), {}), "b=1;");
}

}  // namespace
}  // namespace weir::format
