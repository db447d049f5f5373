// All pages by path, and the answer to a request. Pure; any thread.
//
//   if (auto refusal = Refuse(request, names)) ...
//   const PageEntry* entry = FindPage(request.path);     // decide whether a View has to be fetched
//   Page page = Answer(request, inputs);
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "source/admin/page.h"
#include "source/admin/query.h"

namespace weir::admin {

enum class Effect : uint8_t {
  kNone,       // GET, HEAD and POST alike.
  kChanges,    // POST alone.
  kMayChange,  // POST when there is a query.
};

// What has to be collected for a page before it is made.
enum class Needs : uint8_t {
  kNothing,
  kView,
  kMemory,  // A View that also says what connections hold: looks at each of them.
};

struct PageParameter {
  std::string_view name;
  std::string_view help;
};

struct PageEntry {
  std::string_view path;
  std::string_view help;
  Effect effect;
  Needs needs;
  std::span<const PageParameter> parameters;
  Page (*make)(const Inputs& inputs, const Query& query);
};

// By path; "/" and "/help" among them.
std::span<const PageEntry> AllPages();
// Null when there is none of that path.
const PageEntry* FindPage(std::string_view path);

// The page; 404 with the list of pages for an unknown path, 405 where the method does not fit.
// `inputs.view` may be null when the page needs none.
Page Answer(const Request& request, const Inputs& inputs);

}  // namespace weir::admin
