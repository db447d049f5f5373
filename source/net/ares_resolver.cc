#include "source/net/ares_resolver.h"

#include <ares.h>
#include <netdb.h>
#include <sys/epoll.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "source/base/status.h"

namespace weir::net {
namespace {

using Answer = absl::StatusOr<ResolvedAddresses>;

// RFC 1035, 2.3.4.
constexpr size_t kLongestName = 255;
constexpr size_t kLongestLabel = 63;

absl::Status CheckName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kLongestName) {
    return NotFound(StrCat("\"", name.substr(0, 64), "\" is no host name"));
  }
  for (std::string_view label : Split(name, '.')) {
    if (label.empty() || label.size() > kLongestLabel) {
      return NotFound(StrCat("\"", name, "\" is no host name"));
    }
  }
  return absl::OkStatus();
}

// The addresses of the families asked for, in order.
Answer Select(ResolvedAddresses all, DnsFamily family, std::string_view name) {
  std::vector<IpAddress>& addresses = all.addresses;
  const auto is_v6 = [](const IpAddress& address) { return address.is_v6(); };
  const bool any_v6 = std::any_of(addresses.begin(), addresses.end(), is_v6);
  const bool any_v4 = !std::all_of(addresses.begin(), addresses.end(), is_v6);
  const bool only_v4 =
      family == DnsFamily::kV4Only || (family == DnsFamily::kV4Preferred && any_v4);
  const bool only_v6 = family == DnsFamily::kV6Only || (family == DnsFamily::kAuto && any_v6);
  std::erase_if(addresses, [&](const IpAddress& address) {
    return (only_v4 && address.is_v6()) || (only_v6 && !address.is_v6());
  });
  if (addresses.empty()) return NotFound(StrCat(name, " has no address"));
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return all;
}

// What needs no query; nothing for all other names.
std::optional<Answer> AnswerWithoutQuery(std::string_view name, DnsFamily family) {
  if (const std::optional<IpAddress> literal = IpAddress::Parse(name)) {
    return ResolvedAddresses{{*literal}, std::chrono::seconds(0)};
  }
  if (absl::Status status = CheckName(name); !status.ok()) return status;
  if (EqualsIgnoreCase(name, "localhost") || EqualsIgnoreCase(name, "localhost.")) {
    ResolvedAddresses both{{*IpAddress::Parse("127.0.0.1"), *IpAddress::Parse("::1")}, {}};
    return Select(std::move(both), family, name);
  }
  return std::nullopt;
}

ResolvedAddresses Collect(const ares_addrinfo& info) {
  ResolvedAddresses all;
  int least = INT32_MAX;
  for (const ares_addrinfo_node* node = info.nodes; node != nullptr; node = node->ai_next) {
    sockaddr_storage storage{};
    std::copy_n(reinterpret_cast<const char*>(node->ai_addr), node->ai_addrlen,
                reinterpret_cast<char*>(&storage));
    all.addresses.push_back(Address::FromSockaddr(storage, node->ai_addrlen).ip());
    least = std::min(least, node->ai_ttl);
  }
  for (const ares_addrinfo_cname* cname = info.cnames; cname != nullptr; cname = cname->next) {
    least = std::min(least, cname->ttl);
  }
  if (least != INT32_MAX && least > 0) all.ttl = std::chrono::seconds(least);
  return all;
}

absl::Status StatusOf(int ares_status, std::string_view name) {
  const std::string text = StrCat(name, ": ", ares_strerror(ares_status));
  switch (ares_status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
      return NotFound(text);
    default:
      return Unavailable(text);
  }
}

}  // namespace

// What c-ares holds while it works; the query may be gone before it is done.
struct AresResolver::Asked {
  Query* query;
};

class AresResolver::Query final : public DnsQuery {
 public:
  using Done = std::function<void(Answer)>;

  Query(event::Loop& loop, std::string name, DnsFamily family, Done done)
      : name_(std::move(name)),
        family_(family),
        done_(std::move(done)),
        asked_(std::make_shared<Asked>(Asked{this})),
        deliver_(loop, [this] { Deliver(); }) {}
  ~Query() override { asked_->query = nullptr; }

  // The answer is known; the callback hears it in a turn of its own.
  void Finish(Answer answer) {
    answer_ = std::move(answer);
    deliver_.Enable(event::Duration::zero());
  }
  const std::string& name() const { return name_; }
  DnsFamily family() const { return family_; }
  const std::shared_ptr<Asked>& asked() const { return asked_; }

 private:
  void Deliver() {
    // The callback may destroy this query.
    const Done done = std::move(done_);
    done(*std::move(answer_));
  }

  const std::string name_;
  const DnsFamily family_;
  Done done_;
  std::optional<Answer> answer_;
  const std::shared_ptr<Asked> asked_;
  event::Timer deliver_;
};

// A socket of c-ares, watched for the directions that it asks for.
class AresResolver::Socket final : public event::FdHandler {
 public:
  Socket(AresResolver& resolver, int fd) : resolver_(resolver), fd_(fd) {}
  void OnEvents(uint32_t events) override { resolver_.OnSocketEvents(fd_, events); }

 private:
  AresResolver& resolver_;
  const int fd_;
};

absl::StatusOr<std::unique_ptr<AresResolver>> AresResolver::Create(event::EpollLoop& loop,
                                                                   const AresOptions& options) {
  static std::once_flag once;
  static int initialized = ARES_SUCCESS;
  std::call_once(once, [] { initialized = ares_library_init(ARES_LIB_INIT_ALL); });
  if (initialized != ARES_SUCCESS) {
    return Internal(StrCat("cannot start c-ares: ", ares_strerror(initialized)));
  }
  std::unique_ptr<AresResolver> resolver(new AresResolver(loop, options));
  WEIR_RETURN_IF_ERROR(resolver->OpenChannel());
  return resolver;
}

AresResolver::AresResolver(event::EpollLoop& loop, const AresOptions& options)
    : loop_(loop), options_(options), timeout_(loop, [this] {
        ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        ArmTimeout();
      }) {}

AresResolver::~AresResolver() { CloseChannel(); }

absl::Status AresResolver::OpenChannel() {
  ares_options options{};
  int mask = ARES_OPT_SOCK_STATE_CB;
  options.sock_state_cb_data = this;
  options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<AresResolver*>(self)->OnSocketState(fd, readable != 0, writable != 0);
  };
  if (options_.timeout.count() > 0) {
    options.timeout = static_cast<int>(options_.timeout.count());
    mask |= ARES_OPT_TIMEOUTMS;
  }
  if (options_.tries > 0) {
    options.tries = options_.tries;
    mask |= ARES_OPT_TRIES;
  }
  int status = ares_init_options(&channel_, &options, mask);
  if (status == ARES_SUCCESS && !options_.servers.empty()) {
    std::vector<std::string> servers;
    for (const Address& server : options_.servers) servers.push_back(server.ToString());
    status = ares_set_servers_ports_csv(channel_, Join(servers, ",").c_str());
    if (status != ARES_SUCCESS) CloseChannel();
  }
  if (status == ARES_SUCCESS) return absl::OkStatus();
  channel_ = nullptr;
  return Unavailable(StrCat("cannot set up DNS: ", ares_strerror(status)));
}

void AresResolver::CloseChannel() {
  if (channel_ == nullptr) return;
  timeout_.Disable();
  // Answers every query with ARES_EDESTRUCTION, and ends the watch of every socket.
  ares_destroy(std::exchange(channel_, nullptr));
}

void AresResolver::ArmTimeout() {
  timeval wait;
  if (channel_ == nullptr || ares_timeout(channel_, nullptr, &wait) == nullptr) {
    timeout_.Disable();
    return;
  }
  // c-ares cuts what is left to whole milliseconds: on its word alone the last one would be spun
  // away.
  timeout_.Enable(std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec) +
                  std::chrono::milliseconds(1));
}

void AresResolver::OnSocketState(int fd, bool readable, bool writable) {
  const auto found = sockets_.find(fd);
  if (!readable && !writable) {
    if (found == sockets_.end()) return;
    loop_.Unregister(fd);
    sockets_.erase(found);
    return;
  }
  const uint32_t events = (readable ? static_cast<uint32_t>(EPOLLIN) : 0u) |
                          (writable ? static_cast<uint32_t>(EPOLLOUT) : 0u);
  if (found != sockets_.end()) {
    loop_.Rearm(fd, events);
    return;
  }
  auto socket = std::make_unique<Socket>(*this, fd);
  // Without a watch the query ends by its timeout.
  if (loop_.Register(fd, *socket, events).ok()) sockets_.emplace(fd, std::move(socket));
}

void AresResolver::OnSocketEvents(int fd, uint32_t events) {
  const bool readable = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
  const bool writable = (events & EPOLLOUT) != 0;
  ares_process_fd(channel_, readable ? fd : ARES_SOCKET_BAD, writable ? fd : ARES_SOCKET_BAD);
  ArmTimeout();
}

void AresResolver::Ask(const std::string& name, DnsFamily family,
                       const std::shared_ptr<Asked>& asked) {
  struct Call {
    AresResolver* resolver;
    std::shared_ptr<Asked> asked;
  };
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NOSORT;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = family == DnsFamily::kV4Only   ? AF_INET
                    : family == DnsFamily::kV6Only ? AF_INET6
                                                   : AF_UNSPEC;
  ++asked_;
  const auto answered = [](void* arg, int status, int, ares_addrinfo* info) {
    const std::unique_ptr<Call> call(static_cast<Call*>(arg));
    const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> freed(info,
                                                                             &ares_freeaddrinfo);
    --call->resolver->asked_;
    if (status == ARES_ECONNREFUSED || status == ARES_ETIMEOUT) call->resolver->broken_ = true;
    Query* const query = call->asked->query;
    if (query == nullptr || status == ARES_EDESTRUCTION) return;
    if (status != ARES_SUCCESS) {
      query->Finish(StatusOf(status, query->name()));
    } else {
      query->Finish(Select(Collect(*info), query->family(), query->name()));
    }
  };
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, answered, new Call{this, asked});
  ArmTimeout();
}

std::unique_ptr<DnsQuery> AresResolver::Resolve(std::string_view name, DnsFamily family,
                                                std::function<void(Answer)> done) {
  auto query = std::make_unique<Query>(loop_, std::string(name), family, std::move(done));
  if (std::optional<Answer> answer = AnswerWithoutQuery(name, family)) {
    query->Finish(*std::move(answer));
    return query;
  }
  if (channel_ == nullptr || (broken_ && asked_ == 0)) {
    CloseChannel();
    broken_ = false;
    if (absl::Status status = OpenChannel(); !status.ok()) {
      query->Finish(std::move(status));
      return query;
    }
  }
  Ask(query->name(), family, query->asked());
  return query;
}

}  // namespace weir::net
