#include "source/cli/cli.h"

#include <grpcpp/grpcpp.h>

#include <memory>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/cli/authority_commands.h"
#include "source/cli/report.h"
#include "source/control/ca/workload_identities.h"
#include "source/control/validation/diagnostic_proto.h"
#include "source/schema/resource_type.h"
#include "weir/control/v1/control.grpc.pb.h"

namespace weir::cli {
namespace {

namespace v1 = ::weir::control::v1;
namespace validation = ::weir::control::validation;

// A server with an authority gives each node these; whether the one meant has one is not known.
std::vector<validation::Given> GivenByAuthorities() {
  std::vector<validation::Given> given;
  for (const std::string_view name : control::ca::kGivenNames) {
    given.push_back({control::engine::kSecretType, name});
  }
  return given;
}

// In clear text unless the arguments say whom to trust. A token becomes metadata of the call.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(
    const Arguments& arguments, const Surroundings& surroundings, grpc::ClientContext& context) {
  const std::string trusted =
      arguments.trusted.empty() ? surroundings.trusted.value_or("") : arguments.trusted;
  const std::string token_file =
      arguments.token_file.empty() ? surroundings.token_file.value_or("") : arguments.token_file;
  if (trusted.empty()) {
    if (!arguments.certificate.empty() || !arguments.token_file.empty()) {
      return InvalidArgument(
          "a certificate or token is not shown to a server that is not known: --ca-bundle is "
          "needed");
    }
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions options;
  WEIR_ASSIGN_OR_RETURN(options.pem_root_certs, surroundings.read(trusted));
  if (!arguments.certificate.empty()) {
    WEIR_ASSIGN_OR_RETURN(options.pem_cert_chain, surroundings.read(arguments.certificate));
    WEIR_ASSIGN_OR_RETURN(options.pem_private_key, surroundings.read(arguments.key));
  }
  if (!token_file.empty()) {
    WEIR_ASSIGN_OR_RETURN(const std::string token, surroundings.read(token_file));
    context.AddMetadata("authorization", StrCat("Bearer ", Split(token, '\n').front()));
  }
  return grpc::SslCredentials(options);
}

class Command {
 public:
  Command(const Arguments& arguments, const Surroundings& surroundings)
      : arguments_(arguments), surroundings_(surroundings) {}

  int Push();
  int Validate();
  int Get();
  int Delete();
  int Status();

 private:
  using Service = v1::ConfigService::Stub;

  template <typename Repeated>
  bool ReadFiles(Repeated& files) const {
    for (const std::string& path : arguments_.operands) {
      absl::StatusOr<std::string> text = surroundings_.read(path);
      if (!text.ok()) {
        surroundings_.error(StrCat("weirctl: ", MessageOf(text.status()), "\n"));
        return false;
      }
      v1::File& file = *files.Add();
      file.set_path(path);
      file.set_text(*std::move(text));
    }
    return true;
  }

  template <typename Request, typename Response>
  bool Call(grpc::Status (Service::*method)(grpc::ClientContext*, const Request&, Response*),
            const Request& request, Response& response) const {
    grpc::ChannelArguments options;
    options.SetMaxReceiveMessageSize(-1);
    options.SetMaxSendMessageSize(-1);
    grpc::ClientContext context;
    const auto credentials = MakeCredentials(arguments_, surroundings_, context);
    if (!credentials.ok()) {
      surroundings_.error(StrCat("weirctl: ", MessageOf(credentials.status()), "\n"));
      return false;
    }
    const auto channel = grpc::CreateCustomChannel(arguments_.server, *credentials, options);
    const auto service = v1::ConfigService::NewStub(channel);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    const grpc::Status status = (service.get()->*method)(&context, request, &response);
    if (status.ok()) return true;
    surroundings_.error(
        StrCat("weirctl: server ", arguments_.server, ": ", status.error_message(), "\n"));
    return false;
  }

  // True when the answer was printed for programs.
  bool PrintedAsJson(const google::protobuf::Message& response) const {
    if (!arguments_.json) return false;
    surroundings_.out(Json(response));
    return true;
  }

  template <typename Response>
  int ShowChange(const Response& response) const;

  const Arguments& arguments_;
  const Surroundings& surroundings_;
};

bool HasErrors(const google::protobuf::RepeatedPtrField<v1::Diagnostic>& diagnostics) {
  for (const v1::Diagnostic& one : diagnostics) {
    if (one.severity() == v1::Diagnostic::ERROR) return true;
  }
  return false;
}

template <typename Response>
int Command::ShowChange(const Response& response) const {
  const bool refused = HasErrors(response.diagnostics());
  const int code = refused ? kRefused : kDone;
  if (PrintedAsJson(response)) return code;
  surroundings_.error(Shown(response.diagnostics()));
  if (refused) {
    surroundings_.error(StrCat("refused; revision r", response.revision(), " stays in force\n"));
    return code;
  }
  surroundings_.out(Shown(response.changes()));
  const std::string changes = Counted(static_cast<size_t>(response.changes_size()), "change");
  if (arguments_.dry_run) {
    surroundings_.out(StrCat(changes, "; dry run, nothing was done\n"));
  } else {
    surroundings_.out(StrCat("r", response.revision(), " in force, ", changes, "\n"));
  }
  return code;
}

int Command::Push() {
  v1::PushRequest request;
  if (!ReadFiles(*request.mutable_files())) return kUsage;
  request.set_dry_run(arguments_.dry_run);
  request.set_replace(arguments_.replace);
  request.set_message(arguments_.message);
  request.set_author(surroundings_.author);
  v1::PushResponse response;
  if (!Call(&Service::Push, request, response)) return kUnreachable;
  return ShowChange(response);
}

int Command::Validate() {
  google::protobuf::RepeatedPtrField<v1::File> files;
  if (!ReadFiles(files)) return kUsage;
  schema::Diagnostics diagnostics;
  std::vector<control::engine::ResourcePtr> resources;
  for (const v1::File& file : files) {
    for (auto& one :
         validation::ReadFile(file.path(), file.text(), surroundings_.validator, diagnostics)) {
      resources.push_back(std::move(one));
    }
  }
  const size_t count = resources.size();
  const auto snapshot = control::engine::Snapshot::Build("", std::move(resources), nullptr);
  if (!snapshot.ok()) {
    diagnostics.Error("", std::string(MessageOf(snapshot.status())));
  } else if (!diagnostics.has_errors()) {
    // References to what is itself refused would be noise.
    validation::CheckSet(**snapshot, GivenByAuthorities(), diagnostics);
  }
  v1::ValidateResponse response;
  response.set_valid(!diagnostics.has_errors());
  validation::AddAll(std::move(diagnostics), *response.mutable_diagnostics());
  const int code = response.valid() ? kDone : kRefused;
  if (PrintedAsJson(response)) return code;
  surroundings_.error(Shown(response.diagnostics()));
  if (response.valid()) surroundings_.out(StrCat(Counted(count, "resource"), ", valid\n"));
  return code;
}

int Command::Get() {
  v1::GetRequest request;
  if (!arguments_.operands.empty()) {
    const auto type_url = schema::TypeUrlFromText(arguments_.operands[0]);
    if (!type_url) {
      surroundings_.error(
          StrCat("weirctl: \"", arguments_.operands[0], "\" is no type of resource\n"));
      return kUsage;
    }
    request.set_type(*type_url);
  }
  if (arguments_.operands.size() > 1) request.set_name(arguments_.operands[1]);
  v1::GetResponse response;
  if (!Call(&Service::Get, request, response)) return kUnreachable;
  const bool missing = !request.name().empty() && response.resources().empty();
  if (PrintedAsJson(response)) return missing ? kRefused : kDone;
  if (missing) {
    surroundings_.error(
        StrCat("there is no ", arguments_.operands[0], " \"", request.name(), "\"\n"));
    return kRefused;
  }
  // One by name: all of it.
  surroundings_.out(request.name().empty() ? Shown(response) : response.resources(0).json() + "\n");
  return kDone;
}

int Command::Delete() {
  v1::DeleteRequest request;
  request.add_resources()->set_type(arguments_.operands[0]);
  request.mutable_resources(0)->set_name(arguments_.operands[1]);
  request.set_dry_run(arguments_.dry_run);
  request.set_message(arguments_.message);
  request.set_author(surroundings_.author);
  v1::DeleteResponse response;
  if (!Call(&Service::Delete, request, response)) return kUnreachable;
  return ShowChange(response);
}

int Command::Status() {
  v1::StatusResponse response;
  if (!Call(&Service::Status, v1::StatusRequest(), response)) return kUnreachable;
  if (!PrintedAsJson(response)) surroundings_.out(Shown(response));
  return kDone;
}

}  // namespace

int Run(const std::vector<std::string>& words, const Surroundings& surroundings) {
  const absl::StatusOr<Arguments> arguments = ParseArguments(words, surroundings.server);
  if (!arguments.ok()) {
    surroundings.error(StrCat("weirctl: ", MessageOf(arguments.status()), "\n"));
    return kUsage;
  }
  if (arguments->help || arguments->version) {
    surroundings.out(arguments->help ? std::string(kUsageText)
                                     : StrCat("weirctl ", surroundings.version, "\n"));
    return kDone;
  }
  if (arguments->command == "ca" || arguments->command == "token") {
    return RunAuthorityCommand(*arguments, surroundings);
  }
  Command command(*arguments, surroundings);
  if (arguments->command == "push") return command.Push();
  if (arguments->command == "validate") return command.Validate();
  if (arguments->command == "get") return command.Get();
  if (arguments->command == "delete") return command.Delete();
  return command.Status();
}

}  // namespace weir::cli
