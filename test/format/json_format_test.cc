#include "source/format/json_format.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/status.h"
#include "source/format/log_format.h"
#include "test/format/sample_stream.h"

namespace weir::format {
namespace {

using Object = JsonTemplate::Object;
using ::testing::HasSubstr;

JsonTemplate Text(std::string text) { return {std::move(text)}; }

std::string Written(const Object& object, const FormatContext& context, bool omit_empty = false) {
  const auto format = JsonFormat::Create(object, omit_empty);
  EXPECT_TRUE(format.ok()) << format.status();
  std::string out;
  if (format.ok()) format->Append(out, context);
  return out;
}

TEST(JsonFormat, KeepsTypesAndEscapes) {
  const SampleStream sample;
  const Object object{
      {"number", "text", "mixed", "agent", "missing", "mixed_missing", "fixed", "list", "in"},
      {Text("%DURATION%"), Text("%REQ(:METHOD)%"), Text("%DURATION% ms"), Text("%REQ(USER-AGENT)%"),
       Text("%REQ(NO)%"), Text("<%REQ(NO)%>"), Text("a\"b%%"),
       JsonTemplate{JsonTemplate::Array{Text("%BYTES_SENT%"), {true}, {1.5}, {2.0}, {}}},
       JsonTemplate{Object{{"k"}, {Text("%ROUTE_NAME%")}}}}};
  EXPECT_EQ(
      Written(object, sample.Context()),
      R"({"number":9,"text":"GET","mixed":"9 ms","agent":"curl/8 \"x\"","missing":null,)"
      R"("mixed_missing":"<->","fixed":"a\"b%","list":[14,true,1.5,2,null],"in":{"k":"route"}})");
}

TEST(JsonFormat, OmitsKeysWithoutAValueWhenAsked) {
  const SampleStream sample;
  const Object object{{"a", "b", "c"},
                      {Text("%REQ(NO)%"), Text("%DURATION%"), Text("<%REQ(NO)%>")}};
  EXPECT_EQ(Written(object, sample.Context(), true), R"({"b":9,"c":"<>"})");
  EXPECT_EQ(Written(Object{{"a"}, {Text("%REQ(NO)%")}}, sample.Context(), true), "{}");
}

TEST(JsonFormat, ErrorsNameTheKey) {
  const auto format =
      JsonFormat::Create(Object{{"outer"}, {JsonTemplate{Object{{"in"}, {Text("%NO%")}}}}});
  EXPECT_THAT(MessageOf(format.status()), HasSubstr("outer.in: operator 'NO' is not supported"));
}

TEST(JsonFormat, ComparesByMeaning) {
  const Object a{{"k"}, {Text("%DURATION%")}};
  const Object b{{"k"}, {Text("%BYTES_SENT%")}};
  EXPECT_EQ(*JsonFormat::Create(a), *JsonFormat::Create(a));
  EXPECT_FALSE(*JsonFormat::Create(a) == *JsonFormat::Create(b));
  EXPECT_FALSE(*JsonFormat::Create(a) == *JsonFormat::Create(a, true));
}

TEST(LogFormat, ALineAnObject) {
  const SampleStream sample;
  std::string out;
  LogFormat(*JsonFormat::Create(Object{{"d"}, {Text("%DURATION%")}})).Append(out, sample.Context());
  EXPECT_EQ(out, "{\"d\":9}\n");
}

}  // namespace
}  // namespace weir::format
