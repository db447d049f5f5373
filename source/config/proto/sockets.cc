#include "source/config/proto/sockets.h"

#include <algorithm>
#include <limits>

#include "source/base/status.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {

namespace core = envoy::config::core::v3;
namespace pb = envoy::config::listener::v3;

// Numbers of the kernel's are ints.
int DecodeInt(int64_t number, const Scope& scope) {
  using Limits = std::numeric_limits<int>;
  if (number >= Limits::min() && number <= Limits::max()) return static_cast<int>(number);
  scope.Error("must be a number of 32 bits", StrCat(number));
  return 0;
}

std::string BytesOf(int value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

net::SocketOption DecodeOption(const core::SocketOption& message, const Scope& scope) {
  net::SocketOption option;
  option.description = message.description();
  option.level = DecodeInt(message.level(), scope.Field("level"));
  option.name = DecodeInt(message.name(), scope.Field("name"));
  option.value = message.has_buf_value()
                     ? message.buf_value()
                     : BytesOf(DecodeInt(message.int_value(), scope.Field("int_value")));
  option.when = static_cast<net::SocketOption::When>(message.state());
  option.addresses = static_cast<net::SocketOption::For>(message.ip_version());
  return option;
}

// What has no meaning for a UNIX socket would be left out unseen.
void CheckUnixSocket(const pb::Listener& message, const Scope& scope) {
  const auto refuse = [&](std::string_view field, bool set) {
    if (set) scope.Field(field).Error("is for IP addresses alone, and this one is a pipe");
  };
  refuse("transparent", message.transparent().value());
  refuse("freebind", message.freebind().value());
  refuse("tcp_fast_open_queue_length", message.has_tcp_fast_open_queue_length());
  refuse("tcp_keepalive", message.has_tcp_keepalive());
}

net::ListenOptions DecodeOptions(const pb::Listener& message, const Scope& scope) {
  net::ListenOptions options;
  options.ipv4_compat = message.address().socket_address().ipv4_compat();
  if (message.has_tcp_backlog_size()) {
    options.backlog =
        static_cast<int>(std::min<uint32_t>(message.tcp_backlog_size().value(), INT32_MAX));
  }
  if (message.has_enable_reuse_port()) options.reuse_port = message.enable_reuse_port().value();
  options.freebind = message.freebind().value();
  options.transparent = message.transparent().value();
  if (message.has_tcp_fast_open_queue_length()) {
    options.fast_open_queue = message.tcp_fast_open_queue_length().value();
  }
  if (message.has_tcp_keepalive()) options.keepalive = DecodeKeepalive(message.tcp_keepalive());
  options.more = DecodeSocketOptions(message.socket_options(), scope);
  return options;
}

// Its options are the listener's, but for what it says itself.
void DecodeAdditional(const pb::AdditionalAddress& message, const Scope& scope,
                      Listener& listener) {
  const std::optional<net::Address> address =
      DecodeAddress(message.address(), scope.Field("address"));
  if (!address.has_value()) return;
  for (const ListenAddress& known : AddressesOf(listener)) {
    const bool any_port = address->is_ip() && address->port() == 0;
    if (known.address == *address && !any_port) {
      scope.Field("address").Error("is one of the listener's addresses already",
                                   address->ToString());
    }
  }
  ListenAddress added{*address, listener.socket};
  added.socket.ipv4_compat = message.address().socket_address().ipv4_compat();
  if (message.has_socket_options()) {
    added.socket.more = DecodeSocketOptions(message.socket_options().socket_options(),
                                            scope.Field("socket_options"));
  }
  if (message.has_tcp_keepalive()) {
    added.socket.keepalive = DecodeKeepalive(message.tcp_keepalive());
  }
  listener.additional_addresses.push_back(std::move(added));
}

// Options of sockets that connect.
std::vector<net::SocketOption> DecodeConnectOptions(const SocketOptionMessages& messages,
                                                    const Scope& scope) {
  for (int i = 0; i < messages.size(); ++i) {
    if (messages[i].state() != core::SocketOption::STATE_LISTENING) continue;
    const Scope item = scope.Item("socket_options", i);
    item.Field("state").Error("sockets that connect never listen", "STATE_LISTENING");
  }
  return DecodeSocketOptions(messages, scope);
}

// Hosts of each version of IP have one source at most.
void DecodeExtraSource(const core::BindConfig& message, const Scope& scope, UpstreamBind& bind) {
  if (message.extra_source_addresses().empty()) return;
  const core::ExtraSourceAddress& extra = message.extra_source_addresses(0);
  const Scope item = scope.Item("extra_source_addresses", 0);
  const Scope at = item.Field("address");
  const std::optional<net::Address> address = DecodeSocketAddress(extra.address(), at);
  if (message.extra_source_addresses_size() > 1) {
    scope.Field("extra_source_addresses")
        .Error("more than one is not supported", StrCat(message.extra_source_addresses_size()));
  }
  net::ConnectSource source = bind.sources.front();
  if (!source.address.has_value()) return item.Error("needs a source_address beside it");
  if (!address.has_value()) return;
  if (address->ip().is_v6() == source.address->ip().is_v6()) {
    at.Error("must be of another version of IP than source_address", address->ToString());
  }
  source.address = address;
  if (extra.has_socket_options()) {
    source.options =
        DecodeConnectOptions(extra.socket_options().socket_options(), item.Field("socket_options"));
  }
  bind.sources.push_back(std::move(source));
}

}  // namespace

std::shared_ptr<const UpstreamBind> DecodeBind(const core::BindConfig& message,
                                               const Scope& scope) {
  net::ConnectSource source;
  if (message.has_source_address()) {
    source.address = DecodeSocketAddress(message.source_address(), scope.Field("source_address"));
  }
  source.freebind = message.freebind().value();
  source.options = DecodeConnectOptions(message.socket_options(), scope);
  UpstreamBind bind{.sources = {std::move(source)}};
  DecodeExtraSource(message, scope, bind);
  return std::make_shared<const UpstreamBind>(std::move(bind));
}

std::vector<net::SocketOption> DecodeSocketOptions(const SocketOptionMessages& messages,
                                                   const Scope& scope) {
  std::vector<net::SocketOption> options;
  for (int i = 0; i < messages.size(); ++i) {
    const core::SocketOption& message = messages[i];
    net::SocketOption option = DecodeOption(message, scope.Item("socket_options", i));
    const bool for_streams = !message.has_type() || message.type().has_stream();
    if (for_streams) options.push_back(std::move(option));
  }
  return options;
}

void DecodeListenAddresses(const pb::Listener& message, const Scope& scope, Listener& listener) {
  std::optional<net::Address> address = DecodeAddress(message.address(), scope.Field("address"));
  if (address.has_value()) listener.address = *std::move(address);
  listener.socket = DecodeOptions(message, scope);
  if (message.address().has_pipe()) CheckUnixSocket(message, scope);
  for (int i = 0; i < message.additional_addresses_size(); ++i) {
    DecodeAdditional(message.additional_addresses(i), scope.Item("additional_addresses", i),
                     listener);
  }
  listener.bind_to_port = !message.has_bind_to_port() || message.bind_to_port().value();
}

}  // namespace weir::config::proto
