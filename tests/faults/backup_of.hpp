// What the manifests of a backup say of it, as the program's own commands tell.
#pragma once

#include "capture/host.hpp"
#include "support/program.hpp"

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace jetcapture::test {

// The backup that a host has in its root.
class BackupOf {
public:
  explicit BackupOf(const Host &host) : host_(host) {}

  // The objects of the blocks that are done.
  std::vector<std::string> done_blocks() const {
    const std::string log = fresh("ls.log");
    Program ls({JETCAPTURE_BINARY, "ls", "--json", "--store", "file", "--store-opt", "root=" + host_.root()}, log);
    if (ls.wait(longest) != 0)
      throw std::runtime_error("jetcapture ls: " + ls.output());
    std::vector<std::string> names;
    const nlohmann::json listed = nlohmann::json::parse(ls.output());
    for (const nlohmann::json &block : listed["blocks"])
      if (block["state"] == "done")
        names.push_back(block["name"]);
    return names;
  }
  // What jetcapture verify says: "" where it is good.
  std::string verify(const std::vector<std::string> &more = {}) const {
    std::vector<std::string> command = {JETCAPTURE_BINARY,      "verify", "--store", "file", "--store-opt",
                                        "root=" + host_.root(), "--deep"};
    command.insert(command.end(), more.begin(), more.end());
    Program verify(command, fresh("verify.log"));
    const auto status = verify.wait(longest);
    return status == 0 ? "" : "exit status " + std::to_string(status.value_or(-1)) + ": " + verify.output();
  }

private:
  static constexpr std::chrono::seconds longest{60};
  // A program adds to the log that is there.
  std::string fresh(const std::string &name) const {
    const std::string log = host_.folder() / name;
    std::filesystem::remove(log);
    return log;
  }

  const Host &host_;
};

} // namespace jetcapture::test
