#include "source/base/value.h"

#include <limits>

#include "gtest/gtest.h"

namespace weir {
namespace {

std::string Json(const Value& value) {
  std::string out;
  AppendJson(out, value);
  return out;
}

Value Sample() {
  return Value::FromFields({{"b", Value::FromList({Value::Number(1), Value::String("x")})},
                            {"a", Value::Bool(true)},
                            {"c", Value()}});
}

TEST(Value, PrintsAsJson) {
  EXPECT_EQ(Json(Sample()), R"({"a":true,"b":[1,"x"],"c":null})");
  EXPECT_EQ(Json(Value::Number(-2.5)), "-2.5");
  EXPECT_EQ(Json(Value::Number(1e15)), "1000000000000000");
  EXPECT_EQ(Json(Value::Number(std::numeric_limits<double>::infinity())), "\"Infinity\"");
  EXPECT_EQ(Json(Value::String("a\"b\n")), R"("a\"b\n")");
  EXPECT_EQ(Json(Value::FromList({})), "[]");
  EXPECT_EQ(Json(Value::FromFields({})), "{}");
}

TEST(Value, FindsFieldsByName) {
  const Value value = Sample();
  ASSERT_NE(value.Find("a"), nullptr);
  EXPECT_TRUE(value.Find("a")->boolean());
  EXPECT_EQ(value.Find("aa"), nullptr);
  EXPECT_EQ(value.Find(""), nullptr);
  EXPECT_EQ(Value::String("a").Find("a"), nullptr);
}

TEST(Value, OfEqualNamesTheLaterCounts) {
  const Value value = Value::FromFields(
      {{"k", Value::Number(1)}, {"j", Value()}, {"k", Value::Number(2)}, {"k", Value::Number(3)}});
  EXPECT_EQ(Json(value), R"({"j":null,"k":3})");
}

TEST(Value, MergesAsMetadataDoes) {
  const Value base = Value::FromFields(
      {{"kept", Value::Number(1)},
       {"list", Value::FromList({Value::Number(1)})},
       {"deep", Value::FromFields({{"a", Value::Number(1)}, {"b", Value::Number(2)}})},
       {"kind", Value::String("x")}});
  const Value over = Value::FromFields({{"list", Value::FromList({Value::Number(2)})},
                                        {"deep", Value::FromFields({{"b", Value::Number(3)}})},
                                        {"kind", Value::Bool(true)},
                                        {"new", Value()}});
  std::string text;
  AppendJson(text, Merged(base, over));
  EXPECT_EQ(text,
            "{\"deep\":{\"a\":1,\"b\":3},\"kept\":1,\"kind\":true,\"list\":[1,2],\"new\":null}");
  EXPECT_EQ(WithField(WithField(Value(), "a", Value::Number(1)), "a", Value::Number(2)),
            Value::FromFields({{"a", Value::Number(2)}}));
}

TEST(Value, EqualityIsDeep) {
  EXPECT_EQ(Sample(), Sample());
  const Value copy = Sample();
  EXPECT_EQ(copy, Value(copy));
  EXPECT_NE(Sample(), Value());
  EXPECT_NE(Value::Number(1), Value::Bool(true));
  EXPECT_NE(Value::FromList({Value::Number(1)}), Value::FromList({Value::Number(2)}));
  EXPECT_NE(Value::FromFields({{"a", Value()}}), Value::FromFields({{"b", Value()}}));
}

TEST(Value, CopiesShareTheirParts) {
  const Value value = Sample();
  const Value copy = value;
  EXPECT_EQ(&copy.fields(), &value.fields());
}

}  // namespace
}  // namespace weir
