#include "source/exe/flags.h"

#include "source/exe/version.h"

#include <functional>

#include "source/base/status.h"

namespace weir::exe {
namespace {

using Apply = std::function<absl::Status(Flags& flags, const std::string& value)>;

struct FlagRow {
  std::string name;        // "--concurrency"
  std::string short_name;  // "-c" or ""
  std::string value;       // What stands for the value in the help; empty: a switch.
  std::string help;
  Apply apply;
};

absl::StatusOr<uint64_t> Number(const std::string& value, uint64_t most) {
  const std::optional<uint64_t> number = ParseUint64(value);
  if (!number.has_value() || *number > most) {
    return InvalidArgument(StrCat("\"", value, "\" is not a number from 0 to ", most));
  }
  return *number;
}

absl::Status SetMode(Flags& flags, const std::string& value) {
  if (value == "serve") {
    flags.mode = Flags::Mode::kServe;
  } else if (value == "validate") {
    flags.mode = Flags::Mode::kValidate;
  } else if (value == "init_only") {
    return InvalidArgument("init_only is not supported: serve or validate");
  } else {
    return InvalidArgument(StrCat("\"", value, "\" is neither serve nor validate"));
  }
  return absl::OkStatus();
}

absl::StatusOr<log::Level> LevelOf(std::string_view name) {
  const std::optional<log::Level> level = log::ParseLevel(name);
  if (level.has_value()) return *level;
  return InvalidArgument(
      StrCat("\"", name, "\" is no level: trace, debug, info, warning, error, critical or off"));
}

// "http:debug,upstream:trace"; components of Envoy that are none here are passed over.
absl::Status SetComponentLevels(Flags& flags, const std::string& value) {
  for (std::string_view part : Split(value, ',')) {
    if (part.empty()) continue;
    const size_t colon = part.find(':');
    if (colon == std::string_view::npos) {
      return InvalidArgument(StrCat("\"", part, "\" is not component:level"));
    }
    WEIR_ASSIGN_OR_RETURN(const log::Level level, LevelOf(part.substr(colon + 1)));
    if (const auto component = log::ParseComponent(part.substr(0, colon))) {
      flags.component_log_levels.emplace_back(*component, level);
    }
  }
  return absl::OkStatus();
}

absl::Status SetConcurrency(Flags& flags, const std::string& value) {
  WEIR_ASSIGN_OR_RETURN(const uint64_t number, Number(value, 1024));
  flags.concurrency = static_cast<uint32_t>(number == 0 ? 1 : number);
  return absl::OkStatus();
}

absl::Status SetDrainTime(Flags& flags, const std::string& value) {
  WEIR_ASSIGN_OR_RETURN(const uint64_t number, Number(value, 1'000'000));
  flags.drain_time = std::chrono::seconds(number);
  return absl::OkStatus();
}

absl::Status SetFlushInterval(Flags& flags, const std::string& value) {
  WEIR_ASSIGN_OR_RETURN(const uint64_t number, Number(value, 3'600'000));
  flags.file_flush_interval = std::chrono::milliseconds(number == 0 ? 10000 : number);
  return absl::OkStatus();
}

absl::Status SetDrainStrategy(Flags& flags, const std::string& value) {
  if (value != "gradual" && value != "immediate") {
    return InvalidArgument(StrCat("\"", value, "\" is neither gradual nor immediate"));
  }
  flags.drain_gradually = value == "gradual";
  return absl::OkStatus();
}

absl::Status AddStatsTag(Flags& flags, const std::string& value) {
  const size_t colon = value.find(':');
  if (colon == 0 || colon == std::string::npos) {
    return InvalidArgument(StrCat("\"", value, "\" is not name:value"));
  }
  flags.stats_tags.emplace_back(value.substr(0, colon), value.substr(colon + 1));
  return absl::OkStatus();
}

absl::Status SetRestartEpoch(Flags&, const std::string& value) {
  WEIR_ASSIGN_OR_RETURN(const uint64_t epoch, Number(value, UINT32_MAX));
  if (epoch == 0) return absl::OkStatus();
  return InvalidArgument(
      StrCat("an epoch of ", epoch,
             " asks for a hot restart, which this program does not do; start it with 0"));
}

Apply Text(std::string Flags::* member) {
  return [member](Flags& flags, const std::string& value) {
    flags.*member = value;
    return absl::OkStatus();
  };
}

Apply Switch(bool Flags::* member) {
  return [member](Flags& flags, const std::string&) {
    flags.*member = true;
    return absl::OkStatus();
  };
}

// Ignored, it would leave open what its user wants shut.
Apply Refused(std::string reason) {
  return
      [reason = std::move(reason)](Flags&, const std::string&) { return InvalidArgument(reason); };
}

// Taken so that command lines written for Envoy work; what it would change there has no meaning
// here.
Apply Accepted() {
  return [](Flags&, const std::string&) { return absl::OkStatus(); };
}

// What Envoy's users may give and what changes nothing here.
std::vector<FlagRow> RowsWithoutEffect() {
  return {
      {"--disable-hot-restart", "", "", "accepted: there is no hot restart", Accepted()},
      {"--base-id", "", "N", "accepted: nothing is shared between processes", Accepted()},
      {"--use-dynamic-base-id", "", "", "accepted, as --base-id", Accepted()},
      {"--parent-shutdown-time-s", "", "SECONDS", "accepted: there is no hot restart", Accepted()},
      {"--service-zone", "", "ZONE", "accepted: balancing does not look at zones", Accepted()},
      {"--local-address-ip-version", "", "v4|v6", "accepted: addresses are taken as written",
       Accepted()},
      {"--file-flush-min-size-kb", "", "KB", "accepted: files are written from rings of 256 KiB",
       Accepted()},
      {"--log-format", "", "FORMAT", "accepted: the log has one format", Accepted()},
      {"--log-format-escaped", "", "", "accepted: the log has one format", Accepted()},
      {"--enable-fine-grain-logging", "", "", "accepted: levels are set by component", Accepted()},
      {"--skip-deprecated-logs", "", "", "accepted: there are no such warnings", Accepted()},
      {"--cpuset-threads", "", "", "accepted: the default counts the CPUs of the process",
       Accepted()},
      {"--enable-core-dump", "", "", "accepted: core dumps follow the limits of the process",
       Accepted()},
      {"--enable-mutex-tracing", "", "", "accepted: there is no page /contention", Accepted()},
      {"--base-id-path", "", "FILE", "accepted: nothing is shared between processes", Accepted()},
      {"--socket-path", "", "PATH", "accepted: there is no hot restart", Accepted()},
      {"--socket-mode", "", "MODE", "accepted: there is no hot restart", Accepted()},
      {"--skip-hot-restart-on-no-parent", "", "", "accepted: there is no hot restart", Accepted()},
      {"--skip-hot-restart-parent-stats", "", "", "accepted: there is no hot restart", Accepted()},
  };
}

std::vector<FlagRow> RowsWithEffect() {
  return {
      {"--config-path", "-c", "FILE", "the bootstrap, YAML or JSON", Text(&Flags::config_path)},
      {"--config-yaml", "", "TEXT", "bootstrap as text, merged over the file",
       Text(&Flags::config_yaml)},
      {"--mode", "", "serve|validate", "validate checks the bootstrap and exits", SetMode},
      {"--concurrency", "", "N", "worker threads (default: one for each hardware thread)",
       SetConcurrency},
      {"--log-level", "-l", "LEVEL", "trace, debug, info, warning, error, critical or off",
       [](Flags& flags, const std::string& value) {
         const absl::StatusOr<log::Level> level = LevelOf(value);
         if (level.ok()) flags.log_level = *level;
         return level.status();
       }},
      {"--component-log-level", "", "C:LEVEL,...", "levels of single components",
       SetComponentLevels},
      {"--log-path", "", "FILE", "where the log goes (default: standard error)",
       Text(&Flags::log_path)},
      {"--service-node", "", "ID", "node.id, over the bootstrap's", Text(&Flags::service_node)},
      {"--service-cluster", "", "NAME", "node.cluster, over the bootstrap's",
       Text(&Flags::service_cluster)},
      {"--admin-address-path", "", "FILE", "writes the admin address there once it is bound",
       Text(&Flags::admin_address_path)},
      {"--drain-time-s", "", "SECONDS", "how long connections may drain (default: 600)",
       SetDrainTime},
      {"--file-flush-interval-msec", "", "MS", "how often access logs are written (default: 10000)",
       SetFlushInterval},
      {"--allow-unknown-static-fields", "", "",
       "fields of the bootstrap that weir lacks are listed and ignored, where that is safe",
       Switch(&Flags::allow_unknown_static_fields)},
      {"--allow-unknown-fields", "", "", "the same, by its old name",
       Switch(&Flags::allow_unknown_static_fields)},
      {"--reject-unknown-dynamic-fields", "", "", "what weir always does for dynamic resources",
       Switch(&Flags::reject_unknown_dynamic_fields)},
      {"--ignore-unknown-dynamic-fields", "", "",
       "fields of dynamic resources that weir lacks are listed and ignored, where that is safe",
       Switch(&Flags::ignore_unknown_dynamic_fields)},
      {"--drain-strategy", "", "gradual|immediate",
       "who is told to go while listeners drain: more with time (default), or all at once",
       SetDrainStrategy},
      {"--stats-tag", "", "NAME:VALUE", "a tag of every stat; may be given again", AddStatsTag},
      {"--restart-epoch", "", "N", "0: there is no hot restart", SetRestartEpoch},
      {"--hot-restart-version", "", "", "prints \"disabled\"", Switch(&Flags::hot_restart_version)},
      {"--disable-extensions", "", "NAME,...", "refused",
       Refused("extensions cannot be switched off by name")},
      {"--version", "", "", "prints the version", Switch(&Flags::version)},
      {"--help", "-h", "", "prints this", Switch(&Flags::help)},
  };
}

const std::vector<FlagRow>& Rows() {
  static const std::vector<FlagRow> rows = [] {
    std::vector<FlagRow> all = RowsWithEffect();
    for (FlagRow row : RowsWithoutEffect()) all.push_back(std::move(row));
    return all;
  }();
  return rows;
}

const FlagRow* FindRow(std::string_view name) {
  for (const FlagRow& row : Rows()) {
    if (row.name == name || (!row.short_name.empty() && row.short_name == name)) return &row;
  }
  return nullptr;
}

absl::Status UnknownFlag(const std::string& name) {
  std::vector<std::string> names;
  for (const FlagRow& row : Rows()) names.push_back(row.name);
  std::string message = StrCat("unknown flag ", name);
  if (const auto nearest = Nearest(name, names))
    StrAppend(message, "; did you mean ", *nearest, "?");
  return InvalidArgument(message);
}

}  // namespace

absl::StatusOr<Flags> ParseFlags(const std::vector<std::string>& arguments) {
  Flags flags;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    std::optional<std::string> value;
    if (const size_t equals = name.find('=');
        name.starts_with("--") && equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    if (!name.starts_with('-')) {
      return InvalidArgument(
          StrCat("unexpected argument \"", name, "\"; the bootstrap is given by -c FILE"));
    }
    const FlagRow* const row = FindRow(name);
    if (row == nullptr) return UnknownFlag(name);
    if (row->value.empty() && value.has_value()) {
      return InvalidArgument(StrCat(name, " takes no value"));
    }
    if (!row->value.empty() && !value.has_value()) {
      if (i + 1 == arguments.size())
        return InvalidArgument(StrCat(name, " needs a value: ", row->value));
      value = arguments[++i];
    }
    const absl::Status status = row->apply(flags, value.value_or(""));
    if (!status.ok()) return Annotate(status, name);
    flags.given.emplace_back(row->name.substr(2), value.value_or("true"));
  }
  if (flags.reject_unknown_dynamic_fields && flags.ignore_unknown_dynamic_fields) {
    return InvalidArgument(
        "--reject-unknown-dynamic-fields and --ignore-unknown-dynamic-fields contradict each "
        "other");
  }
  return flags;
}

std::string HelpText() {
  std::string text = "usage: weir -c FILE [flags]\n\n";
  for (const FlagRow& row : Rows()) {
    std::string left = row.short_name.empty() ? row.name : StrCat(row.short_name, ", ", row.name);
    if (!row.value.empty()) StrAppend(left, " ", row.value);
    left.resize(std::max<size_t>(left.size() + 2, 40), ' ');
    StrAppend(text, "  ", left, row.help, "\n");
  }
  return text;
}

std::string VersionText() { return StrCat("weir ", kVersion); }

}  // namespace weir::exe
