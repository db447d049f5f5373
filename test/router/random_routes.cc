#include "test/router/random_routes.h"

#include <algorithm>
#include <array>

#include "source/base/strings.h"

namespace weir::router {
namespace {

using config::PathExact;
using config::PathPrefix;
using config::PathRegex;
using config::PathSeparatedPrefix;
using match::StringMatcher;

constexpr std::array<std::string_view, 6> kPatterns = {"/[ab]*/a.*", "/a.*",      "/ab/(a|b)c?",
                                                       ".*b",        "(?i)/AB.*", "/[^/]+/d"};

match::Regex RandomRegex(event::Random& random) {
  // Compiled once: a pattern costs more than everything else here.
  static const std::vector<match::Regex> kCompiled = [] {
    std::vector<match::Regex> compiled;
    for (const std::string_view pattern : kPatterns) {
      compiled.push_back(*match::Regex::Create(pattern));
    }
    return compiled;
  }();
  return kCompiled[random.Below(kCompiled.size())];
}

StringMatcher RandomString(event::Random& random) {
  using Kind = StringMatcher::Kind;
  const std::string value(1, "12ab"[random.Below(4)]);
  switch (random.Below(6)) {
    case 0:
      return StringMatcher(Kind::kPrefix, value, false);
    case 1:
      return StringMatcher(Kind::kContains, value, true);
    case 2: {
      static const match::Regex kSome = *match::Regex::Create("[1a]+");
      return StringMatcher(kSome);
    }
    case 3:
      return StringMatcher(Kind::kExact, value, true);
    default:
      return StringMatcher(Kind::kExact, value, false);
  }
}

match::HeaderMatcher RandomHeader(event::Random& random) {
  static constexpr std::array<std::string_view, 8> kNames = {"x",       "y",     "z", "host",
                                                             ":method", "u-one", "v", "w"};
  match::HeaderMatcher header{.name = std::string(kNames[random.Below(kNames.size())])};
  switch (random.Below(4)) {
    case 0:
      header.value = match::PresentMatch{random.Below(2) == 0};
      break;
    case 1:
      header.value = match::RangeMatch{1, 2};
      break;
    default:
      header.value = RandomString(random);
  }
  header.invert = random.Below(5) == 0;
  header.treat_missing_as_empty = random.Below(8) == 0;
  return header;
}

match::QueryMatcher RandomParameter(event::Random& random) {
  match::QueryMatcher parameter{.name = std::string(1, "pqrstu"[random.Below(6)])};
  if (random.Below(3) == 0) {
    parameter.present = random.Below(2) == 0;
  } else {
    parameter.value = RandomString(random);
  }
  return parameter;
}

match::CookieMatcher RandomCookie(event::Random& random) {
  return {.name = std::string(1, "klmnop"[random.Below(6)]),
          .value = RandomString(random),
          .invert = random.Below(5) == 0};
}

// Some of them several times, with quotes, and what is no cookie.
std::string RandomCookies(event::Random& random) {
  std::string field;
  for (uint64_t i = random.Below(8); i > 0; --i) {
    const std::string value(1, "12ab"[random.Below(4)]);
    StrAppend(field, field.empty() ? "" : "; ", std::string(1, "klmnop"[random.Below(6)]),
              random.Below(8) == 0 ? "" : "=",
              random.Below(4) == 0 ? StrCat("\"", value, "\"") : value);
  }
  return field;
}

match::ValueMatcher RandomValue(event::Random& random) {
  switch (random.Below(6)) {
    case 0:
      return {match::PresentMatch{random.Below(2) == 0}};
    case 1:
      return {match::NumberRange{1, 2}};
    case 2:
      return {match::AnyValueMatch{{{match::NullMatch{}}, {RandomString(random)}}}};
    default:
      return {RandomString(random)};
  }
}

void AddRandomFindings(event::Random& random, config::RouteMatch& match) {
  if (random.Below(5) == 0) {
    match.metadata.push_back({.path = {"ns", std::string(1, "ab"[random.Below(2)])},
                              .value = RandomValue(random),
                              .invert = random.Below(5) == 0});
  }
  if (random.Below(6) != 0) return;
  match::FilterStateMatcher state{.key = std::string(1, "kl"[random.Below(2)]),
                                  .test = RandomString(random)};
  if (random.Below(4) == 0) {
    state.test = match::AddressTest{{*net::CidrRange::Create(net::IpAddress::V4(0x0a000000), 8)},
                                    random.Below(2) == 0};
  }
  match.filter_state.push_back(std::move(state));
}

config::Route RandomRoute(event::Random& random, size_t number) {
  const std::string path = RandomPath(random, 8);
  config::Route route{.name = StrCat(number), .match = {.path = PathPrefix{path}}};
  switch (random.Below(8)) {
    case 0:
    case 1:
      route.match.path = PathExact{path};
      break;
    case 2:
      route.match.path = PathSeparatedPrefix{path};
      break;
    case 3:
    case 4:
      route.match.path = PathRegex{RandomRegex(random)};
      break;
    case 5:
      route.match.path = PathPrefix{random.Below(4) == 0 ? "" : path};
      break;
    default:
      break;
  }
  route.match.case_sensitive = random.Below(6) != 0;
  for (uint64_t i = random.Below(6); i >= 4; --i)
    route.match.headers.push_back(RandomHeader(random));
  if (random.Below(4) == 0) route.match.query.push_back(RandomParameter(random));
  if (random.Below(4) == 0) route.match.cookies.push_back(RandomCookie(random));
  if (random.Below(8) == 0) {
    route.match.runtime_fraction = config::Fraction{static_cast<uint32_t>(random.Below(1'000'000))};
  }
  AddRandomFindings(random, route.match);
  route.action = config::RouteAction{.cluster = config::ClusterName{route.name}};
  return route;
}

bool PathHolds(const config::RouteMatch& match, std::string_view path) {
  const auto fold = [&](std::string_view text) {
    return match.case_sensitive ? std::string(text) : AsciiLower(text);
  };
  if (const auto* p = std::get_if<PathPrefix>(&match.path)) {
    return fold(path).starts_with(fold(p->value));
  }
  if (const auto* e = std::get_if<PathExact>(&match.path)) return fold(path) == fold(e->value);
  if (const auto* s = std::get_if<PathSeparatedPrefix>(&match.path)) {
    return fold(path) == fold(s->value) || fold(path).starts_with(fold(s->value) + "/");
  }
  return std::get<PathRegex>(match.path).value.FullMatch(path);
}

}  // namespace

// Two letters are above 127, for signedness.
std::string RandomPath(event::Random& random, size_t max_length) {
  constexpr std::string_view kLetters = "/aabbcd\xC3\xA9";
  std::string path = "/";
  for (uint64_t i = random.Below(max_length); i > 0; --i) {
    path += kLetters[random.Below(kLetters.size())];
  }
  return path;
}

std::shared_ptr<config::RouteTable> RandomTable(event::Random& random, size_t max_routes) {
  auto table = std::make_shared<config::RouteTable>();
  table->virtual_hosts.push_back({.name = "v", .domains = {"*"}});
  const size_t routes = random.Below(max_routes + 1);
  for (size_t i = 0; i < routes; ++i) {
    table->virtual_hosts[0].routes.push_back(RandomRoute(random, i));
  }
  return table;
}

void FillRandomHead(event::Random& random, std::string& path, http::RequestHead& head) {
  path = RandomPath(random, 12);
  if (random.Below(6) == 0)
    std::transform(path.begin(), path.end(), path.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (random.Below(2) == 0) {
    path += '?';
    for (uint64_t i = random.Below(4); i > 0; --i) {
      StrAppend(path, std::string(1, "pqrstu"[random.Below(6)]), "=",
                std::string(1, "12ab/"[random.Below(5)]), "&");
    }
  }
  head.method = random.Below(2) == 0 ? "1" : "a";
  head.authority = "b";
  head.path = path;
  for (const std::string_view name : {"x", "y", "z", "u-one", "v", "w"}) {
    for (uint64_t i = random.Below(4); i >= 2; --i) {
      head.headers.Add(name, std::string(1, "12ab"[random.Below(4)]));
    }
  }
  for (uint64_t i = random.Below(3); i > 0; --i) head.headers.Add("cookie", RandomCookies(random));
}

void FillRandomFindings(event::Random& random, stream_info::ConnectionInfo& connection,
                        stream_info::StreamInfo& stream) {
  const auto value = [&random] {
    return random.Below(4) == 0 ? Value::Number(1)
                                : Value::String(std::string(1, "12ab"[random.Below(4)]));
  };
  const auto fields = [&](std::string_view name) {
    return Value::FromFields({{"ns", Value::FromFields({{std::string(name), value()}})}});
  };
  if (random.Below(2) == 0) connection.further.Edit().metadata = fields("a");
  if (random.Below(2) == 0) stream.found.Edit().metadata = fields(random.Below(2) == 0 ? "a" : "b");
  using Text = stream_info::FilterState::Text;
  if (random.Below(2) == 0) {
    connection.further.Edit().filter_state.Set(
        "k", net::Address::Ip(net::IpAddress::V4(random.Below(2) == 0 ? 0x0a000001 : 1), 1), false);
  }
  if (random.Below(2) == 0) {
    stream.found.Edit().filter_state.Set(
        "l", Text{.value = std::string(1, "12ab"[random.Below(4)])}, false);
  }
}

const config::Route* LinearScan(const config::VirtualHost& host, const MatchInput& input) {
  const std::string_view path = input.head.path.substr(0, input.head.path.find('?'));
  const auto facts = match::MatchFacts::OfRequest(input.head, input.stream);
  const auto holds = [&](const config::Route& route) {
    const config::RouteMatch& match = route.match;
    return PathHolds(match, path) &&
           (!match.runtime_fraction.has_value() ||
            match.runtime_fraction->Contains(input.random)) &&
           std::all_of(match.headers.begin(), match.headers.end(),
                       [&](const auto& header) { return header.Matches(input.head); }) &&
           std::all_of(match.metadata.begin(), match.metadata.end(),
                       [&](const auto& metadata) { return metadata.Matches(facts); }) &&
           std::all_of(match.filter_state.begin(), match.filter_state.end(),
                       [&](const auto& state) { return state.Matches(facts); }) &&
           std::all_of(match.query.begin(), match.query.end(),
                       [&](const auto& parameter) { return parameter.Matches(input.head.path); }) &&
           std::all_of(match.cookies.begin(), match.cookies.end(),
                       [&](const auto& cookie) { return cookie.Matches(input.head); });
  };
  const auto found = std::find_if(host.routes.begin(), host.routes.end(), holds);
  return found == host.routes.end() ? nullptr : &*found;
}

}  // namespace weir::router
