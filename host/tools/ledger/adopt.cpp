#include "tools/ledger/adopt.hpp"

#include "blocks/object_name.hpp"
#include "store/memory_object.hpp"
#include "store/store_calls.hpp"
#include "threads/fault_point.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

namespace jetcapture::host {

namespace {

// An object whose bytes are those of another one in the store.
class CopiedObject {
public:
  CopiedObject(const StoreReader &reader, std::string from, const BlockLine &line, std::string encoding,
               std::chrono::nanoseconds timeout)
      : reader_(reader), from_(std::move(from)), name_(line.name), encoding_(std::move(encoding)) {
    interface_.owner = this;
    jetcapture_object &object = interface_.object;
    object.size = sizeof object;
    object.name = {name_.data(), name_.size()};
    object.bytes = line.bytes;
    std::copy(line.sha256.begin(), line.sha256.end(), object.sha256);
    object.content_type = "application/octet-stream";
    object.content_encoding = encoding_.c_str();
    object.descriptor = -1;
    object.deadline = deadline_in(timeout);
    object.read = &read;
  }
  CopiedObject(const CopiedObject &) = delete;
  CopiedObject &operator=(const CopiedObject &) = delete;

  const jetcapture_object &c_object() const { return interface_.object; }

private:
  struct Interface {
    jetcapture_object object; // first: a pointer to it is a pointer to this
    const CopiedObject *owner;
  };
  static std::int64_t read(const jetcapture_object *object, std::uint64_t offset, void *buffer, std::uint64_t count) {
    const CopiedObject &self = *reinterpret_cast<const Interface *>(object)->owner;
    if (offset >= object->bytes || count == 0)
      return 0;
    std::uint64_t taken = 0;
    const StoreAnswer answer = get_object(self.reader_.store(), self.from_, offset, count, [&](std::string_view bytes) {
      std::memcpy(static_cast<char *>(buffer) + taken, bytes.data(), bytes.size());
      taken += bytes.size();
      return true;
    });
    return answer.ok() ? static_cast<std::int64_t>(taken) : -1;
  }

  const StoreReader &reader_;
  const std::string from_;
  const std::string name_;
  const std::string encoding_;
  Interface interface_{};
};

// "csv.gz" with its dot, of "eu/ORDERS-000000000001-000000001000-5f3a9c0d12ab.csv.gz".
std::string suffix_of(const std::string &name) {
  const std::size_t dot = name.find('.', name.rfind('-'));
  return dot == std::string::npos ? "" : name.substr(dot);
}

} // namespace

void Adoption::copy(const std::vector<OnlyCopy> &copies,
                    const std::function<void(const std::string &, const std::string &)> &copied) {
  // A manifest is of one stream's life and one epoch.
  std::map<std::tuple<std::string, std::uint32_t>, std::vector<const OnlyCopy *>> lives;
  for (const OnlyCopy &copy : copies)
    lives[{copy.header.stream_created, copy.header.epoch}].push_back(&copy);
  for (const auto &[life, of_life] : lives)
    copy_manifest(of_life, copied);
}

void Adoption::copy_manifest(const std::vector<const OnlyCopy *> &copies,
                             const std::function<void(const std::string &, const std::string &)> &copied) {
  Manifest listing = chain_.manifest();
  listing.stream_created = copies.front()->header.stream_created;
  listing.epoch = copies.front()->header.epoch;
  listing.first_sequence = UINT64_MAX;
  for (const OnlyCopy *copy : copies) {
    BlockLine line = copy->line;
    line.name = name_for(*copy);
    listing.first_sequence = std::min(listing.first_sequence, line.first_sequence);
    listing.last_sequence = std::max(listing.last_sequence, line.last_sequence);
    listing.lines.push_back(std::move(line));
  }
  Manifest declaring = chain_.manifest();
  declaring.stream_created = listing.stream_created;
  declaring.epoch = listing.epoch;
  const std::vector<BlockLine> lines = listing.lines;
  const std::uint64_t number = chain_.put(std::move(listing));
  fault_point("after-adopt-manifest");
  for (std::size_t i = 0; i < lines.size(); i++) {
    const std::string &encoding = copies[i]->header.compression.name;
    try_a_few_times([&] {
      const CopiedObject object(reader_, copies[i]->line.name, lines[i], encoding == "none" ? "" : encoding, timeout_);
      std::string location;
      if (const StoreAnswer answer = put_object(reader_.store(), object.c_object(), location); !answer.ok())
        throw StoreFailure(answer);
    });
    fault_point("after-adopt-copy");
  }
  declaring.done = {{number, 0, static_cast<std::uint32_t>(lines.size() - 1)}};
  chain_.settles_all();
  chain_.put(std::move(declaring));
  for (std::size_t i = 0; i < lines.size(); i++)
    copied(copies[i]->line.name, lines[i].name);
}

// In the same directory.
std::string Adoption::name_for(const OnlyCopy &copy) {
  const std::string &name = copy.line.name;
  const std::size_t slash = name.rfind('/');
  return (slash == std::string::npos ? "" : name.substr(0, slash + 1)) +
         file_name({.stream = copy.header.chain.stream,
                    .stream_created = copy.header.stream_created,
                    .captured_by = commands_chain,
                    .key = copy.line.place.key,
                    .interval_start = copy.line.place.interval_start,
                    .first_sequence = copy.line.first_sequence,
                    .last_sequence = copy.line.last_sequence,
                    .run = chain_.run(),
                    .block = ++named_},
                   suffix_of(name));
}

} // namespace jetcapture::host
