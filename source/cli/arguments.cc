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

  weirctl ca init DIR --trust-domain NAME
                               a new certificate authority in DIR, for weir-control --ca
  weirctl ca show DIR          what signs, what is trusted, until when
  weirctl ca issue DIR IDENTITY --out OUT [--valid-for 90d] [--dns NAME]...
                               certificate.pem, key.pem and bundle.pem in OUT
  weirctl ca rotate DIR begin|switch|end
                               another root: both trusted, the new one signs, the old one is gone
  weirctl token create DIR IDENTITY [--valid-for 24h]
                               prints a token that stands for the identity
  weirctl token list DIR       those in force: id, end and identity
  weirctl token revoke DIR ID|--token-file FILE
                               it counts no more, and streams that began with it end

  --server ADDRESS   of weir-control (127.0.0.1:18000, or the variable WEIR_CONTROL)
  --ca-bundle FILE   the server speaks TLS, with a certificate that leads to one of these
                     (or the variable WEIR_CONTROL_CA_BUNDLE)
  --certificate FILE --key FILE
                     of the identity /weir/admin
  --token-file FILE  a token of it (or the variable WEIR_CONTROL_TOKEN_FILE)
  -o json            for programs
  -m MESSAGE         kept with the revision
  --help, --version

TYPE: listener, route, cluster, endpoint, secret, or a type URL.
Exit: 0 done, 1 refused, 2 usage, 3 server not reached.
)";

namespace {

const std::vector<std::string> kFlags = {
    "--server",     "--output",       "--message",   "--dry-run", "--replace",
    "--help",       "--version",      "--ca-bundle", "--key",     "--certificate",
    "--token-file", "--trust-domain", "--out",       "--dns",     "--valid-for"};
const std::vector<std::string> kCommands = {"push",   "validate", "get",  "delete",
                                            "status", "ca",       "token"};

absl::Status Unknown(std::string_view kind, const std::string& word,
                     const std::vector<std::string>& known) {
  const std::optional<std::string> nearest = Nearest(word, known);
  return InvalidArgument(
      StrCat("unknown ", kind, " ", word,
             nearest ? StrCat("; did you mean ", *nearest, "?") : std::string()));
}

// "90s", "15m", "24h", "90d".
absl::StatusOr<std::chrono::seconds> ParseSpan(const std::string& text) {
  constexpr std::pair<char, int64_t> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  for (const auto& [unit, seconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto count = ParseUint64(std::string_view(text).substr(0, text.size() - 1));
    if (count && *count > 0 && *count <= 1'000'000) {
      return std::chrono::seconds(static_cast<int64_t>(*count) * seconds);
    }
  }
  return InvalidArgument(StrCat("--valid-for is a span as 90s, 15m, 24h or 90d, not ", text));
}

// Where the value of a flag that is just text goes; null for others.
std::string* PlaceOf(const std::string& name, Arguments& arguments) {
  if (name == "--server") return &arguments.server;
  if (name == "--message") return &arguments.message;
  if (name == "--ca-bundle") return &arguments.trusted;
  if (name == "--certificate") return &arguments.certificate;
  if (name == "--key") return &arguments.key;
  if (name == "--token-file") return &arguments.token_file;
  if (name == "--trust-domain") return &arguments.trust_domain;
  if (name == "--out") return &arguments.out;
  return nullptr;
}

// `name` is a flag with a value.
absl::Status SetValue(const std::string& name, const std::string& value, Arguments& arguments) {
  if (std::string* const place = PlaceOf(name, arguments); place != nullptr) {
    *place = value;
  } else if (name == "--dns") {
    arguments.dns_names.push_back(value);
  } else if (name == "--valid-for") {
    WEIR_ASSIGN_OR_RETURN(arguments.valid_for, ParseSpan(value));
  } else if (name == "--output") {
    if (value != "json" && value != "text") {
      return InvalidArgument(StrCat("output is text or json, not ", value));
    }
    arguments.json = value == "json";
  }
  return absl::OkStatus();
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
  if (arguments.certificate.empty() != arguments.key.empty()) {
    return InvalidArgument("--certificate and --key belong together");
  }
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
    if (std::find(kFlags.begin(), kFlags.end(), name) == kFlags.end()) {
      return Unknown("flag", name, kFlags);
    }
    if (!has_value) return InvalidArgument(StrCat(name, " needs a value"));
    WEIR_RETURN_IF_ERROR(SetValue(name, value, arguments));
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
