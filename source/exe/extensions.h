// The extensions of this project: the one list of decoders, for all three programs, and the one of
// factories, for weir alone.
#pragma once

#include "source/config/proto/extension_decoders.h"
#include "source/filter/factories.h"

namespace weir::exe {

void RegisterDecoders(config::proto::ExtensionDecoders& decoders);
void RegisterFactories(filter::Factories& factories);

}  // namespace weir::exe
