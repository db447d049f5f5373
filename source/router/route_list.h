// The routes that share one path criterion, told apart by one condition of each: a request looks at
// those alone whose header or query parameter it has, and at those regular expressions that match.
//
// Inside the folder alone. Built once, then immutable; any thread. Lookups allocate nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"
#include "source/config/route.h"
#include "source/http/message.h"
#include "source/match/regex_set.h"
#include "source/router/candidates.h"

namespace weir::router {

class RouteList {
 public:
  // Before Build, in ascending order of `route`. `match` lives until then.
  void Add(uint32_t route, const config::RouteMatch& match);
  void Build();

  // Adds the routes that may match; `path` is the head's without its query.
  void Find(std::string_view path, const http::RequestHead& head, Candidates& candidates) const;

 private:
  // Routes that want one header or parameter.
  struct Name {
    std::string name;
    std::vector<uint32_t> any;             // With any value, as far as the index knows.
    HashMap<std::vector<uint32_t>> exact;  // With just this one.
  };
  struct Names {
    std::vector<Name> all;
    HashMap<uint32_t> by_name;  // Index in `all`.
    Name& Get(const std::string& name);
  };
  struct Conditions {
    Names headers;
    Names parameters;
    std::vector<uint32_t> regexes;
    std::vector<const match::Regex*> patterns;  // Of the regexes, until Build.
    std::optional<match::RegexSet> set;         // Of the regexes, when there are several.
  };

  bool AddByHeader(uint32_t route, const config::RouteMatch& match);
  bool AddByParameter(uint32_t route, const config::RouteMatch& match);
  Conditions& conditions();
  static void FindByHeader(const Names& names, const http::RequestHead& head,
                           Candidates& candidates);
  static void FindByParameter(const Names& names, std::string_view path, Candidates& candidates);

  std::vector<uint32_t> plain_;
  std::unique_ptr<Conditions> conditions_;  // Null: all are plain.
};

}  // namespace weir::router
