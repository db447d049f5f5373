#include "test/fakes/fake_resolver.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/base/status.h"

namespace weir::fakes {
namespace {

bool Wanted(const net::IpAddress& address, net::DnsFamily family, bool any_v4, bool any_v6) {
  switch (family) {
    case net::DnsFamily::kAll:
      return true;
    case net::DnsFamily::kV4Only:
      return !address.is_v6();
    case net::DnsFamily::kV6Only:
      return address.is_v6();
    case net::DnsFamily::kV4Preferred:
      return any_v4 ? !address.is_v6() : true;
    case net::DnsFamily::kAuto:
      return any_v6 ? address.is_v6() : true;
  }
  return false;
}

}  // namespace

class FakeResolver::Query final : public net::DnsQuery {
 public:
  using Done = std::function<void(absl::StatusOr<net::ResolvedAddresses>)>;

  Query(FakeResolver& resolver, std::string name, net::DnsFamily family, Done done)
      : resolver_(resolver),
        name_(std::move(name)),
        family_(family),
        done_(std::move(done)),
        waiting_(resolver.waiting_),
        timer_(resolver.loop_, [this] { Finish(); }) {
    ++*waiting_;
    timer_.Enable(resolver.delay_);
  }
  ~Query() override {
    if (timer_.enabled()) --*waiting_;
  }

 private:
  void Finish() {
    --*waiting_;
    // The callback may destroy this query.
    const Done done = std::move(done_);
    done(resolver_.Answer(name_, family_));
  }

  FakeResolver& resolver_;
  const std::string name_;
  const net::DnsFamily family_;
  Done done_;
  const std::shared_ptr<size_t> waiting_;
  event::Timer timer_;
};

void FakeResolver::SetAnswer(const std::string& name, const std::vector<std::string>& addresses,
                             std::chrono::seconds ttl) {
  net::ResolvedAddresses answer;
  answer.ttl = ttl;
  for (const std::string& text : addresses) {
    const std::optional<net::IpAddress> address = net::IpAddress::Parse(text);
    WEIR_CHECK(address.has_value(), "not an IP address");
    answer.addresses.push_back(*address);
  }
  std::sort(answer.addresses.begin(), answer.addresses.end());
  const auto end = std::unique(answer.addresses.begin(), answer.addresses.end());
  answer.addresses.erase(end, answer.addresses.end());
  answers_.insert_or_assign(name, std::move(answer));
}

void FakeResolver::SetError(const std::string& name, absl::Status status) {
  answers_.insert_or_assign(name, std::move(status));
}

size_t FakeResolver::queries(const std::string& name) const {
  const auto found = queries_by_name_.find(name);
  return found == queries_by_name_.end() ? 0 : found->second;
}

absl::StatusOr<net::ResolvedAddresses> FakeResolver::Answer(const std::string& name,
                                                            net::DnsFamily family) const {
  if (const std::optional<net::IpAddress> literal = net::IpAddress::Parse(name)) {
    return net::ResolvedAddresses{{*literal}, std::chrono::seconds(0)};
  }
  const auto found = answers_.find(name);
  if (found == answers_.end()) return NotFound(StrCat(name, " has no address"));
  if (!found->second.ok()) return found->second.status();
  const std::vector<net::IpAddress>& all = found->second->addresses;
  const bool any_v6 = std::any_of(all.begin(), all.end(), [](const auto& a) { return a.is_v6(); });
  const bool any_v4 = std::any_of(all.begin(), all.end(), [](const auto& a) { return !a.is_v6(); });
  net::ResolvedAddresses answer;
  answer.ttl = found->second->ttl;
  for (const net::IpAddress& address : all) {
    if (Wanted(address, family, any_v4, any_v6)) answer.addresses.push_back(address);
  }
  if (answer.addresses.empty()) return NotFound(StrCat(name, " has no address of that family"));
  return answer;
}

std::unique_ptr<net::DnsQuery> FakeResolver::Resolve(
    std::string_view name, net::DnsFamily family,
    std::function<void(absl::StatusOr<net::ResolvedAddresses>)> done) {
  ++queries_;
  ++queries_by_name_[std::string(name)];
  return std::make_unique<Query>(*this, std::string(name), family, std::move(done));
}

}  // namespace weir::fakes
