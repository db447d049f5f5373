// What the protocol hands to whoever understands the resources, and what it wants to hear back.
//
// xds knows no resource type: it moves bytes with names and versions. The server gives one
// ResourceType and one ResourceSink for each type it uses; the sink decodes and validates on the
// pool and gives its verdict. Loop's thread, all of it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/named_bytes.h"
#include "source/event/clock.h"

namespace weir::xds {

// Stands for every resource of a type in Subscribe.
inline constexpr std::string_view kWildcard = "*";

// The name of a resource from the bytes of its message: field 1, where every xDS resource has it
// (`name`, or `cluster_name` of ClusterLoadAssignment). InvalidArgument when the bytes are no
// message or it is empty.
absl::StatusOr<std::string> NameInFieldOne(std::string_view bytes);

struct ResourceType {
  std::string type_url;  // "type.googleapis.com/envoy.config.cluster.v3.Cluster"
  // Listeners and clusters: a state-of-the-world response holds all there is, what is missing was
  // removed.
  bool full_state_in_sotw = false;
  // State-of-the-world responses and files do not name their resources.
  std::function<absl::StatusOr<std::string>(std::string_view bytes)> name_of = NameInFieldOne;
};

struct RawResource {
  // Its version is the resource's own (delta), else the response's; the bytes are the serialised
  // message, without its Any. Shared: who keeps it for a dump pays nothing.
  NamedBytes content;
  // The bytes equal those last accepted under this name: no need to decode. It may still be
  // rejected.
  bool unchanged = false;

  std::string_view name() const { return content.name(); }
  std::string_view version() const { return content.version(); }
  std::string_view bytes() const { return content.bytes(); }
};

// What was accepted of one type, to be kept beyond the end of the process.
struct HeldType {
  std::string type_url;
  std::string version;  // Of the last response accepted whole.
  std::vector<RawResource> resources;
};

// A resource that is refused, and why.
struct Rejection {
  std::string name;
  std::string error;
};

struct Update {
  enum class Cause : uint8_t {
    kResponse,    // A response of the server or a new content of the file.
    kTtlExpired,  // The server did not refresh a resource in time: `removed` has it. The verdict is
                  // not sent.
  };
  Cause cause = Cause::kResponse;
  std::string version;                 // version_info or system_version_info; for people.
  std::vector<RawResource> resources;  // Each name once, in the order of the response.
  std::vector<std::string> removed;    // Gone, or subscribed to and known not to exist.
  bool full_state = false;             // The response held all there is of this type.
  // Refused before the sink saw them, and part of the NACK already: no name, no bytes, a wrong
  // type.
  std::vector<Rejection> malformed;
};

// How a sink answers an update.
struct Verdict {
  std::vector<Rejection> rejections;
  // Whether what is not rejected is in force now. False when the sink takes updates whole or not at
  // all.
  bool applied = true;
};

class ResourceSink {
 public:
  virtual ~ResourceSink() = default;

  // Calls `done` once, on the loop's thread, as soon as it is validated (not when it is warm): the
  // answer to the server waits for it. Calling it from inside is allowed. Until then no other
  // OnUpdate comes. After the Client or FileSource died `done` does nothing.
  virtual void OnUpdate(Update update, std::function<void(Verdict)> done) = 0;

  // A whole response was refused without a look at its resources; `error` is what the server was
  // told.
  virtual void OnResponseRejected(std::string_view version, std::string_view error) = 0;

  // No answer for `name` (kWildcard among them) came within its initial_fetch_timeout. The
  // subscription stays, and the resource may come later.
  virtual void OnFetchTimeout(std::string_view name) = 0;

  // Nobody subscribes to `name` any more: what is kept of it may go. Comes at the end of the turn;
  // a name that was subscribed to again by then is not released, and not delivered again either.
  // Comes once more after a verdict on a resource that was released while the verdict was awaited.
  virtual void OnReleased(std::string_view name) = 0;
};

}  // namespace weir::xds
