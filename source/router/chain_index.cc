#include "source/router/chain_index.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "source/base/hash_map.h"
#include "source/base/status.h"
#include "source/match/data_input.h"

namespace weir::router {
namespace {

using config::FilterChain;
using config::FilterChainMatch;
using stream_info::ConnectionInfo;

// The criteria in the order in which they are taken.
enum class Level : uint8_t {
  kDestinationPort,
  kDestinationRange,
  kServerName,
  kTransportProtocol,
  kApplicationProtocol,
  kDirectSourceRange,
  kSourceType,
  kSourceRange,
  kSourcePort,
  kChain,
};
constexpr Level Next(Level level) { return static_cast<Level>(static_cast<uint8_t>(level) + 1); }

std::string DescribeChain(const FilterChain& chain, size_t index) {
  return chain.name.empty() ? StrCat("filter_chains[", index, "]") : StrCat("'", chain.name, "'");
}

}  // namespace

// One criterion: a child for each value that chains ask for, and one for chains that do not ask.
struct ChainIndex::Node {
  struct Ranges {
    uint32_t prefix_length;
    std::map<net::IpAddress, std::unique_ptr<Node>> nodes;  // by the first address
  };

  HashMap<std::unique_ptr<Node>> names;               // server names, protocols
  std::map<uint32_t, std::unique_ptr<Node>> numbers;  // ports, source types
  std::vector<Ranges> ranges;                         // longest prefix first
  std::unique_ptr<Node> any;
  std::shared_ptr<const FilterChain> chain;  // Level::kChain alone.
  size_t chain_number = 0;

  Node& Name(std::string_view name) { return Made(name.empty() ? any : names[name]); }
  Node& Number(std::optional<uint32_t> number) { return Made(number ? numbers[*number] : any); }
  Node& Any() { return Made(any); }
  Node& Range(const net::CidrRange& range);

  const Node* FindNumber(uint32_t number) const;
  const Node* FindRange(const net::Address& address) const;
  const Node* FindServerName(std::string_view name) const;
  const Node* FindName(std::string_view name) const;
  const Node* FindApplicationProtocol(const std::vector<std::string>& offered) const;
  const Node* FindSourceType(const ConnectionInfo& connection) const;
  // The node of the next criterion for the connection, or null.
  const Node* Follow(Level level, const ConnectionInfo& connection) const;

  // Adds `chain` below this node, under every combination of its values from `level` on. The number
  // of an earlier chain that has the same combination, or nothing.
  std::optional<size_t> Insert(Level level, const std::shared_ptr<const FilterChain>& added,
                               size_t number);
  // The children for the values of `match` at `level`.
  std::vector<Node*> Children(Level level, const FilterChainMatch& match);

 private:
  static Node& Made(std::unique_ptr<Node>& node) {
    if (node == nullptr) node = std::make_unique<Node>();
    return *node;
  }
};

ChainIndex::Node& ChainIndex::Node::Range(const net::CidrRange& range) {
  const uint32_t length = range.prefix_length();
  auto place = std::find_if(ranges.begin(), ranges.end(),
                            [&](const Ranges& entry) { return entry.prefix_length <= length; });
  if (place == ranges.end() || place->prefix_length != length) {
    place = ranges.insert(place, Ranges{length, {}});
  }
  return Made(place->nodes[range.address()]);
}

const ChainIndex::Node* ChainIndex::Node::FindNumber(uint32_t number) const {
  const auto found = numbers.find(number);
  return found == numbers.end() ? any.get() : found->second.get();
}

const ChainIndex::Node* ChainIndex::Node::FindRange(const net::Address& address) const {
  if (!address.is_ip()) return any.get();
  for (const Ranges& entry : ranges) {
    if (entry.prefix_length > address.ip().size() * 8) continue;
    const absl::StatusOr<net::CidrRange> masked =
        net::CidrRange::Create(address.ip(), entry.prefix_length);
    if (!masked.ok()) continue;
    if (const auto found = entry.nodes.find(masked->address()); found != entry.nodes.end()) {
      return found->second.get();
    }
  }
  return any.get();
}

const ChainIndex::Node* ChainIndex::Node::FindName(std::string_view name) const {
  if (!name.empty()) {
    if (const auto found = names.find(name); found != names.end()) return found->second.get();
  }
  return any.get();
}

// Exact, then "*.example.com" for every suffix that begins at a dot, the longest first. The
// asterisk is not stored.
const ChainIndex::Node* ChainIndex::Node::FindServerName(std::string_view name) const {
  if (name.empty() || names.empty()) return any.get();
  if (const auto found = names.find(name); found != names.end()) return found->second.get();
  for (size_t dot = name.find('.', 1); dot != std::string_view::npos;
       dot = name.find('.', dot + 1)) {
    const auto found = names.find(name.substr(dot));
    if (found != names.end()) return found->second.get();
  }
  return any.get();
}

const ChainIndex::Node* ChainIndex::Node::FindApplicationProtocol(
    const std::vector<std::string>& offered) const {
  for (const std::string& protocol : offered) {
    if (const auto found = names.find(protocol); found != names.end()) return found->second.get();
  }
  return any.get();
}

const ChainIndex::Node* ChainIndex::Node::FindSourceType(const ConnectionInfo& connection) const {
  const auto type = match::IsLocalSource(connection)
                        ? FilterChainMatch::SourceType::kSameIpOrLoopback
                        : FilterChainMatch::SourceType::kExternal;
  return FindNumber(static_cast<uint32_t>(type));
}

const ChainIndex::Node* ChainIndex::Node::Follow(Level level,
                                                 const ConnectionInfo& connection) const {
  switch (level) {
    case Level::kDestinationPort:
      return connection.local_address.is_ip() ? FindNumber(connection.local_address.port())
                                              : any.get();
    case Level::kDestinationRange:
      return FindRange(connection.local_address);
    case Level::kServerName:
      return FindServerName(connection.further->server_name);
    case Level::kTransportProtocol:
      return FindName(connection.transport_protocol);
    case Level::kApplicationProtocol:
      return FindApplicationProtocol(connection.further->application_protocols);
    case Level::kDirectSourceRange:
      return FindRange(connection.direct_remote_address);
    case Level::kSourceType:
      return FindSourceType(connection);
    case Level::kSourceRange:
      return FindRange(connection.remote_address);
    case Level::kSourcePort:
      return connection.remote_address.is_ip() ? FindNumber(connection.remote_address.port())
                                               : any.get();
    case Level::kChain:
      break;
  }
  return nullptr;
}

std::vector<ChainIndex::Node*> ChainIndex::Node::Children(Level level,
                                                          const FilterChainMatch& match) {
  std::vector<Node*> children;
  const auto add_ranges = [&](const std::vector<net::CidrRange>& wanted) {
    for (const net::CidrRange& range : wanted) children.push_back(&Range(range));
  };
  switch (level) {
    case Level::kDestinationPort:
      children.push_back(&Number(match.destination_port));
      break;
    case Level::kDestinationRange:
      add_ranges(match.destination_ranges);
      break;
    case Level::kServerName:
      for (std::string_view name : match.server_names) {
        children.push_back(&Name(name.starts_with("*.") ? name.substr(1) : name));
      }
      break;
    case Level::kTransportProtocol:
      children.push_back(&Name(match.transport_protocol));
      break;
    case Level::kApplicationProtocol:
      for (const std::string& protocol : match.application_protocols) {
        children.push_back(&Name(protocol));
      }
      break;
    case Level::kDirectSourceRange:
      add_ranges(match.direct_source_ranges);
      break;
    case Level::kSourceType:
      if (match.source_type != FilterChainMatch::SourceType::kAny) {
        children.push_back(&Number(static_cast<uint32_t>(match.source_type)));
      }
      break;
    case Level::kSourceRange:
      add_ranges(match.source_ranges);
      break;
    case Level::kSourcePort:
      for (const uint16_t port : match.source_ports) children.push_back(&Number(port));
      break;
    case Level::kChain:
      break;
  }
  if (children.empty()) children.push_back(&Any());
  return children;
}

std::optional<size_t> ChainIndex::Node::Insert(Level level,
                                               const std::shared_ptr<const FilterChain>& added,
                                               size_t number) {
  if (level == Level::kChain) {
    // A value that one chain names twice leads here twice.
    if (chain != nullptr && chain != added) return chain_number;
    chain = added;
    chain_number = number;
    return std::nullopt;
  }
  for (Node* const child : Children(level, added->match)) {
    if (const auto other = child->Insert(Next(level), added, number)) return other;
  }
  return std::nullopt;
}

ChainIndex::ChainIndex() = default;
ChainIndex::~ChainIndex() = default;

absl::StatusOr<std::shared_ptr<const ChainIndex>> ChainIndex::Create(
    const std::vector<std::shared_ptr<const FilterChain>>& chains,
    std::shared_ptr<const FilterChain> default_chain, const ChainMatcher& matcher) {
  std::shared_ptr<ChainIndex> index(new ChainIndex());
  index->default_chain_ = std::move(default_chain);
  if (matcher.has_value()) {
    WEIR_RETURN_IF_ERROR(index->SetMatcher(*matcher, chains));
    return std::shared_ptr<const ChainIndex>(std::move(index));
  }
  auto root = std::make_unique<Node>();
  for (size_t i = 0; i < chains.size(); ++i) {
    const std::optional<size_t> other = root->Insert(Level::kDestinationPort, chains[i], i);
    if (other.has_value()) {
      return InvalidArgument(StrCat("filter chains ", DescribeChain(*chains[*other], *other),
                                    " and ", DescribeChain(*chains[i], i), " have the same match"));
    }
  }
  index->root_ = std::move(root);
  return std::shared_ptr<const ChainIndex>(std::move(index));
}

absl::Status ChainIndex::SetMatcher(const match::ActionTree<std::string>& matcher,
                                    const std::vector<std::shared_ptr<const FilterChain>>& chains) {
  for (const std::string& name : matcher.actions) {
    const auto found = std::find_if(chains.begin(), chains.end(),
                                    [&](const auto& chain) { return chain->name == name; });
    if (found == chains.end()) {
      return InvalidArgument(StrCat("filter_chain_matcher: there is no filter chain '", name, "'"));
    }
    matched_chains_.push_back(*found);
  }
  matcher_ = matcher.tree;
  return absl::OkStatus();
}

const std::shared_ptr<const FilterChain>& ChainIndex::Match(
    const ConnectionInfo& connection) const {
  if (matcher_ != nullptr) {
    const auto action = matcher_->Find({.connection = &connection});
    return action.has_value() ? matched_chains_[*action] : default_chain_;
  }
  const Node* node = root_.get();
  for (Level level = Level::kDestinationPort; node != nullptr && level != Level::kChain;
       level = Next(level)) {
    node = node->Follow(level, connection);
  }
  return node == nullptr ? default_chain_ : node->chain;
}

}  // namespace weir::router
