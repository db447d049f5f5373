// Random route tables and requests, and the linear scan that the index has to agree with.
#pragma once

#include <memory>

#include "source/config/route.h"
#include "source/event/random.h"
#include "source/http/message.h"
#include "source/router/route_index.h"

namespace weir::router {

// One virtual host for every name, with at most `max_routes` routes of every kind of condition.
std::shared_ptr<config::RouteTable> RandomTable(event::Random& random, size_t max_routes);

// Few letters, so that paths often share beginnings and match.
std::string RandomPath(event::Random& random, size_t max_length);

// Fills an empty head. `path` holds the path that the head views.
void FillRandomHead(event::Random& random, std::string& path, http::RequestHead& head);

// What filters found of a connection and its request, for routes that ask for it.
void FillRandomFindings(event::Random& random, stream_info::ConnectionInfo& connection,
                        stream_info::StreamInfo& stream);

// The first route that matches; null: none. Written against the documentation of RouteMatch, not
// against the index.
const config::Route* LinearScan(const config::VirtualHost& host, const MatchInput& input);

}  // namespace weir::router
