// What the data plane would say to a resource, for the control plane and the command line.
#pragma once

#include "source/control/validation/validation.h"
#include "source/event/clock.h"

namespace weir::exe {

// Decodes listeners, routes, clusters, endpoints and secrets as weir does, but for what files and
// variables of the proxy's machine hold; other types are not its business. Any thread. `clock`
// outlives it.
control::validation::Validator MakeResourceValidator(const event::Clock& clock);

}  // namespace weir::exe
