#include "source/cli/arguments.h"

#include <algorithm>

#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::cli {

const char kUsageText[] = R"(weirctl: the command line of weir-control

  weirctl push FILE... [-m MESSAGE] [--dry-run] [--replace]
                               check the resources in the files and put them in force; with --replace
                               what was pushed earlier and is not in the files is removed
  weirctl validate FILE...     check the files; needs no server
  weirctl get [TYPE [NAME]]    the resources in force
  weirctl delete TYPE NAME [-m MESSAGE] [--dry-run]
  weirctl status               the revision in force, and what each node has applied and rejected

  --server ADDRESS   of weir-control (127.0.0.1:18000, or the variable WEIR_CONTROL)
  -o json            for programs
  -m MESSAGE         kept with the revision
  --help, --version

TYPE: listener, route, cluster, endpoint, secret, or a type URL.
Exit: 0 done, 1 refused, 2 usage, 3 server not reached.
)";

namespace {

const std::vector<std::string> kFlags = {"--server",  "--output", "--message", "--dry-run",
                                         "--replace", "--help",   "--version"};
const std::vector<std::string> kCommands = {"push", "validate", "get", "delete", "status"};

absl::Status Unknown(std::string_view kind, const std::string& word,
                     const std::vector<std::string>& known) {
  const std::optional<std::string> nearest = Nearest(word, known);
  return InvalidArgument(
      StrCat("unknown ", kind, " ", word,
             nearest ? StrCat("; did you mean ", *nearest, "?") : std::string()));
}

// True when `name` was a flag with a value, which is set.
absl::StatusOr<bool> SetValue(const std::string& name, const std::string& value,
                              Arguments& arguments) {
  if (name == "--server") {
    arguments.server = value;
  } else if (name == "--message") {
    arguments.message = value;
  } else if (name == "--output") {
    if (value != "json" && value != "text") {
      return InvalidArgument(StrCat("output is text or json, not ", value));
    }
    arguments.json = value == "json";
  } else {
    return false;
  }
  return true;
}

bool SetSwitch(const std::string& name, Arguments& arguments) {
  if (name == "--dry-run") return arguments.dry_run = true;
  if (name == "--replace") return arguments.replace = true;
  if (name == "--help") return arguments.help = true;
  if (name == "--version") return arguments.version = true;
  return false;
}

absl::Status CheckOperands(const Arguments& arguments) {
  const size_t count = arguments.operands.size();
  if ((arguments.command == "push" || arguments.command == "validate") && count == 0) {
    return InvalidArgument(StrCat(arguments.command, " needs a FILE"));
  }
  if (arguments.command == "delete" && count != 2)
    return InvalidArgument("delete needs TYPE and NAME");
  if (arguments.command == "get" && count > 2) return InvalidArgument("get takes TYPE and NAME");
  if (arguments.command == "status" && count > 0) return InvalidArgument("status takes no operand");
  return absl::OkStatus();
}

std::string LongNameOf(const std::string& word) {
  if (word == "-m") return "--message";
  if (word == "-o") return "--output";
  if (word == "-h") return "--help";
  return word;
}

}  // namespace

absl::StatusOr<Arguments> ParseArguments(
    const std::vector<std::string>& words,
    const std::optional<std::string>& server_from_environment) {
  Arguments arguments;
  if (server_from_environment) arguments.server = *server_from_environment;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string word = LongNameOf(words[i]);
    if (!word.starts_with('-') || word == "-") {
      if (arguments.command.empty()) {
        arguments.command = word;
      } else {
        arguments.operands.push_back(word);
      }
      continue;
    }
    if (SetSwitch(word, arguments)) continue;
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const bool has_value = equals != std::string::npos || i + 1 < words.size();
    const std::string value = equals != std::string::npos ? word.substr(equals + 1)
                              : has_value                 ? words[i + 1]
                                                          : std::string();
    WEIR_ASSIGN_OR_RETURN(const bool known, SetValue(name, has_value ? value : "text", arguments));
    if (!known) return Unknown("flag", name, kFlags);
    if (!has_value) return InvalidArgument(StrCat(name, " needs a value"));
    if (equals == std::string::npos) ++i;
  }
  if (arguments.help || arguments.version) return arguments;
  if (arguments.command.empty()) return InvalidArgument("a command is needed; see weirctl --help");
  if (std::find(kCommands.begin(), kCommands.end(), arguments.command) == kCommands.end()) {
    return Unknown("command", arguments.command, kCommands);
  }
  WEIR_RETURN_IF_ERROR(CheckOperands(arguments));
  return arguments;
}

}  // namespace weir::cli
