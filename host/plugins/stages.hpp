// Loaded stages: a description behind the C ABI, checked, with an instance made from its settings.
//
// A library is opened by its absolute path with RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE and never closed.
#pragma once

#include "jetcapture/plugin.h"
#include "plugins/call_record.hpp"
#include "plugins/catalog.hpp"
#include "plugins/host_services.hpp"

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>

namespace jetcapture::host {

struct Settings;

// A description in a library that stays loaded, copied field by field up to its own size: what it does not have is
// NULL. Throws StartupError with one sentence where the description breaks the rules of the ABI headers (a required
// function that is NULL, another name than the symbol's, needs_minor above this host's, no payload, a size too small).
struct LoadedDecoder {
  StageFile file;
  jetcapture_decoder description;
};
struct LoadedWriter {
  StageFile file;
  jetcapture_writer description;
};
struct LoadedStore {
  StageFile file;
  jetcapture_store description;
};
struct LoadedReader {
  StageFile file;
  jetcapture_reader description;
};
LoadedDecoder load_decoder(const StageFile &file);
LoadedWriter load_writer(const StageFile &file);
LoadedStore load_store(const StageFile &file);
LoadedReader load_reader(const StageFile &file);

// The first payload that the decoder produces and the writer accepts. Throws StartupError with both lists.
std::string agree_on_payload(const LoadedDecoder &decoder, const LoadedWriter &writer);

// What instances are made for.
struct StageUse {
  CallRecord *calls = nullptr; // where calls into the instance are noted; it outlives the instance. nullptr: nowhere
  bool check_only = false;     // see jetcapture_create_args
  std::filesystem::path memory = {}; // where it keeps what outlives the process; empty: nowhere
  bool may_be_read_only = false;     // see jetcapture_create_args
};

// A stage instance: created in the constructor (StartupError with the plug-in's sentence, or one that says it gave
// none), destroyed in the destructor. payload is empty for a store or a reader. Whoever calls a function of it notes
// that in calls().
template <class Description>
class Stage {
public:
  Stage(const Description &description, StageKind kind, const std::vector<std::string> &options,
        const std::string &payload, Log &log, const std::atomic<bool> &cancelled, const StageUse &use = {});
  ~Stage();
  Stage(const Stage &) = delete;
  Stage &operator=(const Stage &) = delete;

  const Description &description() const { return description_; }
  void *self() const { return self_; }
  std::string name() const { return description_.about->name; }
  // The agreed payload type; empty for a store or a reader.
  const std::string &payload() const { return payload_; }
  CallRecord *calls() const { return calls_; }

private:
  Description description_; // with the facts of a writer
  const std::string payload_;
  HostServices services_;
  CallRecord *calls_;
  void *self_ = nullptr;
};
using Decoder = Stage<jetcapture_decoder>;
using Writer = Stage<jetcapture_writer>;
using Store = Stage<jetcapture_store>;
using Reader = Stage<jetcapture_reader>;

// The decoders of a capture: one for each pipeline.
std::deque<Decoder> make_decoders(const LoadedDecoder &loaded, const Settings &settings, const std::string &payload,
                                  Log &log, const std::atomic<bool> &cancelled, const StageUse &use = {});

// A sentence that says what a stage did wrong, and where to learn more. what: "the writer's write() returned …".
std::string breach_of_abi(const std::string &what);

// A status as words for a log line: "bad data", "unknown status 17".
std::string to_string_status(jetcapture_status status);

} // namespace jetcapture::host
