#include "source/proxy/local_reply.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

using config::BodyFormat;
using config::Comparison;
using config::ReplyMapper;

format::Formatter Text(std::string_view text) { return *format::Formatter::Create(text); }
BodyFormat TextFormat(std::string_view text, std::string type = "text/plain") {
  return {format::LogFormat(Text(text)), std::move(type)};
}
config::LogFilter StatusIs(uint64_t status) {
  return {config::StatusCodeFilter{{Comparison::Op::kEqual, status}}};
}

class LocalReplyTest : public testing::Test {
 protected:
  LocalReplyTest() : request_(arena_), head_(arena_), info_(connection_) {
    request_.method = "GET";
    request_.path = "/p";
  }

  std::string Make(const filter::LocalReply& reply) {
    return std::string(
        MakeLocalReply(config_, reply, request_, event::MonotonicTime{}, info_, head_));
  }
  std::string Get(std::string_view name) {
    return std::string(head_.headers.Get(name).value_or("(none)"));
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_{pool_};
  config::LocalReplies config_;
  stream_info::ConnectionInfo connection_;
  http::RequestHead request_;
  http::ResponseHead head_;
  stream_info::StreamInfo info_;
};

TEST_F(LocalReplyTest, IsPlainTextWithoutConfiguration) {
  EXPECT_EQ(Make({.status = 503, .body = "no healthy upstream"}), "no healthy upstream");
  EXPECT_EQ(head_.status, 503);
  EXPECT_EQ(Get("content-type"), "text/plain");
  EXPECT_EQ(head_.framing, (http::BodyFraming{http::Framing::kLength, 19}));
  EXPECT_EQ(Make({.status = 404}), "");
  EXPECT_EQ(Get("content-type"), "(none)");
}

TEST_F(LocalReplyTest, TheFirstMapperThatHoldsChangesIt) {
  ReplyMapper first{.filter = StatusIs(404), .status = uint16_t{200}, .body = "first"};
  first.headers.add.push_back({.name = "x-mapped", .value = Text("%RESPONSE_CODE% %REQ(:PATH)%")});
  config_.mappers = {first,
                     {.filter = StatusIs(404), .body = "second"},
                     {.filter = StatusIs(503), .body_format = TextFormat("[%LOCAL_REPLY_BODY%]")}};
  EXPECT_EQ(Make({.status = 404}), "first");
  EXPECT_EQ(head_.status, 200);
  EXPECT_EQ(info_.response_code, 200);
  EXPECT_EQ(Get("x-mapped"), "404 /p");
  EXPECT_EQ(Make({.status = 503, .body = "down"}), "[down]");
  EXPECT_EQ(Get("x-mapped"), "(none)");
  EXPECT_EQ(Make({.status = 500, .body = "other"}), "other");
}

TEST_F(LocalReplyTest, AFlagOrAHeaderChoosesTheMapper) {
  config::ResponseFlagFilter flag;
  flag.Add("UH");
  config_.mappers = {
      {.filter = {flag}, .body = "flag"},
      {.filter = {config::HeaderFilter{{.name = "x-a", .value = match::PresentMatch{}}}},
       .body = "header"}};
  EXPECT_EQ(Make({.status = 503}), "");
  request_.headers.Add("x-a", "1");
  EXPECT_EQ(Make({.status = 503}), "header");
  info_.flags.Set(stream_info::ResponseFlag::kNoHealthyUpstream);
  EXPECT_EQ(Make({.status = 503}), "flag");
}

TEST_F(LocalReplyTest, BodyFormatsBringTheirType) {
  format::JsonTemplate::Object object;
  object.keys = {"code", "text"};
  object.values = {{std::string("%RESPONSE_CODE%")}, {std::string("%LOCAL_REPLY_BODY%")}};
  config_.body_format =
      BodyFormat{format::LogFormat(*format::JsonFormat::Create(object)), "application/json"};
  config_.mappers = {{.filter = StatusIs(404),
                      .body = "gone",
                      .body_format = TextFormat("<b>%LOCAL_REPLY_BODY%</b>", "text/html")}};
  EXPECT_EQ(Make({.status = 503, .body = "say \"no\""}),
            "{\"code\":503,\"text\":\"say \\\"no\\\"\"}\n");
  EXPECT_EQ(Get("content-type"), "application/json");
  EXPECT_EQ(Make({.status = 404}), "<b>gone</b>");
  EXPECT_EQ(Get("content-type"), "text/html");
}

TEST_F(LocalReplyTest, GrpcIsAnsweredInHeaders) {
  request_.headers.Add("content-type", "application/grpc+proto");
  config_.mappers = {{.filter = StatusIs(404), .status = uint16_t{503}, .body = "50%\n!\n"}};
  EXPECT_EQ(Make({.status = 404}), "");
  EXPECT_EQ(head_.status, 200);
  EXPECT_EQ(Get("grpc-status"), "14");
  EXPECT_EQ(Get("grpc-message"), "50%25%0A!");
  EXPECT_EQ(Get("content-type"), "application/grpc");
}

TEST_F(LocalReplyTest, HeadHasALengthAndNoBody) {
  request_.method = "HEAD";
  EXPECT_EQ(Make({.status = 503, .body = "four"}), "");
  EXPECT_EQ(head_.represented_length, 4u);
  request_.method = "GET";
  EXPECT_EQ(Make({.status = 204, .body = "none"}), "");
}

}  // namespace
}  // namespace weir::proxy
