// The pages, each a function of its inputs and the request. Their paths, help and parameters are in
// page_table.cc.
#pragma once

#include "source/admin/page.h"
#include "source/admin/query.h"

namespace weir::admin {

// Of the server.
Page ReadyPage(const Inputs& inputs, const Query& query);
Page ServerInfoPage(const Inputs& inputs, const Query& query);
Page MemoryPage(const Inputs& inputs, const Query& query);
Page ListenersPage(const Inputs& inputs, const Query& query);
Page RuntimePage(const Inputs& inputs, const Query& query);
Page HotRestartVersionPage(const Inputs& inputs, const Query& query);
Page InitDumpPage(const Inputs& inputs, const Query& query);
Page ContentionPage(const Inputs& inputs, const Query& query);
Page CertificatesPage(const Inputs& inputs, const Query& query);

Page ClustersPage(const Inputs& inputs, const Query& query);
Page ConfigDumpPage(const Inputs& inputs, const Query& query);

Page StatsPage(const Inputs& inputs, const Query& query);
Page PrometheusPage(const Inputs& inputs, const Query& query);

// Those that ask for an action. LoggingPage alone may also be read.
Page LoggingPage(const Inputs& inputs, const Query& query);
Page FailHealthCheckPage(const Inputs& inputs, const Query& query);
Page PassHealthCheckPage(const Inputs& inputs, const Query& query);
Page DrainListenersPage(const Inputs& inputs, const Query& query);
Page ReopenLogsPage(const Inputs& inputs, const Query& query);
Page ModifyRuntimePage(const Inputs& inputs, const Query& query);
Page QuitPage(const Inputs& inputs, const Query& query);

}  // namespace weir::admin
