// `weirctl ca` and `weirctl token`: they work on the authority's directory, without a server.
#pragma once

#include "source/cli/arguments.h"
#include "source/cli/cli.h"

namespace weir::cli {

// The command is "ca" or "token".
int RunAuthorityCommand(const Arguments& arguments, const Surroundings& surroundings);

}  // namespace weir::cli
