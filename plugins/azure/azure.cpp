// Store "azure": blocks as block blobs of a container. Options and results: README.md.
#include "azure/blocks.hpp"
#include "azure/connection_string.hpp"
#include "azure/container.hpp"
#include "azure/listing.hpp"
#include "http/content_encoding.hpp"
#include "http/object_key.hpp"
#include "http/variables.hpp"
#include "jetcapture/plugin.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t longest_key = 1024;
constexpr auto start_time = std::chrono::seconds(30);
constexpr const char *tiers[] = {"Hot", "Cool", "Cold", "Archive", nullptr};

struct Target {
  AzurePlace place;
  AzureCredentials credentials;
};

// What the options leave open comes from the connection string, as far as it is that of the account.
Target target_of(const Options &given) {
  std::string account = given.text("account");
  std::string url = given.text("url");
  const bool names_no_account = account.empty() && url.empty();
  // A file that a secret was read from may have ended its line as Windows does.
  const auto secret = [&](const char *name) { return std::string(trimmed(given.text(name))); };
  AzureCredentials credentials{secret("account-key"), secret("sas"), given.text("tenant-id"), given.text("client-id"),
                               secret("client-secret")};
  ConnectionString connection;
  if (names_no_account || credentials.are_none())
    connection = ConnectionString::of(variable("AZURE_STORAGE_CONNECTION_STRING"));
  if (names_no_account) {
    account = connection.account.empty() ? variable("AZURE_STORAGE_ACCOUNT") : connection.account;
    url = connection.url;
  }
  const AzurePlace place(account, given.text("container"), url);
  if (credentials.are_none() && connection.account == place.account()) {
    credentials.account_key = connection.account_key;
    credentials.sas = connection.account_key.empty() ? connection.sas : "";
  }
  return {place, credentials};
}

BlockSettings blocks_of(const Options &given) {
  const std::uint64_t size = given.bytes("block-size");
  const std::int64_t parallel = given.integer("parallel-blocks");
  if (size < (64 << 10) || size > largest_block)
    throw Misconfigured("the value of block-size is outside of what is useful; write a size from 64KiB to 4000MiB");
  if (parallel < 1 || parallel > 64)
    throw Misconfigured("the value of parallel-blocks, " + std::to_string(parallel) + ", is outside of 1 to 64");
  return {size, static_cast<unsigned>(parallel), {given.text("access-tier"), says_content_encoding(given)}};
}

} // namespace

class AzureStore {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary =
      "Block blobs of an Azure container, each whole and with a hash that the service verified";
  static constexpr std::uint32_t flags = JETCAPTURE_STORE_CREATES;
  static constexpr jetcapture_option options[] = {
      text_option("account", nullptr,
                  "Storage account; without it that of url, of AZURE_STORAGE_CONNECTION_STRING, or "
                  "AZURE_STORAGE_ACCOUNT."),
      text_option("container", nullptr, "Container; url may name it instead."),
      text_option("url", nullptr,
                  "URL of the account or the container, such as https://NAME.blob.core.windows.net or "
                  "http://127.0.0.1:10000/NAME."),
      text_option("prefix", nullptr, "What all names begin with, such as backup/orders; a slash is put behind it."),
      flag_option("create-container", "false", "Make the container where it is missing."),
      text_option("account-key", nullptr,
                  "Key of the account; without any credentials that of AZURE_STORAGE_CONNECTION_STRING, or "
                  "AZURE_STORAGE_KEY.",
                  JETCAPTURE_OPTION_SECRET),
      text_option("sas", nullptr, "Shared access signature; without any credentials AZURE_STORAGE_SAS_TOKEN.",
                  JETCAPTURE_OPTION_SECRET),
      text_option("tenant-id", nullptr, "Tenant of Entra; without it AZURE_TENANT_ID."),
      text_option("client-id", nullptr, "Application or user-assigned identity; without it AZURE_CLIENT_ID."),
      text_option("client-secret", nullptr,
                  "Secret of the application; without it AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE, or the "
                  "managed identity.",
                  JETCAPTURE_OPTION_SECRET),
      size_option("block-size", "100MiB", "Blobs above it go up in blocks of this size."),
      integer_option("parallel-blocks", "4", "Blocks of a blob that go up at the same time."),
      duration_option("stall-timeout", "30s",
                      "A request on which nothing moves for so long is given up and made again."),
      choice_option("access-tier", tiers, nullptr, "Access tier; without it the account's."),
      content_encoding_option()};

  explicit AzureStore(const Options &given) : AzureStore(given, target_of(given)) {}

  AzureStore(const Options &given, const Target &target)
      : host_(given.host()), prefix_(checked_prefix(given.text("prefix"))), blocks_(blocks_of(given)),
        container_(target.place, target.credentials, persistence_of(given), host_) {
    check(given.flag("create-container"), given.check_only());
  }

  void put(const Object &object, jetcapture_result &result) {
    const std::string key = key_of(object.name());
    const TimeLimit time_limit{host_, object.raw().deadline};
    time_limit.check();
    const auto upload = [&] { put_blob(container_, key, object, blocks_, time_limit); };
    const auto look = [&] { return status_of(container_, key, time_limit); };
    if (object.create_only())
      create_unless_there(key, upload, is_taken_in_azure, look);
    else
      put_unless_there(object, upload, look);
    if (result.set_location != nullptr)
      result.set_location(&result, text(container_.place().url(key)));
  }

  void stat(std::string_view name, jetcapture_object_status &status) {
    status.exists = 0;
    if (const auto found = status_of(container_, key_of(name), {host_}))
      found->fill(status);
  }

  void get(std::string_view name, std::uint64_t offset, std::uint64_t count, const jetcapture_visitor &visitor) {
    const std::string key = key_of(name);
    const auto found = status_of(container_, key, {host_});
    if (!found)
      throw NotFound("there is no blob " + key + " in the container " + container_.place().container());
    const Range range = range_of(found->bytes, offset, count);
    container_.get({"get " + key, right_to_read, "GET", key}, range.begin, range.end,
                   [&](std::string_view bytes) { hand_on(visitor.bytes(&visitor, text(bytes))); }, {host_});
  }

  void list(std::string_view prefix, std::string_view after, std::uint64_t limit, const jetcapture_visitor &visitor) {
    Page page(prefix_, after, limit, visitor);
    list_blobs(container_, key_prefix(prefix_, prefix), {host_}, page);
  }

  void remove(std::string_view name) {
    const std::string key = key_of(name);
    container_.ask({"remove " + key, right_to_remove, "DELETE", key}, {host_},
                   [](const Answer &answer, const std::string &code) {
                     return answer.status == 404 && code != "ContainerNotFound";
                   });
  }

private:
  std::string key_of(std::string_view name) const {
    std::string key = object_key(prefix_, name, longest_key);
    if (key.find('\\') != std::string::npos)
      throw Misconfigured("the blob name \"" + key +
                          "\" is refused: Azure makes a slash of its backslash; change the path template or prefix");
    return key;
  }

  // Shows at the start that container and credentials are right. A signature may allow to write and not to look: then
  // it goes on.
  void check(bool create, bool check_only) {
    const TimeLimit time_limit = TimeLimit{host_}.at_most(start_time);
    const std::string &name = container_.place().container();
    if (create && !check_only)
      container_.ask({"make the container " + name, right_to_write, "PUT", "", {{"restype", "container"}}}, time_limit,
                     [](const Answer &, const std::string &code) { return code == "ContainerAlreadyExists"; });
    try {
      container_.ask({"look at the container " + name, right_to_list, "GET", "", {{"restype", "container"}}},
                     time_limit);
    } catch (const Refusal &refusal) {
      if (create && check_only && refusal.code() == "ContainerNotFound")
        return; // it would be made
      if (!lacks_right(refusal.code()))
        throw;
      host_.warn("the container can't be checked before the first block: " + std::string(refusal.what()));
    }
  }

  const Host host_;
  const std::string prefix_;
  const BlockSettings blocks_;
  Container container_;
};

} // namespace jetcapture::plugins

JETCAPTURE_CPP_STORE(azure, jetcapture::plugins::AzureStore);
