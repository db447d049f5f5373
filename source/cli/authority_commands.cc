#include "source/cli/authority_commands.h"

#include <ctime>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/control/ca/authority_directory.h"
#include "source/control/ca/token.h"
#include "source/x509/mac.h"

namespace weir::cli {
namespace {

using control::ca::AuthorityDirectory;
using control::ca::WallTime;

constexpr auto kCertificateLife = std::chrono::hours(24 * 90);
constexpr auto kTokenLife = std::chrono::hours(24);
// Clocks of others may be behind.
constexpr auto kClockSkew = std::chrono::minutes(1);

std::string Day(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts = {};
  gmtime_r(&seconds, &parts);
  char text[32];
  const size_t size = std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return std::string(text, size);
}

class AuthorityCommand {
 public:
  AuthorityCommand(const Arguments& arguments, const Surroundings& surroundings)
      : arguments_(arguments), surroundings_(surroundings) {}

  absl::Status Run();

 private:
  absl::Status Init() const;
  absl::Status Show() const;
  absl::Status Issue() const;
  absl::Status Rotate() const;
  absl::Status CreateToken() const;
  absl::Status ListTokens() const;
  absl::Status RevokeToken() const;
  absl::StatusOr<control::ca::KnownToken> ReadTokenFile() const;

  absl::Status NeedOperands(size_t count, std::string_view what) const;
  const std::string& Operand(size_t index) const { return arguments_.operands[index]; }
  AuthorityDirectory Directory() const { return {*surroundings_.files, Operand(1)}; }
  WallTime Now() const { return surroundings_.clock->System(); }
  absl::Status CheckIdentity(const std::string& path) const;

  const Arguments& arguments_;
  const Surroundings& surroundings_;
};

absl::Status AuthorityCommand::NeedOperands(size_t count, std::string_view what) const {
  if (arguments_.operands.size() == count) return absl::OkStatus();
  return InvalidArgument(StrCat(arguments_.command, " ", Operand(0), " needs ", what));
}

absl::Status AuthorityCommand::Run() {
  if (arguments_.operands.empty()) {
    return InvalidArgument(arguments_.command == "ca" ? "ca takes init, show, issue or rotate"
                                                      : "token takes create, list or revoke");
  }
  const std::string& what = Operand(0);
  if (arguments_.command == "token") {
    if (what == "create") return CreateToken();
    if (what == "list") return ListTokens();
    if (what == "revoke") return RevokeToken();
    return InvalidArgument(StrCat("token takes create, list or revoke, not ", what));
  }
  if (what == "init") return Init();
  if (what == "show") return Show();
  if (what == "issue") return Issue();
  if (what == "rotate") return Rotate();
  return InvalidArgument(StrCat("ca takes init, show, issue or rotate, not ", what));
}

absl::Status AuthorityCommand::CheckIdentity(const std::string& path) const {
  if (control::ca::IsIdentityPath(path)) return absl::OkStatus();
  return InvalidArgument(
      StrCat("\"", path, "\" is no path of an identity, as /demo/frontend and /weir/admin are"));
}

absl::Status AuthorityCommand::Init() const {
  WEIR_RETURN_IF_ERROR(NeedOperands(2, "the directory DIR"));
  if (arguments_.trust_domain.empty()) {
    return InvalidArgument("ca init needs --trust-domain NAME, such as mesh.example");
  }
  WEIR_RETURN_IF_ERROR(surroundings_.make_directory(Operand(1)));
  WEIR_RETURN_IF_ERROR(Directory().Init(arguments_.trust_domain, Now()));
  surroundings_.out(StrCat("an authority for spiffe://", arguments_.trust_domain, " is in ",
                           Operand(1), "; root.key is only needed for ca rotate\n"));
  return absl::OkStatus();
}

absl::Status AuthorityCommand::Show() const {
  WEIR_RETURN_IF_ERROR(NeedOperands(2, "the directory DIR"));
  WEIR_ASSIGN_OR_RETURN(const control::ca::Authority authority, Directory().Load());
  std::string text = StrCat("trust domain  ", authority.trust_domain(), "\n");
  StrAppend(text, "issuer        ", authority.issuer().Subject(), ", until ",
            Day(authority.issuer().NotAfter()), "\n");
  WEIR_ASSIGN_OR_RETURN(const auto trusted, x509::ParseCertificates(authority.bundle_pem()));
  for (const x509::Certificate& root : trusted) {
    StrAppend(text, "trusted       ", root.Subject(), ", until ", Day(root.NotAfter()), "\n");
  }
  WEIR_ASSIGN_OR_RETURN(const AuthorityDirectory::Rotation state, Directory().RotationState());
  if (state == AuthorityDirectory::Rotation::kBegun)
    text += "rotation      begun; switch is next\n";
  if (state == AuthorityDirectory::Rotation::kSwitched) {
    text += "rotation      switched; end is next\n";
  }
  surroundings_.out(text);
  return absl::OkStatus();
}

absl::Status AuthorityCommand::Issue() const {
  WEIR_RETURN_IF_ERROR(NeedOperands(3, "the directory DIR and an IDENTITY"));
  if (arguments_.out.empty()) return InvalidArgument("ca issue needs --out DIR");
  WEIR_RETURN_IF_ERROR(CheckIdentity(Operand(2)));
  WEIR_ASSIGN_OR_RETURN(const control::ca::Authority authority, Directory().Load());
  control::ca::Terms terms;
  terms.path = Operand(2);
  terms.dns_names = arguments_.dns_names;
  terms.not_before = Now() - kClockSkew;
  terms.not_after =
      Now() + (arguments_.valid_for.count() > 0 ? arguments_.valid_for : kCertificateLife);
  WEIR_ASSIGN_OR_RETURN(const control::ca::Issued issued, authority.Issue(terms));
  WEIR_RETURN_IF_ERROR(surroundings_.make_directory(arguments_.out));
  const std::pair<const char*, std::string_view> made[] = {{"key.pem", issued.key_pem.view()},
                                                           {"certificate.pem", issued.chain_pem},
                                                           {"bundle.pem", authority.bundle_pem()}};
  for (const auto& [name, bytes] : made) {
    WEIR_RETURN_IF_ERROR(
        surroundings_.files->WriteAtomically(StrCat(arguments_.out, "/", name), bytes));
  }
  surroundings_.out(StrCat("certificate ", issued.serial, " for ",
                           control::ca::SpiffeUri(authority.trust_domain(), terms.path), ", until ",
                           Day(issued.not_after), ", is in ", arguments_.out, "\n"));
  return absl::OkStatus();
}

absl::Status AuthorityCommand::Rotate() const {
  WEIR_RETURN_IF_ERROR(NeedOperands(3, "the directory DIR, and begin, switch or end"));
  const std::string& step = Operand(2);
  const AuthorityDirectory directory = Directory();
  if (step == "begin") {
    WEIR_RETURN_IF_ERROR(directory.Begin(Now()));
    surroundings_.out("the new root is trusted beside the old one, which still signs\n");
  } else if (step == "switch") {
    WEIR_RETURN_IF_ERROR(directory.Switch());
    surroundings_.out("the new root signs; the old one is still trusted\n");
  } else if (step == "end") {
    WEIR_RETURN_IF_ERROR(directory.End());
    surroundings_.out("the old root is trusted no more\n");
  } else {
    return InvalidArgument(StrCat("ca rotate takes begin, switch or end, not ", step));
  }
  return absl::OkStatus();
}

absl::Status AuthorityCommand::CreateToken() const {
  WEIR_RETURN_IF_ERROR(NeedOperands(3, "the directory DIR and an IDENTITY"));
  WEIR_RETURN_IF_ERROR(CheckIdentity(Operand(2)));
  WEIR_ASSIGN_OR_RETURN(const SecretBytes key, Directory().LoadTokenKey());
  const WallTime end =
      Now() + (arguments_.valid_for.count() > 0 ? arguments_.valid_for : kTokenLife);
  WEIR_ASSIGN_OR_RETURN(control::ca::TokenList tokens, Directory().LoadTokens());
  const std::string token = control::ca::MakeToken(
      Operand(2), end, x509::RandomBytes(control::ca::kNonceBytes), key.view());
  tokens.DropEnded(Now());
  tokens.Add({control::ca::IdOfToken(token), control::ca::EndOfToken(token), Operand(2)});
  WEIR_RETURN_IF_ERROR(Directory().SaveTokens(tokens));
  surroundings_.out(token + "\n");
  return absl::OkStatus();
}

absl::Status AuthorityCommand::ListTokens() const {
  WEIR_RETURN_IF_ERROR(NeedOperands(2, "the directory DIR"));
  WEIR_ASSIGN_OR_RETURN(control::ca::TokenList tokens, Directory().LoadTokens());
  tokens.DropEnded(Now());
  std::string text;
  for (const control::ca::KnownToken& token : tokens.tokens()) {
    StrAppend(text, token.id, "  until ", Day(token.end), "  ", token.path,
              token.revoked ? "  revoked\n" : "\n");
  }
  surroundings_.out(text.empty() ? "no token is in force\n" : text);
  return absl::OkStatus();
}

// One that `tokens` does not know yet was made before there was such a list.
absl::StatusOr<control::ca::KnownToken> AuthorityCommand::ReadTokenFile() const {
  WEIR_ASSIGN_OR_RETURN(const SecretBytes key, Directory().LoadTokenKey());
  WEIR_ASSIGN_OR_RETURN(const std::string text, surroundings_.read(arguments_.token_file));
  const std::string_view token = Split(text, '\n').front();
  absl::StatusOr<std::string> path = control::ca::CheckToken(token, key.view(), Now());
  if (!path.ok()) return Annotate(path.status(), arguments_.token_file);
  return control::ca::KnownToken{control::ca::IdOfToken(token), control::ca::EndOfToken(token),
                                 *std::move(path)};
}

absl::Status AuthorityCommand::RevokeToken() const {
  const bool by_file = !arguments_.token_file.empty();
  WEIR_RETURN_IF_ERROR(
      NeedOperands(by_file ? 2 : 3, "the directory DIR, and an ID or --token-file FILE"));
  WEIR_ASSIGN_OR_RETURN(control::ca::TokenList tokens, Directory().LoadTokens());
  tokens.DropEnded(Now());
  std::string id = by_file ? "" : Operand(2);
  if (by_file) {
    WEIR_ASSIGN_OR_RETURN(control::ca::KnownToken token, ReadTokenFile());
    id = token.id;
    tokens.Add(std::move(token));
  }
  if (!tokens.Revoke(id)) {
    return NotFound(StrCat("no token in force has the id \"", id,
                           "\": weirctl token list shows those that were made; --token-file FILE "
                           "takes the token itself"));
  }
  WEIR_RETURN_IF_ERROR(Directory().SaveTokens(tokens));
  surroundings_.out(StrCat("token ", id, " is revoked\n"));
  return absl::OkStatus();
}

}  // namespace

int RunAuthorityCommand(const Arguments& arguments, const Surroundings& surroundings) {
  const absl::Status status = AuthorityCommand(arguments, surroundings).Run();
  if (status.ok()) return kDone;
  surroundings.error(StrCat("weirctl: ", MessageOf(status), "\n"));
  return absl::IsInvalidArgument(status) ? kUsage : kRefused;
}

}  // namespace weir::cli
