// DNS answers from a table, given by the loop after a delay of virtual time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/event/loop.h"
#include "source/net/resolver.h"

namespace weir::fakes {

class FakeResolver final : public net::Resolver {
 public:
  explicit FakeResolver(event::Loop& loop) : loop_(loop) {}

  // From now on; IP literals in text. They are given sorted and without duplicates, of the families
  // asked for. A name without an entry is NotFound.
  void SetAnswer(const std::string& name, const std::vector<std::string>& addresses,
                 std::chrono::seconds ttl = std::chrono::seconds(0));
  void SetError(const std::string& name, absl::Status status);
  // How long each answer takes; 0 is the next turn.
  void SetDelay(event::Duration delay) { delay_ = delay; }

  // Queries made so far (of `name`), and those that wait now.
  size_t queries() const { return queries_; }
  size_t queries(const std::string& name) const;
  size_t waiting() const { return *waiting_; }

  std::unique_ptr<net::DnsQuery> Resolve(
      std::string_view name, net::DnsFamily family,
      std::function<void(absl::StatusOr<net::ResolvedAddresses>)> done) override;

 private:
  class Query;

  absl::StatusOr<net::ResolvedAddresses> Answer(const std::string& name,
                                                net::DnsFamily family) const;

  event::Loop& loop_;
  event::Duration delay_{0};
  std::map<std::string, absl::StatusOr<net::ResolvedAddresses>> answers_;
  size_t queries_ = 0;
  std::map<std::string, size_t> queries_by_name_;
  std::shared_ptr<size_t> waiting_ = std::make_shared<size_t>(0);
};

}  // namespace weir::fakes
