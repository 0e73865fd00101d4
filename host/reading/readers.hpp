// The readers of a backup's objects: plug-ins, found by the names of the writers that the manifests tell.
//
// One thread at a time; what it gives is for any thread.
#pragma once

#include "log/log.hpp"
#include "plugins/stages.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::host {

// What the quarantine holds is written by the host, in lines that this one reads (blocks/quarantine.hpp).
constexpr std::string_view quarantine_reader = "ndjson";

class Readers {
public:
  // folders: of plug-ins. Log and cancelled outlive it.
  Readers(std::vector<std::filesystem::path> folders, bool allow_writable, Log &log,
          const std::atomic<bool> &cancelled);
  // Of which the caller has made them.
  Readers(std::map<std::string, const Reader *, std::less<>> made);
  ~Readers();
  Readers(const Readers &) = delete;
  Readers &operator=(const Readers &) = delete;

  // As long as this lives. nullptr: there is none, or it does not start; why: a sentence.
  const Reader *of(const std::string &writer, std::string &why);

private:
  struct Found {
    std::unique_ptr<const Reader> own;
    const Reader *reader = nullptr;
    std::string why;
  };
  Found find(const std::string &writer) const;

  const std::vector<std::filesystem::path> folders_;
  const bool allow_writable_ = false;
  Log *const log_ = nullptr;
  const std::atomic<bool> *const cancelled_ = nullptr;
  std::map<std::string, Found, std::less<>> found_;
};

} // namespace jetcapture::host
