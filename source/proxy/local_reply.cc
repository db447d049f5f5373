#include "source/proxy/local_reply.h"

#include <string>

#include "source/base/strings.h"
#include "source/filter/log_predicate.h"
#include "source/http/grpc_status.h"
#include "source/proxy/request_headers.h"

namespace weir::proxy {
namespace {

using http::HeaderId;

// What an answer consists of while it is put together.
struct Content {
  std::string_view body;
  std::string_view type;
};

const config::ReplyMapper* MapperFor(const config::LocalReplies& config,
                                     const format::FormatContext& context) {
  for (const config::ReplyMapper& mapper : config.mappers) {
    if (filter::Holds(mapper.filter, context)) return &mapper;
  }
  return nullptr;
}

void Rewrite(const config::LocalReplies& config, const http::RequestHead& request,
             event::MonotonicTime now, stream_info::StreamInfo& info, http::ResponseHead& head,
             Content& content) {
  const format::FormatContext context{.info = info,
                                      .request = &request,
                                      .response = &head,
                                      .local_reply_body = content.body,
                                      .now = now};
  const config::BodyFormat* format =
      config.body_format.has_value() ? &*config.body_format : nullptr;
  if (const config::ReplyMapper* const mapper = MapperFor(config, context)) {
    if (mapper->body.has_value()) content.body = *mapper->body;
    mapper->headers.Apply(head.headers, context);
    if (mapper->status.has_value()) head.status = info.response_code = *mapper->status;
    if (mapper->body_format.has_value()) format = &*mapper->body_format;
  }
  if (format == nullptr) return;
  // Local replies are no hot path; the text moves into the request's memory.
  std::string text;
  const format::FormatContext final{
      .info = info, .request = &request, .response = &head, .local_reply_body = content.body};
  format->text.Append(text, final);
  content.body = head.headers.arena().Copy(text);
  content.type = format->content_type;
}

void BecomeGrpc(std::string_view body, http::ResponseHead& head) {
  const uint32_t status = http::GrpcStatusOf(head.status);
  head.status = 200;
  head.headers.Set(HeaderId::kContentType, "application/grpc");
  head.headers.Set(HeaderId::kGrpcStatus, StrCat(status));
  // The line break at the end of a JSON body is none of the message.
  if (body.ends_with('\n')) body.remove_suffix(1);
  if (!body.empty()) head.headers.Set(HeaderId::kGrpcMessage, http::EncodeGrpcMessage(body));
}

}  // namespace

std::span<const filter::LocalReply::Field> OverloadFields(
    const config::HttpConnectionManager& config, const config::Router& router,
    http::ErrorKind error) {
  static constexpr filter::LocalReply::Field kHere[] = {{"x-envoy-local-overloaded", "true"}};
  static constexpr filter::LocalReply::Field kUpstream[] = {{"x-envoy-overloaded", "true"}};
  if (error == http::ErrorKind::kOverloaded && config.append_local_overload) return kHere;
  if (error == http::ErrorKind::kOverflow && !router.suppress_envoy_headers) return kUpstream;
  return {};
}

std::string_view MakeLocalReply(const config::LocalReplies& config, const filter::LocalReply& reply,
                                const http::RequestHead& request, event::MonotonicTime now,
                                stream_info::StreamInfo& info, http::ResponseHead& head) {
  head.Clear();
  head.status = info.response_code = reply.status;
  if (!reply.location.empty()) head.headers.Add(HeaderId::kLocation, reply.location);
  for (const auto& [name, value] : reply.headers) head.headers.Add(name, value);
  Content content{reply.body, reply.content_type};
  Rewrite(config, request, now, info, head, content);
  if (http::IsGrpcRequest(request.headers)) {
    BecomeGrpc(content.body, head);
    info.response_code = head.status;
    return {};
  }
  if (head.status == 204 || head.status == 304) return {};
  if (!content.body.empty()) head.headers.Set(HeaderId::kContentType, content.type);
  if (request.method == "HEAD") {
    head.represented_length = content.body.size();
    return {};
  }
  head.framing = {http::Framing::kLength, content.body.size()};
  return content.body;
}

std::string_view RefuseMessage(const config::HttpConnectionManager& config,
                               const Platform& platform, const http::RequestHead& request,
                               std::string_view body, stream_info::StreamInfo& info,
                               http::ResponseHead& head) {
  const filter::LocalReply reply{
      .status = head.status, .body = body, .details = info.response_code_details};
  const std::string_view text =
      MakeLocalReply(config.local_replies, reply, request, platform.loop.Now(), info, head);
  FinishResponse(config, request, info, platform.date.At(platform.loop.WallNow()), head);
  info.response_code = head.status;
  return text;
}

}  // namespace weir::proxy
