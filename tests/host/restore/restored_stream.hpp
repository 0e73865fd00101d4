// A stream that a test restores, and how it reads it back: by requests of its own, one for each message.
#pragma once

#include "host/restore/memory_source.hpp"
#include "restore/exact_restore.hpp"
#include "support/folder.hpp"
#include "support/server.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace jetcapture::test {

// One run, with its log in a file.
class Restoring {
public:
  // api_prefix: of JetStream's subjects, where it is another one.
  Restoring(const std::string &urls, host::ExactRestoreRequest request, const std::string &api_prefix = "");
  ~Restoring();
  Restoring(const Restoring &) = delete;
  Restoring &operator=(const Restoring &) = delete;

  host::ExactRestore &restore() { return *restore_; }
  // check(), and then all of it from these messages.
  host::RestoreReport run(const std::vector<StoredMessage> &messages);

private:
  Folder folder_;
  int log_file_;
  host::Log log_;
  host::ConnectionSettings settings_;
  std::unique_ptr<host::Connection> connection_;
  std::unique_ptr<host::ExactRestore> restore_;
};

// What is other in the stream than in these messages; empty: nothing.
std::vector<std::string> differences(Client &client, const std::string &stream,
                                     const std::vector<StoredMessage> &messages);

// The configuration that a backup has of a stream.
std::string configuration_of(const nlohmann::json &more = nlohmann::json::object());

// The sequence that the stream gives to the next message.
std::uint64_t published(Client &client, const std::string &stream, const std::string &subject);

} // namespace jetcapture::test
