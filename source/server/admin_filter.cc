#include "source/server/admin_filter.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "source/admin/access.h"
#include "source/admin/page_table.h"
#include "source/base/log.h"

namespace weir::server {
namespace {

// Views into the head.
admin::Request RequestOf(const http::RequestHead& head) {
  const size_t question = head.path.find('?');
  const bool has_query = question != std::string_view::npos;
  return {.method = head.method,
          .path = head.path.substr(0, question),
          .query = has_query ? head.path.substr(question + 1) : std::string_view(),
          .scheme = head.scheme,
          .authority = head.authority,
          .origin = head.headers.Get(http::HeaderId::kOrigin),
          .sec_fetch_site = head.headers.Get("sec-fetch-site")};
}

bool Allows(const std::vector<match::StringMatcher>& paths, std::string_view path) {
  return paths.empty() || std::any_of(paths.begin(), paths.end(),
                                      [&](const auto& allowed) { return allowed.Matches(path); });
}

}  // namespace

filter::FilterResult AdminFilter::OnRequestHeaders(http::RequestHead& head, bool end) {
  const admin::Request request = RequestOf(head);
  std::optional<admin::Page> refusal = admin::Refuse(request, context_.names);
  if (!refusal.has_value() && !Allows(context_.allow_paths, request.path)) {
    refusal = admin::TextPage(403, "This path is not one of admin.allow_paths.\n");
  }
  if (refusal.has_value()) {
    WEIR_LOG(kAdmin, kWarn, "refused: ", request.method, " ", request.path, " for host ",
             request.authority);
    begun_ = true;
    Send(*std::move(refusal));
  } else if (end) {
    Begin();
  }
  return filter::FilterResult::kPause;
}

filter::FilterResult AdminFilter::OnRequestBody(buffer::Buffer& data, bool end) {
  data.Clear();
  if (end) Begin();
  return filter::FilterResult::kPause;
}

filter::FilterResult AdminFilter::OnRequestTrailers(http::HeaderMap&) {
  Begin();
  return filter::FilterResult::kPause;
}

void AdminFilter::OnStreamEnd() {
  if (waiting_ != nullptr) waiting_->filter = nullptr;
}

// The request has come whole: answered earlier, its connection could not be kept.
void AdminFilter::Begin() {
  if (std::exchange(begun_, true)) return;
  const admin::PageEntry* const page = admin::FindPage(RequestOf(host_.request()).path);
  if (page != nullptr && page->needs != admin::Needs::kNothing) {
    CollectView(page->needs);
  } else {
    Render(nullptr);
  }
}

void AdminFilter::CollectView(admin::Needs needs) {
  waiting_ = std::make_shared<Waiting>(Waiting{this});
  context_.actions.CollectView(
      needs, [waiting = waiting_, &loop = context_.loop](std::shared_ptr<const admin::View> view) {
        loop.Post([waiting, view = std::move(view)] {
          if (waiting->filter != nullptr) waiting->filter->Render(view.get());
        });
      });
}

void AdminFilter::Render(const admin::View* view) {
  admin::Page page =
      admin::Answer(RequestOf(host_.request()), {.view = view, .registry = context_.registry});
  if (page.action.has_value()) {
    // The path alone: no query is worth a secret in the log.
    WEIR_LOG(kAdmin, kInfo, "asked for: ", RequestOf(host_.request()).path);
    Do(*page.action);
  }
  Send(std::move(page));
}

void AdminFilter::Do(const admin::Action& action) {
  using Kind = admin::Action::Kind;
  switch (action.kind) {
    case Kind::kFailHealthCheck:
      return context_.actions.FailHealthCheck(true);
    case Kind::kPassHealthCheck:
      return context_.actions.FailHealthCheck(false);
    case Kind::kDrainListeners:
      return context_.actions.DrainListeners(action.drain);
    case Kind::kReopenLogs:
      return context_.actions.ReopenLogs();
    case Kind::kQuit:
      return context_.actions.Quit();
    case Kind::kSetLogLevels:
      for (const auto& [component, level] : action.levels) log::SetLevel(component, level);
      return;
  }
}

void AdminFilter::Send(admin::Page page) {
  std::vector<admin::HeaderPair> headers(std::begin(admin::kCommonHeaders),
                                         std::end(admin::kCommonHeaders));
  if (!page.allow.empty()) headers.emplace_back("allow", page.allow);
  const auto body = std::make_shared<const std::string>(std::move(page.body));
  host_.SendLocalReply({.status = page.status,
                        .body = *body,
                        .details = "admin_filter_response",
                        .content_type = page.content_type,
                        .headers = headers,
                        .body_owner = body});
}

}  // namespace weir::server
