// Where the hosts of a test store, whichever store that is: a folder, or a service of the test's own.
#pragma once

#include "services/azure_on.hpp"
#include "services/s3_on.hpp"
#include "support/folder.hpp"
#include "support/services.hpp"

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace jetcapture::test {

class StorePlace {
public:
  // "file", "s3" or "azure"; what it needs has to be installed.
  explicit StorePlace(const std::string &store) : store_(store) {
    if (store == "s3") {
      s3_.emplace("us-east-1", "versitygw-current");
    } else if (store == "azure") {
      azure_.emplace();
      reader_ = std::make_unique<TestStore>(azure_on(azure_->url()), "azure");
    } else if (store != "file") {
      throw std::runtime_error("there is no store " + store);
    }
  }

  const std::string &store() const { return store_; }
  // Where the service answers.
  std::string url() const { return s3_ ? s3_->url() : azure_ ? azure_->url() : ""; }
  // The flags of whoever uses it. url: of a proxy in front of the service; empty: there is none.
  std::vector<std::string> flags(const std::string &url = "") const {
    const std::string at = url.empty() ? this->url() : url;
    std::vector<std::string> flags;
    for (const std::string &option :
         s3_      ? std::vector<std::string>{"bucket=blocks", "endpoint=" + at}
         : azure_ ? std::vector<std::string>{"container=blocks", "create-container=true", "url=" + at}
                  : std::vector<std::string>{"root=" + folder_ / "root"})
      flags.insert(flags.end(), {"--store-opt", option});
    return flags;
  }
  std::map<std::string, std::string> environment() const {
    if (s3_)
      return {{"AWS_ACCESS_KEY_ID", S3Server::access_key}, {"AWS_SECRET_ACCESS_KEY", S3Server::secret_key}};
    if (azure_)
      return {{"AZURE_STORAGE_KEY", AzureServer::key}};
    return {};
  }
  std::string object(const std::string &name) const {
    if (s3_)
      return s3_->object(name);
    return azure_ ? got(*reader_, name) : read_file(std::filesystem::path(folder_ / "root") / name);
  }

private:
  const std::string store_;
  Folder folder_;
  std::optional<S3Server> s3_;
  std::optional<AzureServer> azure_;
  std::unique_ptr<TestStore> reader_;
};

} // namespace jetcapture::test
