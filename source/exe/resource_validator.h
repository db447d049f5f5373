// What the data plane would say to a resource, for the control plane and the command line.
#pragma once

#include "source/control/validation/validation.h"

namespace weir::exe {

// Decodes listeners, routes, clusters and endpoints as weir does; other types are not its business.
// Any thread.
control::validation::Validator MakeResourceValidator();

}  // namespace weir::exe
