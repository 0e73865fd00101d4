// The storage services that tests run against, as tests/support/services.sh installs them.
#pragma once

#include "support/folder.hpp"
#include "support/program.hpp"

#include <memory>
#include <string>
#include <vector>

namespace jetcapture::test {

// True where the service is not installed: CTest counts the test as skipped, with the reason. With CI=true it fails
// instead.
bool skipped(const std::string &service);

// versitygw on a free port, with a folder as the bucket "blocks". Its region is us-east-1 unless said otherwise.
// service: "versitygw-current" puts objects only where there is none; "versitygw" replaces them.
class S3Server {
public:
  explicit S3Server(const std::string &region = "us-east-1", const std::string &service = "versitygw");
  S3Server(const S3Server &) = delete;
  S3Server &operator=(const S3Server &) = delete;

  const std::string &url() const { return url_; }
  // The objects of the bucket as files, by their keys.
  std::string object(const std::string &key) const;
  std::vector<std::string> objects() const;
  // Puts an object there without asking the server.
  void place(const std::string &key, const std::string &bytes) const;
  // Gives the bucket Object Lock with a default retention: an object that is there can't be replaced from then on.
  void lock_objects() const;
  // Multipart uploads that are neither completed nor aborted.
  std::size_t unfinished_uploads() const;
  // What the server keeps beside an object; "" for none.
  std::string metadata(const std::string &key, const std::string &name) const;
  // Another user, who may do nothing in the bucket.
  void add_user(const std::string &access_key, const std::string &secret_key);

  static constexpr const char *access_key = "AKTESTJETCAPTURE";
  static constexpr const char *secret_key = "secret/of+the=tests";

private:
  std::filesystem::path bucket() const { return folder_.path() / "data" / "blocks"; }
  Folder folder_;
  std::string url_;
  std::unique_ptr<Program> program_;
};

// Azurite's blob service on a free port, with its usual account and its shared key.
class AzureServer {
public:
  // encrypted: by TLS with a certificate of its own; only so Azurite takes tokens of Entra.
  explicit AzureServer(bool encrypted = false);
  AzureServer(const AzureServer &) = delete;
  AzureServer &operator=(const AzureServer &) = delete;

  // With the account in its path.
  const std::string &url() const { return url_; }
  // What a client has to trust.
  std::string certificate() const { return folder_ / "certificate.pem"; }
  // A blob as Python's own client sees it; throws where it does not.
  struct Blob {
    std::string bytes;
    std::string headers; // a line each, names in lower case
  };
  Blob blob(const std::string &container, const std::string &name) const;
  // From then on the blob can't be changed by who does not know the lease.
  void lease(const std::string &container, const std::string &name) const;
  // A shared access signature.
  std::string signature(const std::string &permissions, int seconds) const;

  static constexpr const char *account = "devstoreaccount1";
  static constexpr const char *key =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

private:
  std::string client(std::vector<std::string> arguments) const;
  Folder folder_;
  std::string url_;
  std::unique_ptr<Program> program_;
};

} // namespace jetcapture::test
