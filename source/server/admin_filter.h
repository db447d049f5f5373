// The one HTTP filter of the admin server: answers every request with a page.
//
// The request is paused while the View that some pages need is collected elsewhere; the page is
// made on the admin server's thread and sent as a local reply. Belongs to its stream.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/admin/page.h"
#include "source/admin/page_table.h"
#include "source/filter/http_filter.h"
#include "source/match/string_matcher.h"
#include "source/stats/registry.h"

namespace weir::server {

// What the admin server asks of the proxy. Called on the admin server's thread; outlives it.
class AdminActions {
 public:
  // `done` runs once, on any thread, never from inside the call.
  virtual void CollectView(admin::Needs needs,
                           std::function<void(std::shared_ptr<const admin::View>)> done) = 0;
  virtual void FailHealthCheck(bool failed) = 0;
  virtual void DrainListeners(const admin::DrainRequest& request) = 0;
  virtual void ReopenLogs() = 0;
  virtual void Quit() = 0;

 protected:
  ~AdminActions() = default;
};

// What all requests share. Outlives them, and every View that was asked for.
struct AdminContext {
  AdminActions& actions;
  const stats::Registry& registry;
  event::Loop& loop;               // The admin server's.
  std::vector<std::string> names;  // Hosts beside localhost and IP literals, lower case.
  std::vector<match::StringMatcher> allow_paths;  // Empty: all.
};

class AdminFilter final : public filter::HttpFilter {
 public:
  AdminFilter(const AdminContext& context, filter::HttpFilterHost& host)
      : context_(context), host_(host) {}

  filter::FilterResult OnRequestHeaders(http::RequestHead& head, bool end) override;
  // Bodies mean nothing here, and are dropped.
  filter::FilterResult OnRequestBody(buffer::Buffer& data, bool end) override;
  filter::FilterResult OnRequestTrailers(http::HeaderMap& trailers) override;
  void OnStreamEnd() override;

 private:
  // Knows the filter while it waits for its View; both on the admin server's thread.
  struct Waiting {
    AdminFilter* filter;
  };

  void Begin();
  void CollectView(admin::Needs needs);
  void Render(const admin::View* view);
  void Do(const admin::Action& action);
  void Send(admin::Page page);

  const AdminContext& context_;
  filter::HttpFilterHost& host_;
  bool begun_ = false;
  std::shared_ptr<Waiting> waiting_;
};

class AdminFilterFactory final : public filter::HttpFilterFactory {
 public:
  explicit AdminFilterFactory(const AdminContext& context) : context_(context) {}
  std::unique_ptr<filter::HttpFilter> Create(filter::HttpFilterHost& host) const override {
    return std::make_unique<AdminFilter>(context_, host);
  }

 private:
  const AdminContext& context_;
};

}  // namespace weir::server
