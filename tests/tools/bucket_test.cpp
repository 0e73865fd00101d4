// Key-value buckets (ADR-8) and object stores (ADR-20), captured, deleted and brought back, as their clients see them.
#include "support/base64.hpp"
#include "support/server.hpp"
#include "tools/round_trip.hpp"

#include <doctest/doctest.h>
#include <nats/nats.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <openssl/evp.h>

using namespace jetcapture::test;
using nlohmann::json;

namespace {

void check(natsStatus status, const std::string &what) {
  if (status != NATS_OK)
    throw std::runtime_error(what + ": " + natsStatus_GetText(status));
}

// As a client of nats.c sees it.
class Bucket {
public:
  enum class Open { make, existing };
  Bucket(const Server &server, const std::string &name, Open open) : name_(name) {
    check(natsConnection_ConnectTo(&connection_, server.url().c_str()), "connecting");
    check(natsConnection_JetStream(&jetstream_, connection_, nullptr), "JetStream");
    if (open == Open::existing) {
      check(js_KeyValue(&bucket_, jetstream_, name.c_str()), "the bucket " + name);
      return;
    }
    kvConfig config;
    kvConfig_Init(&config);
    config.Bucket = name.c_str();
    config.History = 5;
    check(js_CreateKeyValue(&bucket_, jetstream_, &config), "making the bucket " + name);
  }
  ~Bucket() {
    kvStore_Destroy(bucket_);
    jsCtx_Destroy(jetstream_);
    natsConnection_Destroy(connection_);
  }
  Bucket(const Bucket &) = delete;
  Bucket &operator=(const Bucket &) = delete;

  std::uint64_t put(const std::string &key, const std::string &value) {
    std::uint64_t revision = 0;
    check(kvStore_Put(&revision, bucket_, key.c_str(), value.data(), static_cast<int>(value.size())), "put " + key);
    return revision;
  }
  void create(const std::string &key, const std::string &value) {
    check(kvStore_CreateString(nullptr, bucket_, key.c_str(), value.c_str()), "create " + key);
  }
  void update(const std::string &key, const std::string &value, std::uint64_t last) {
    check(kvStore_UpdateString(nullptr, bucket_, key.c_str(), value.c_str(), last), "update " + key);
  }
  void remove(const std::string &key) { check(kvStore_Delete(bucket_, key.c_str()), "delete " + key); }
  void purge(const std::string &key) { check(kvStore_Purge(bucket_, key.c_str(), nullptr), "purge " + key); }

  // The value; "-": the client finds none.
  std::string get(const std::string &key) {
    kvEntry *entry = nullptr;
    const natsStatus status = kvStore_Get(&entry, bucket_, key.c_str());
    if (status == NATS_NOT_FOUND)
      return "-";
    check(status, "get " + key);
    std::string value = told(entry);
    kvEntry_Destroy(entry);
    return value;
  }
  std::vector<std::string> history(const std::string &key) {
    kvEntryList list;
    const natsStatus status = kvStore_History(&list, bucket_, key.c_str(), nullptr);
    std::vector<std::string> entries;
    if (status == NATS_NOT_FOUND)
      return entries;
    check(status, "history of " + key);
    for (int i = 0; i < list.Count; i++)
      entries.push_back(told(list.Entries[i]));
    kvEntryList_Destroy(&list);
    return entries;
  }
  // What a watcher of all keys is told, to the end of what there is.
  std::vector<std::string> watched() {
    kvWatchOptions options;
    kvWatchOptions_Init(&options);
    options.IncludeHistory = true;
    kvWatcher *watcher = nullptr;
    check(kvStore_WatchAll(&watcher, bucket_, &options), "watching");
    std::vector<std::string> entries;
    for (kvEntry *entry = nullptr; kvWatcher_Next(&entry, watcher, 10'000) == NATS_OK && entry != nullptr;) {
      entries.push_back(told(entry));
      kvEntry_Destroy(entry);
    }
    kvWatcher_Destroy(watcher);
    return entries;
  }
  // By a direct get, which any replica answers.
  std::string direct(const std::string &key) {
    natsMsg *answer = nullptr;
    const std::string subject = "$JS.API.DIRECT.GET.KV_" + name_ + ".$KV." + name_ + "." + key;
    check(natsConnection_RequestString(&answer, connection_, subject.c_str(), "", 10'000), subject);
    std::string text;
    for (const char *header : {"Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp", "KV-Operation"}) {
      const char *value = nullptr;
      natsMsgHeader_Get(answer, header, &value);
      text += std::string(header) + "=" + (value == nullptr ? "" : value) + " ";
    }
    text.append(natsMsg_GetData(answer), static_cast<std::size_t>(natsMsg_GetDataLength(answer)));
    natsMsg_Destroy(answer);
    return text;
  }

private:
  static std::string told(kvEntry *entry) {
    return std::string(kvEntry_Key(entry)) + " " + std::to_string(kvEntry_Operation(entry)) + " " +
           std::to_string(kvEntry_Revision(entry)) + " " + std::to_string(kvEntry_Created(entry)) + " " +
           std::string(static_cast<const char *>(kvEntry_Value(entry)),
                       static_cast<std::size_t>(kvEntry_ValueLen(entry)));
  }

  const std::string name_;
  natsConnection *connection_ = nullptr;
  jsCtx *jetstream_ = nullptr;
  kvStore *bucket_ = nullptr;
};

const std::vector<std::string> keys = {"plain", "long", "deleted", "again", "purged", "purged-again", "a.b.c"};

// Values, history, deletes, purges, and keys that come back after them.
void fill(Bucket &bucket) {
  using namespace std::string_literals;
  bucket.put("plain", "\0\xff binary"s);
  for (int i = 1; i <= 20; i++)
    bucket.put("long", "value " + std::to_string(i));
  bucket.put("deleted", "gone");
  bucket.remove("deleted");
  bucket.create("again", "first");
  bucket.remove("again");
  bucket.create("again", "second");
  for (const std::string key : {"purged", "purged-again"}) {
    bucket.put(key, "one");
    bucket.put(key, "two");
    bucket.purge(key);
  }
  bucket.put("purged-again", "three");
  bucket.update("a.b.c", "new", bucket.put("a.b.c", ""));
}

// All that a client sees of the bucket.
std::vector<std::string> seen(Bucket &bucket) {
  std::vector<std::string> all = bucket.watched();
  for (const std::string &key : keys) {
    all.push_back("get " + bucket.get(key));
    all.push_back("direct " + bucket.direct(key));
    for (const std::string &entry : bucket.history(key))
      all.push_back("history " + entry);
  }
  return all;
}

// What of it does not depend on revisions and times: the value of each key.
std::map<std::string, std::string> values(Bucket &bucket) {
  std::map<std::string, std::string> values;
  for (const std::string &key : keys) {
    const std::string entry = bucket.get(key);
    std::size_t at = 0;
    for (int field = 0; field < 4 && at != std::string::npos; field++)
      at = entry.find(' ', at == 0 ? 0 : at + 1);
    values[key] = at == std::string::npos ? entry : entry.substr(at);
  }
  return values;
}

std::string digest_of(const std::string &bytes) {
  std::string hash(32, '\0');
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char *>(hash.data()), &size, EVP_sha256(), nullptr);
  return "SHA-256=" + to_base64_url(hash);
}

// An object store "files" by its messages: nats.c 3.4 has no client for it.
class ObjectStore {
public:
  explicit ObjectStore(Client &client) : client_(client) {
    client.make_stream("OBJ_files", {"$O.files.C.>", "$O.files.M.>"},
                       {{"allow_rollup_hdrs", true}, {"allow_direct", true}, {"discard", "new"}});
  }
  // In chunks of 128 KiB; what the name had before is purged.
  void put(const std::string &name, const std::string &bytes) {
    constexpr std::size_t chunk = 128u << 10;
    const std::string id = "NUID" + std::to_string(++objects_);
    const std::size_t chunks = (bytes.size() + chunk - 1) / chunk;
    client_.publish(chunks, [&](std::size_t i) {
      return Message{"$O.files.C." + id, bytes.substr((i - 1) * chunk, chunk)};
    });
    tell({{"name", name},
          {"bucket", "files"},
          {"nuid", id},
          {"size", bytes.size()},
          {"chunks", chunks},
          {"digest", digest_of(bytes)},
          {"mtime", "2025-11-24T16:00:00Z"}});
    purge_old(name, id);
  }
  void remove(const std::string &name) {
    tell({{"name", name}, {"bucket", "files"}, {"nuid", ids_.at(name)}, {"size", 0}, {"chunks", 0}, {"deleted", true}});
    purge_old(name, "");
  }

private:
  void tell(const json &object) {
    client_.publish(1, [&](std::size_t) {
      return Message{
          "$O.files.M." + to_base64_url(object.at("name").get<std::string>()), object.dump(), {{"Nats-Rollup", "sub"}}};
    });
  }
  void purge_old(const std::string &name, const std::string &id) {
    if (const std::string old = std::exchange(ids_[name], id); !old.empty())
      client_.api("STREAM.PURGE.OBJ_files", {{"filter", "$O.files.C." + old}});
  }

  Client &client_;
  int objects_ = 0;
  std::map<std::string, std::string> ids_; // of the objects, by their names
};

// The objects that a client finds, each put together of its chunks and compared with its digest.
std::map<std::string, std::string> objects(Client &client) {
  std::map<std::string, json> told;          // the last of each subject
  std::map<std::string, std::string> chunks; // by their subject
  for (const json &message : messages_of(client, "OBJ_files")) {
    const std::string subject = message.at("subject");
    const std::string data = from_base64(message.value("data", ""));
    if (subject.starts_with("$O.files.M."))
      told[subject] = json::parse(data);
    else
      chunks[subject] += data;
  }
  std::map<std::string, std::string> objects;
  for (const auto &[subject, object] : told)
    if (!object.value("deleted", false)) {
      const std::string &bytes = chunks["$O.files.C." + object.at("nuid").get<std::string>()];
      CHECK(digest_of(bytes) == object.at("digest"));
      objects[object.at("name")] = bytes;
    }
  return objects;
}

void fill(ObjectStore &store) {
  std::string large(300'000, '\0');
  for (std::size_t i = 0; i < large.size(); i++)
    large[i] = static_cast<char>(i * 7 % 251);
  store.put("large", large);
  store.put("empty", "");
  store.put("replaced", "old");
  store.put("replaced", "new");
  store.put("removed", "gone");
  store.remove("removed");
}

} // namespace

TEST_CASE("a key-value bucket comes back with its values, history, revisions and times") {
  const Server server;
  Client client(server.url());
  const RoundTrip backup(server, "KV_settings");
  std::vector<std::string> before;
  {
    Bucket bucket(server, "settings", Bucket::Open::make);
    fill(bucket);
    before = seen(bucket);
    CHECK(bucket.history("long").size() == 5);
  }
  backup.capture();
  const json configuration = client.api("STREAM.INFO.KV_settings").at("config");
  client.api("STREAM.DELETE.KV_settings");
  const ToolRun run = backup.restore_exactly();
  CHECK_MESSAGE(run.status == 0, run.err);
  Bucket bucket(server, "settings", Bucket::Open::existing);
  CHECK(seen(bucket) == before);
  CHECK(client.api("STREAM.INFO.KV_settings").at("config") == configuration);
  bucket.put("long", "one more");
  CHECK(bucket.history("long").size() == 5);
}

TEST_CASE(
    "a bucket whose backup has more than its history is a bucket all the same, and has it once that is set back") {
  const Server server;
  Client client(server.url());
  const RoundTrip backup(server, "KV_settings");
  std::vector<std::string> before;
  std::map<std::string, std::string> values_before;
  json configuration;
  {
    Bucket bucket(server, "settings", Bucket::Open::make);
    for (int round = 1; round <= 3; round++) {
      for (int i = 1; i <= 4; i++)
        bucket.put("long", std::to_string(round * 10 + i));
      backup.capture(); // what the bucket has forgotten since
    }
    bucket.put("purged", "secret");
    backup.capture();
    bucket.purge("purged");
    backup.capture();
    before = bucket.history("long");
    configuration = client.api("STREAM.INFO.KV_settings").at("config");
  }
  client.api("STREAM.DELETE.KV_settings");
  const ToolRun run = backup.restore_exactly();
  CHECK_MESSAGE(run.status == 0, run.err);
  CHECK(run.out.find("other than it was: max_msgs_per_subject 5 is 12 instead: it would remove restored messages at "
                     "once\n") != std::string::npos);
  Bucket bucket(server, "settings", Bucket::Open::existing);
  CHECK(bucket.history("long").size() == 12);
  CHECK(bucket.get("purged") == "-");
  CHECK(bucket.history("purged").size() == 2);
  client.api("STREAM.UPDATE.KV_settings", configuration);
  CHECK(bucket.history("long") == before);
}

TEST_CASE("an object store comes back with its objects, their chunks and what tells of them") {
  const Server server;
  Client client(server.url());
  ObjectStore store(client);
  fill(store);
  const RoundTrip backup(server, "OBJ_files");
  backup.capture();
  const std::vector<json> before = messages_of(client, "OBJ_files");
  const std::map<std::string, std::string> objects_before = objects(client);
  CHECK(objects_before.size() == 3);
  client.api("STREAM.DELETE.OBJ_files");
  const ToolRun run = backup.restore_exactly();
  CHECK_MESSAGE(run.status == 0, run.err);
  CHECK(messages_of(client, "OBJ_files") == before);
  CHECK(objects(client) == objects_before);
}

TEST_CASE("a bucket that is restored under another name is told to be none") {
  const Server server;
  Client client(server.url());
  const RoundTrip backup(server, "KV_settings");
  Bucket(server, "settings", Bucket::Open::make).put("plain", "1");
  backup.capture();
  const ToolRun run = backup.restore({"--exact", "--to-stream", "KV_other", "--to-subject", "other"});
  CHECK(run.status == 0);
  CHECK(run.out.find("warning: clients find the bucket by the name KV_settings alone, which the subjects of its "
                     "messages have, too: give --to-stream KV_settings to use it as a bucket\n") == 0);
}

TEST_CASE("buckets and object stores that are published anew have the last value of each key and each object") {
  const Server server;
  Client client(server.url());
  const RoundTrip settings(server, "KV_settings");
  const RoundTrip files(server, "OBJ_files");
  std::map<std::string, std::string> values_before;
  {
    Bucket bucket(server, "settings", Bucket::Open::make);
    fill(bucket);
    values_before = values(bucket);
    ObjectStore store(client);
    fill(store);
  }
  const std::map<std::string, std::string> objects_before = objects(client);
  settings.capture();
  files.capture();
  client.api("STREAM.DELETE.KV_settings");
  client.api("STREAM.DELETE.OBJ_files");
  Bucket bucket(server, "settings", Bucket::Open::make);
  const ObjectStore store(client);
  for (const RoundTrip *backup : {&settings, &files}) {
    const ToolRun run =
        backup->restore({"--publish", "--to-stream", backup == &settings ? "KV_settings" : "OBJ_files"});
    CHECK_MESSAGE(run.status == 0, run.err);
  }
  CHECK(values(bucket) == values_before);
  CHECK(values_before.at("deleted") == "-");
  CHECK(objects(client) == objects_before);
  // Another backup does not go behind them.
  const ToolRun other = settings.restore({"--publish", "--to-stream", "OBJ_files"});
  CHECK(other.status == 2);
}
