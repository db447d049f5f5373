// From an author's text to resources that may be served: every check in one place, for the server
// and for `weirctl validate` alike.
//
//   ReadFile / ReadMessage for each input -> CheckSet over the set that they would give
//
// The order of the checks: syntax, names and types, the field rules of xDS (schema); what the data
// plane itself would refuse (the Validator handed in); and over the whole set, references that lead
// nowhere (errors) and resources that nothing refers to (warnings). Pure; thread-safe.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "source/control/engine/resource.h"
#include "source/control/engine/snapshot.h"
#include "source/schema/diagnostic.h"

namespace weir::control::validation {

// What the data plane would say to a resource: adds to the diagnostics, with paths from the
// resource's root. `resource` is of a type of schema::FullPool(). Empty: nothing is asked.
using Validator = std::function<void(const google::protobuf::Any& any, schema::Diagnostics&)>;

// The resources of one text; those with errors are left out.
std::vector<engine::ResourcePtr> ReadFile(const std::string& path, const std::string& text,
                                          const Validator& validator,
                                          schema::Diagnostics& diagnostics);

// One resource that came as a message. `place` stands for the file in diagnostics: "resources[3]".
// Null when it has errors.
engine::ResourcePtr ReadMessage(const google::protobuf::Any& any, const std::string& place,
                                const Validator& validator, schema::Diagnostics& diagnostics);

// A resource that was checked when it was accepted: its references and its place anew, no checks.
engine::ResourcePtr Restore(std::string type_url, std::string name, const std::string& bytes,
                            engine::SourcePosition source);

// What nodes are given beside the set, as the certificates of an authority: references to it lead
// somewhere.
struct Given {
  std::string_view type_url;
  std::string_view name;
};

// References that lead nowhere are errors, resources without a user warnings.
void CheckSet(const engine::Snapshot& snapshot, std::span<const Given> given,
              schema::Diagnostics& diagnostics);

// The message of a resource; null when its bytes do not parse (it was never checked).
std::unique_ptr<google::protobuf::Message> MessageOf(const engine::Resource& resource);

}  // namespace weir::control::validation
