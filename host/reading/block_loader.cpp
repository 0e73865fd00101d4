#include "reading/block_loader.hpp"

#include "blocks/unpacker.hpp"
#include "plugins/emitted.hpp"
#include "plugins/host_services.hpp"
#include "reading/reading_error.hpp"
#include "settings/error.hpp"
#include "strings/strings.hpp"

#include <exception>
#include <utility>

namespace jetcapture::host {

namespace {

AuditFinding trouble_of(const WholeBlock &block, Verdict verdict, std::string_view kind, const std::string &text) {
  return {verdict,
          kind,
          block.name,
          text + "; " + std::to_string(block.messages) + " messages within sequences " +
              text_of(std::vector<SequenceRun>{{block.first_sequence, block.last_sequence}}),
          {}};
}

// The bytes of an object as its reader sees them.
class ReaderInput {
public:
  explicit ReaderInput(const SpooledBytes &bytes)
      : interface_{{sizeof(jetcapture_input), 0, bytes.size(), &ReaderInput::read}, &bytes} {}
  ReaderInput(const ReaderInput &) = delete;
  ReaderInput &operator=(const ReaderInput &) = delete;

  const jetcapture_input *input() const { return &interface_.input; }

private:
  struct Interface {
    jetcapture_input input; // first: a pointer to it is a pointer to this
    const SpooledBytes *bytes;
  };
  static std::int64_t read(const jetcapture_input *input, std::uint64_t offset, void *buffer, std::uint64_t count) {
    return reinterpret_cast<const Interface *>(input)->bytes->read(offset, static_cast<char *>(buffer), count);
  }

  Interface interface_;
};

// An object in a reader's hands, with what the reader answers checked.
class OpenObject {
public:
  OpenObject(const Reader &reader, const jetcapture_input *input) : reader_(reader) {
    HostServices::take_failure();
    const jetcapture_status status = reader.description().open(reader.self(), input, &object_);
    answer(status, "open()");
    if (status == JETCAPTURE_OK && object_ == nullptr)
      throw ReadingError(breach("its open() returned ok without an object"));
  }
  ~OpenObject() {
    if (object_ != nullptr)
      reader_.description().close(object_);
  }
  OpenObject(const OpenObject &) = delete;
  OpenObject &operator=(const OpenObject &) = delete;

  // False: there are no more, or the object is bad. Throws ReadingError.
  bool next(jetcapture_whole_message &message) {
    if (is_bad())
      return false;
    message = {};
    message.size = sizeof message;
    std::uint32_t there = 0;
    answer(reader_.description().next(object_, &message, &there), "next()");
    if (is_bad() || there == 0)
      return false;
    for (const jetcapture_text text : {message.subject, message.header_block, message.data})
      if (breach_of(text) != nullptr)
        throw ReadingError(breach("its next() gave a text with a size and no bytes"));
    return true;
  }
  bool is_bad() const { return !why_.empty(); }
  const std::string &why() const { return why_; }

private:
  std::string breach(const std::string &what) const {
    return breach_of_abi("the reader " + reader_.name() + " is broken: " + what);
  }
  void answer(jetcapture_status status, const char *function) {
    if (status == JETCAPTURE_OK)
      return;
    std::string sentence = HostServices::take_failure();
    if (sentence.empty())
      sentence = std::string("its ") + function + " gave no reason (" + to_string_status(status) + ")";
    if (status != JETCAPTURE_BAD_DATA)
      throw ReadingError("the reader " + reader_.name() + " can't go on: " + sentence);
    why_ = sentence;
  }

  const Reader &reader_;
  void *object_ = nullptr;
  std::string why_; // the object is bad
};

} // namespace

// What can't be unpacked is damage that its hash tells first.
std::optional<AuditFinding> BlockLoader::fetch(const WholeBlock &block, SpooledBytes &bytes) const {
  std::unique_ptr<Unpacker> unpacker;
  try {
    unpacker = make_unpacker(block.manifest->compression.name);
  } catch (const StartupError &error) {
    return trouble_of(block, Verdict::wrong, "no_reader", std::string("can't be unpacked: ") + error.what());
  }
  std::string damage;
  std::exception_ptr failure; // which may not cross the store
  const auto take = [&](std::string_view more) {
    try {
      if (damage.empty())
        unpacker->add(more, [&](std::string_view unpacked) { bytes.append(unpacked); });
    } catch (const PackedDamage &what) {
      damage = what.what();
    } catch (...) {
      failure = std::current_exception();
    }
    return failure == nullptr;
  };
  std::uint64_t size = 0;
  Sha256 hash{};
  const StoreAnswer answer = store_.hash(block.name, size, hash, take);
  if (failure != nullptr)
    std::rethrow_exception(failure);
  if (answer.status == JETCAPTURE_NOT_FOUND)
    return trouble_of(block, Verdict::wrong, "object_missing", "is not in the store");
  if (!answer.ok())
    return trouble_of(block, Verdict::unknown, "object_unreadable", "can't be read: " + answer.reason);
  if (size != block.bytes || hash != block.sha256)
    return trouble_of(block, Verdict::wrong, "object_differs", "is not what was stored: its size or its hash differs");
  try {
    if (damage.empty())
      unpacker->end();
  } catch (const PackedDamage &what) {
    damage = what.what();
  }
  if (!damage.empty())
    return trouble_of(block, Verdict::wrong, "object_damaged", "can't be unpacked: " + damage);
  return std::nullopt;
}

std::optional<AuditFinding> BlockLoader::read(const WholeBlock &block, const SpooledBytes &bytes,
                                              BlockMessages &messages) const {
  const ReaderInput input(bytes);
  OpenObject object(*block.reader, input.input());
  std::uint64_t count = 0;
  jetcapture_whole_message found;
  while (object.next(found)) {
    count++;
    const WholeMessage message = {found.sequence, found.timestamp, view(found.subject), view(found.header_block),
                                  view(found.data)};
    if (wanted_.has(message))
      messages.add(message);
  }
  if (object.is_bad())
    return trouble_of(block, Verdict::wrong, "block_unreadable", "can't be read: " + object.why());
  messages.end();
  if (count != block.messages)
    return trouble_of(block, Verdict::wrong, "block_incomplete",
                      "has " + std::to_string(count) + " messages, and its manifest lists others");
  return std::nullopt;
}

LoadedBlock BlockLoader::load(const WholeBlock &block) const {
  SpooledBytes bytes(spool_);
  if (auto trouble = fetch(block, bytes))
    return {nullptr, std::move(trouble)};
  auto messages = std::make_unique<BlockMessages>(spool_);
  std::optional<AuditFinding> trouble = read(block, bytes, *messages);
  if (trouble && trouble->kind != "block_incomplete")
    messages = nullptr;
  return {std::move(messages), std::move(trouble)};
}

} // namespace jetcapture::host
