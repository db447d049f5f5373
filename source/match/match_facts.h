// What matchers may look at of a request and its connection. Views, made where one matches.
#pragma once

#include "source/http/message.h"
#include "source/stream_info/stream_info.h"

namespace weir::match {

// Null: there is none, and what speaks of it has no value.
struct MatchFacts {
  const stream_info::ConnectionInfo* connection = nullptr;
  const http::RequestHead* head = nullptr;
  const stream_info::StreamInfo* stream = nullptr;  // Of a request: knows the trusted client.

  // `known` may be null.
  static MatchFacts OfRequest(const http::RequestHead& request,
                              const stream_info::StreamInfo* known) {
    return {.connection = known == nullptr ? nullptr : &known->connection,
            .head = &request,
            .stream = known};
  }
};

}  // namespace weir::match
