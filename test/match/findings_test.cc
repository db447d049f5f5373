// Matchers of what filters found and keep.
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "source/match/filter_state_matcher.h"
#include "source/match/match_tree.h"
#include "source/match/value_matcher.h"
#include "source/stream_info/findings.h"

namespace weir::match {
namespace {

using stream_info::FilterState;

StringMatcher Exactly(std::string text) {
  return StringMatcher(StringMatcher::Kind::kExact, std::move(text), false);
}

TEST(ValueMatcher, Table) {
  const Value list = Value::FromList({Value::Number(1), Value::String("a")});
  struct Case {
    ValueMatcher matcher;
    Value value;
    bool matches;
  };
  const std::vector<Case> cases = {
      {{NullMatch{}}, Value(), true},
      {{NullMatch{}}, Value::Bool(false), false},
      {{NumberMatch{1.5}}, Value::Number(1.5), true},
      {{NumberMatch{1}}, Value::String("1"), false},
      {{NumberRange{1, 2}}, Value::Number(1), true},
      {{NumberRange{1, 2}}, Value::Number(2), false},
      {{Exactly("a")}, Value::String("a"), true},
      {{Exactly("a")}, Value::Number(1), false},
      {{true}, Value::Bool(true), true},
      {{false}, Value::Bool(true), false},
      {{false}, Value(), false},
      {{PresentMatch{}}, Value(), true},
      {{PresentMatch{}}, list, false},
      {{PresentMatch{false}}, Value::Number(1), false},
      {{ElementMatch{{{Exactly("a")}}}}, list, true},
      {{ElementMatch{{{Exactly("b")}}}}, list, false},
      {{ElementMatch{{{Exactly("a")}}}}, Value::String("a"), false},
      {{AnyValueMatch{{{Exactly("b")}, {true}}}}, Value::Bool(true), true},
      {{AnyValueMatch{{{Exactly("b")}, {true}}}}, Value::String("a"), false},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(cases[i].matcher.Matches(&cases[i].value), cases[i].matches) << "case " << i;
  }
}

TEST(ValueMatcher, WhatIsNotThereIsAbsentAlone) {
  EXPECT_FALSE(ValueMatcher{NullMatch{}}.Matches(nullptr));
  EXPECT_FALSE(ValueMatcher{Exactly("")}.Matches(nullptr));
  EXPECT_FALSE(ValueMatcher{PresentMatch{}}.Matches(nullptr));
  EXPECT_TRUE(ValueMatcher{PresentMatch{false}}.Matches(nullptr));
  EXPECT_TRUE((ValueMatcher{AnyValueMatch{{{true}, {PresentMatch{false}}}}}.Matches(nullptr)));
}

class FindingsTest : public testing::Test {
 protected:
  FindingsTest() : stream_(connection_) {}
  MatchFacts facts() const { return {.connection = &connection_, .stream = &stream_}; }

  stream_info::ConnectionInfo connection_;
  stream_info::StreamInfo stream_;
};

Value Namespace(std::string name, Value value) {
  return Value::FromFields({{"ns", Value::FromFields({{std::move(name), std::move(value)}})}});
}

TEST_F(FindingsTest, MetadataOfTheStreamHidesThatOfTheConnection) {
  const MetadataMatcher a{.path = {"ns", "a"}, .value = {Exactly("1")}};
  const MetadataMatcher b{.path = {"ns", "b"}, .value = {Exactly("2")}};
  EXPECT_FALSE(a.Matches(facts()));
  connection_.further.Edit().metadata = Namespace("a", Value::String("1"));
  EXPECT_TRUE(a.Matches(facts()));
  stream_.found.Edit().metadata = Namespace("b", Value::String("2"));
  EXPECT_TRUE(a.Matches(facts()));
  EXPECT_TRUE(b.Matches(facts()));
  stream_.found.Edit().metadata = Namespace("a", Value::String("2"));
  EXPECT_FALSE(a.Matches(facts()));
  MetadataMatcher inverted = b;
  inverted.invert = true;
  EXPECT_TRUE(inverted.Matches(facts()));
  EXPECT_TRUE(inverted.Matches({}));
}

TEST_F(FindingsTest, ObjectsAreMatchedByTextOrAddress) {
  const FilterStateMatcher text{.key = "k", .test = Exactly("v")};
  AddressTest range{{*net::CidrRange::Create(net::IpAddress::V4(10u << 24), 8)}};
  const FilterStateMatcher inside{.key = "k", .test = range};
  range.invert = true;
  const FilterStateMatcher outside{.key = "k", .test = range};
  EXPECT_FALSE(text.Matches(facts()));
  EXPECT_FALSE(outside.Matches(facts()));
  FilterState& state = connection_.further.Edit().filter_state;
  state.Set("k", FilterState::Text{.value = "v"}, false);
  EXPECT_TRUE(text.Matches(facts()));
  EXPECT_FALSE(outside.Matches(facts()));
  state.Set("k", *net::Address::Parse("10.1.2.3:0"), false);
  EXPECT_TRUE(inside.Matches(facts()));
  EXPECT_FALSE(outside.Matches(facts()));
  stream_.found.Edit().filter_state.Set("k", *net::Address::Parse("11.1.2.3:0"), false);
  EXPECT_FALSE(inside.Matches(facts()));
  EXPECT_TRUE(outside.Matches(facts()));
}

TEST_F(FindingsTest, ReadOnlyObjectsStay) {
  FilterState state;
  EXPECT_TRUE(state.Set("k", FilterState::Text{.value = "1"}, false));
  EXPECT_TRUE(state.Set("k", FilterState::Text{.value = "2"}, true));
  EXPECT_FALSE(state.Set("k", FilterState::Text{.value = "3"}, false));
  EXPECT_EQ(stream_info::TextOf(*state.Find("k")), "2");
  EXPECT_EQ(state.Find("other"), nullptr);
}

TEST_F(FindingsTest, InputsGiveThem) {
  using Kind = DataInput::Kind;
  connection_.further.Edit().metadata = Namespace("a", Value::Number(3));
  const InputTest number{{Kind::kDynamicMetadata, "", {"ns", "a"}}, ValueTest{{NumberMatch{3}}}};
  EXPECT_TRUE(number.Holds(facts()));
  const InputTest other{{Kind::kDynamicMetadata, "", {"ns", "b"}},
                        ValueTest{{NumberMatch{3}}, true}};
  EXPECT_TRUE(other.Holds(facts()));
  FilterState& state = connection_.further.Edit().filter_state;
  state.Set("ip", *net::Address::Parse("10.1.2.3:7"), false);
  state.Set("tlv", FilterState::Fields{{"x", "1"}}, false);
  EXPECT_EQ(InputText({Kind::kFilterState, "ip", {}}, facts()).view(), "10.1.2.3:7");
  EXPECT_EQ(InputAddress({Kind::kFilterState, "ip", {}}, facts()),
            net::IpAddress::Parse("10.1.2.3"));
  EXPECT_EQ(InputText({Kind::kFilterState, "tlv", {"x"}}, facts()).view(), "1");
  EXPECT_EQ(InputText({Kind::kFilterState, "tlv", {"y"}}, facts()).view(), std::nullopt);
  EXPECT_EQ(InputText({Kind::kFilterState, "tlv", {}}, facts()).view(), std::nullopt);
}

}  // namespace
}  // namespace weir::match
