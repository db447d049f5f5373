// What filters found and kept, looked up: of the stream, and where that has nothing, of its
// connection. Pure.
#pragma once

#include <string_view>

#include "source/base/value.h"
#include "source/stream_info/filter_state.h"
#include "source/stream_info/stream_info.h"

namespace weir::stream_info {

// The value at `path`, a range of texts: the namespace, then field by field. Null: there is none.
template <typename Path>
const Value* FindValue(const Value& metadata, const Path& path) {
  const Value* value = &metadata;
  for (const std::string_view name : path) {
    value = value->Find(name);
    if (value == nullptr) return nullptr;
  }
  return value;
}

// `stream` may be null: there is none yet.
template <typename Path>
const Value* FindMetadata(const ConnectionInfo& connection, const StreamInfo* stream,
                          const Path& path) {
  const Value* const found = stream == nullptr ? nullptr : FindValue(stream->found->metadata, path);
  return found != nullptr ? found : FindValue(connection.further->metadata, path);
}

inline const FilterState::Object* FindObject(const ConnectionInfo& connection,
                                             const StreamInfo* stream, std::string_view key) {
  const FilterState::Object* const found =
      stream == nullptr ? nullptr : stream->found->filter_state.Find(key);
  return found != nullptr ? found : connection.further->filter_state.Find(key);
}

}  // namespace weir::stream_info
