// An instance of a checked stage, made with options that it should start with.
#pragma once

#include "plugins/options.hpp"
#include "plugins/stages.hpp"
#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/check_host.hpp"

#include <string>
#include <utility>

namespace jetcapture::host {

// Loads the subject's library and gives its description. skip()s where that can't be: load-works and description tell
// it.
jetcapture_decoder description_of_decoder(const Subject &subject);
jetcapture_writer description_of_writer(const Subject &subject);
jetcapture_store description_of_store(const Subject &subject);
jetcapture_reader description_of_reader(const Subject &subject);
// The part that all kinds have.
const jetcapture_about &about_of(const Subject &subject);
// create() and destroy() of whichever kind the stage is.
struct Lifecycle {
  jetcapture_status (*create)(const jetcapture_create_args *, void **);
  void (*destroy)(void *);
};
Lifecycle lifecycle_of(const Subject &subject);

// The payload types that a decoder produces, or a writer accepts; of a store or a reader one that is empty.
std::vector<std::string> payloads_of(const Subject &subject);

// key=value for each required option: as given for the check, or the subject's folder for a path. skip()s where one is
// missing.
std::vector<std::string> startable_options(const Subject &subject);

// Calls create() and gives its answer; the instance in self.
Answer create(const Lifecycle &lifecycle, const jetcapture_about &about, const Subject &subject,
              const std::vector<std::string> &options, const std::string &payload, const CheckHost &host, void *&self);

class Instance {
public:
  // skip()s where create() fails: create-works tells it.
  Instance(const Subject &subject, const std::string &payload, const CheckHost &host);
  ~Instance() { destroy_(self_); }
  Instance(const Instance &) = delete;
  Instance &operator=(const Instance &) = delete;

  void *self() const { return self_; }

private:
  void (*destroy_)(void *);
  void *self_ = nullptr;
};

} // namespace jetcapture::host
