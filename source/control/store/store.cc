#include "source/control/store/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/control/store/statement.h"

namespace weir::control::store {
namespace {

constexpr uint64_t kSchemaVersion = 2;

// A resource row lives from `since` until `until` (exclusive); `until` is 0 while it is in force.
// Texts are kept once. Rows of the directory are there to know what was in force.
constexpr const char* kSchema = R"sql(
CREATE TABLE revisions (
  number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, author TEXT NOT NULL, message TEXT NOT NULL,
  origin TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE texts (hash TEXT PRIMARY KEY, text BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE resources (
  type_url TEXT NOT NULL, name TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
  bytes BLOB NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, column INTEGER NOT NULL, text_hash TEXT NOT NULL,
  in_directory INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (type_url, name, since)) WITHOUT ROWID;
CREATE INDEX resources_in_force ON resources (until);
PRAGMA user_version = 2;
)sql";

// Of a file of schema version 1.
constexpr const char* kUpgrade = R"sql(
ALTER TABLE resources ADD COLUMN in_directory INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 2;
)sql";

constexpr std::string_view kSelect =
    "SELECT r.type_url, r.name, r.bytes, r.file, r.line, r.column, t.text, r.since, v.time_ns, "
    "r.in_directory "
    "FROM resources r LEFT JOIN texts t ON t.hash = r.text_hash "
    "LEFT JOIN revisions v ON v.number = r.since ";

WallTime FromNanoseconds(int64_t value) { return WallTime(std::chrono::nanoseconds(value)); }

absl::StatusOr<std::vector<StoredResource>> ReadAll(Statement& statement) {
  std::vector<StoredResource> all;
  while (statement.Row()) {
    StoredResource resource;
    resource.type_url = statement.Text(0);
    resource.name = statement.Text(1);
    resource.bytes = statement.Text(2);
    resource.source = {statement.Text(3), static_cast<int>(statement.Number(4)),
                       static_cast<int>(statement.Number(5))};
    resource.text = statement.Text(6);
    resource.revision = static_cast<uint64_t>(statement.Number(7));
    resource.changed_at = FromNanoseconds(statement.Number(8));
    resource.in_directory = statement.Number(9) != 0;
    all.push_back(std::move(resource));
  }
  WEIR_RETURN_IF_ERROR(statement.status());
  return all;
}

// Secrets are kept in it: nobody but its owner reads the file. What SQLite makes beside it gets the
// same mode.
absl::Status MakePrivate(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool done = fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (done) return absl::OkStatus();
  return Unavailable(StrCat("store ", path, ": ", MessageOf(FromErrno(error, "opening it"))));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path) {
  if (!path.empty()) WEIR_RETURN_IF_ERROR(MakePrivate(path));
  sqlite3* database = nullptr;
  const int result = sqlite3_open_v2(path.empty() ? ":memory:" : path.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  std::unique_ptr<Store> store(new Store(database));
  if (result != SQLITE_OK) {
    return Unavailable(StrCat("store ", path, ": ", sqlite3_errmsg(database)));
  }
  if (absl::Status status = store->Prepare(); !status.ok()) {
    return Annotate(status, StrCat("store ", path));
  }
  return store;
}

Store::~Store() { sqlite3_close_v2(database_); }

absl::Status Store::Execute(const char* sql) const {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return absl::OkStatus();
  return Internal(sqlite3_errmsg(database_));
}

// The first column of the first row, or what went wrong.
std::string Store::Ask(std::string_view sql) const {
  Statement statement(database_, sql);
  return statement.Row() ? statement.Text(0) : sqlite3_errmsg(database_);
}

absl::Status Store::Prepare() {
  WEIR_RETURN_IF_ERROR(
      Execute("PRAGMA busy_timeout = 2000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"));
  const std::string verdict = Ask("PRAGMA quick_check(1)");
  if (verdict != "ok") {
    return Internal(StrCat("the file is damaged or no store: ", verdict));
  }
  WEIR_RETURN_IF_ERROR(Execute("PRAGMA journal_mode = WAL;"));
  const std::optional<uint64_t> found = ParseUint64(Ask("PRAGMA user_version"));
  if (!found) return Internal("the schema version cannot be read");
  if (*found > kSchemaVersion) {
    return absl::FailedPreconditionError(
        StrCat("has schema version ", *found, ", and this program knows up to ", kSchemaVersion));
  }
  if (*found == kSchemaVersion) return absl::OkStatus();
  WEIR_RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
  absl::Status status = Execute(*found == 0 ? kSchema : kUpgrade);
  if (status.ok()) status = Execute("COMMIT");
  if (!status.ok()) (void)Execute("ROLLBACK");
  return status;
}

absl::StatusOr<uint64_t> Store::Commit(uint64_t expected, const Revision& about,
                                       const std::vector<StoredResource>& put,
                                       const std::vector<ResourceName>& remove) {
  WEIR_RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
  const absl::StatusOr<Revision> newest = Newest();
  absl::Status status = newest.status();
  if (status.ok() && newest->number != expected) {
    status = absl::AbortedError(
        StrCat("revision ", newest->number, " is in force, not ", expected, " as expected"));
  }
  const uint64_t number = expected + 1;
  if (status.ok()) status = Write(number, about, put, remove);
  if (status.ok()) status = Execute("COMMIT");
  if (status.ok()) return number;
  (void)Execute("ROLLBACK");
  return status;
}

absl::Status Store::Write(uint64_t number, const Revision& about,
                          const std::vector<StoredResource>& put,
                          const std::vector<ResourceName>& remove) {
  Statement revision(database_,
                     "INSERT INTO revisions (number, time_ns, author, message, origin, digest) "
                     "VALUES (?, ?, ?, ?, ?, ?)");
  revision.Bind(static_cast<int64_t>(number))
      .Bind(int64_t{about.time.time_since_epoch().count()})
      .Bind(about.author)
      .Bind(about.message)
      .Bind(about.origin)
      .Bind(about.digest);
  WEIR_RETURN_IF_ERROR(revision.Run());
  for (const ResourceName& name : remove) {
    WEIR_RETURN_IF_ERROR(Remove(number, name.type_url, name.name));
  }
  for (const StoredResource& resource : put) WEIR_RETURN_IF_ERROR(Put(number, resource));
  return absl::OkStatus();
}

absl::Status Store::Remove(uint64_t number, const std::string& type_url, const std::string& name) {
  Statement statement(
      database_, "UPDATE resources SET until = ? WHERE type_url = ? AND name = ? AND until = 0");
  return statement.Bind(static_cast<int64_t>(number)).Bind(type_url).Bind(name).Run();
}

absl::Status Store::Put(uint64_t number, const StoredResource& resource) {
  WEIR_RETURN_IF_ERROR(Remove(number, resource.type_url, resource.name));
  std::string hash;
  if (!resource.text.empty()) {
    hash = engine::HashOf(resource.text).Hex();
    Statement text(database_, "INSERT OR IGNORE INTO texts (hash, text) VALUES (?, ?)");
    WEIR_RETURN_IF_ERROR(text.Bind(hash).BindBlob(resource.text).Run());
  }
  Statement statement(
      database_,
      "INSERT INTO resources (type_url, name, since, until, bytes, file, line, column, text_hash, "
      "in_directory) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?)");
  statement.Bind(resource.type_url)
      .Bind(resource.name)
      .Bind(static_cast<int64_t>(number))
      .BindBlob(resource.bytes)
      .Bind(resource.source.file)
      .Bind(int64_t{resource.source.line})
      .Bind(int64_t{resource.source.column})
      .Bind(hash)
      .Bind(int64_t{resource.in_directory});
  return statement.Run();
}

absl::StatusOr<std::vector<StoredResource>> Store::Load() const {
  Statement statement(database_, StrCat(kSelect, "WHERE r.until = 0 ORDER BY r.type_url, r.name"));
  return ReadAll(statement);
}

absl::StatusOr<std::vector<StoredResource>> Store::LoadAt(uint64_t revision,
                                                          std::string_view type_url) const {
  Statement statement(database_, StrCat(kSelect,
                                        "WHERE r.since <= ?1 AND (r.until = 0 OR r.until > ?1) "
                                        "AND (?2 = '' OR r.type_url = ?2) "
                                        "ORDER BY r.type_url, r.name"));
  statement.Bind(static_cast<int64_t>(revision)).Bind(type_url);
  return ReadAll(statement);
}

absl::StatusOr<std::vector<uint64_t>> Store::RevisionsOf(std::string_view type_url,
                                                         size_t limit) const {
  Statement statement(database_,
                      "SELECT since FROM resources WHERE type_url = ?1 "
                      "UNION SELECT until FROM resources WHERE type_url = ?1 AND until > 0 "
                      "ORDER BY 1 DESC LIMIT ?2");
  statement.Bind(type_url).Bind(static_cast<int64_t>(limit));
  std::vector<uint64_t> numbers;
  while (statement.Row()) numbers.push_back(static_cast<uint64_t>(statement.Number(0)));
  WEIR_RETURN_IF_ERROR(statement.status());
  return numbers;
}

absl::StatusOr<std::vector<Revision>> Store::Revisions(size_t limit) const {
  Statement statement(database_,
                      "SELECT number, time_ns, author, message, origin, digest FROM revisions "
                      "ORDER BY number DESC LIMIT ?");
  statement.Bind(static_cast<int64_t>(limit));
  std::vector<Revision> all;
  while (statement.Row()) {
    all.push_back({static_cast<uint64_t>(statement.Number(0)), FromNanoseconds(statement.Number(1)),
                   statement.Text(2), statement.Text(3), statement.Text(4), statement.Text(5)});
  }
  WEIR_RETURN_IF_ERROR(statement.status());
  return all;
}

absl::StatusOr<Revision> Store::Newest() const {
  WEIR_ASSIGN_OR_RETURN(std::vector<Revision> newest, Revisions(1));
  return newest.empty() ? Revision() : newest.front();
}

}  // namespace weir::control::store
