#include "capture/journal.hpp"

#include "capture/fault_point.hpp"
#include "settings/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

namespace jetcapture::host {

namespace {

constexpr std::string_view first_line = "jetcapture journal 1\n";
constexpr std::size_t frame_size = 8;
// A file that is mostly about finished blocks is written anew.
constexpr std::uint64_t smallest_compaction = 1 << 20;

enum Type : std::uint8_t {
  identity_type = 1,
  intent_type = 2,
  stored_type = 3,
  done_type = 4,
  dropped_type = 5,
  history_type = 6
};

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

// A record with its frame. A large one is written into the room that it needs: blocks of millions of messages are in several at once.
class RecordWriter {
public:
  explicit RecordWriter(Type type, std::size_t room = 0) {
    bytes_.reserve(frame_size + sizeof type + room);
    bytes_.resize(frame_size);
    put_integer<std::uint8_t>(type);
  }
  template <class Integer>
  RecordWriter &put_integer(Integer value) {
    for (std::size_t i = 0; i < sizeof value; i++)
      bytes_ += byte_of(static_cast<std::uint64_t>(value), i);
    return *this;
  }
  RecordWriter &put(std::string_view text) {
    put_integer(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
    return *this;
  }
  // What it wrote, at the end.
  std::string record() {
    const std::string_view payload = std::string_view(bytes_).substr(frame_size);
    const std::uint64_t frame = payload.size() | std::uint64_t{checksum(payload)} << 32;
    for (std::size_t i = 0; i < frame_size; i++)
      bytes_[i] = byte_of(frame, i);
    return std::move(bytes_);
  }

private:
  static char byte_of(std::uint64_t value, std::size_t i) { return static_cast<char>(value >> 8 * i); }
  std::string bytes_;
};

// Reads what RecordWriter wrote; good() turns false at what it can't have written.
class RecordReader {
public:
  explicit RecordReader(std::string_view bytes) : rest_(bytes) {}
  template <class Integer>
  Integer integer() {
    if (rest_.size() < sizeof(Integer)) {
      good_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); i++)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << 8 * i;
    rest_.remove_prefix(sizeof(Integer));
    return static_cast<Integer>(value);
  }
  std::string text() {
    const auto size = integer<std::uint32_t>();
    if (!good_ || rest_.size() < size) {
      good_ = false;
      return {};
    }
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }
  SequenceList sequences() {
    auto list = SequenceList::decode(text());
    good_ = good_ && list.has_value();
    return list ? std::move(*list) : SequenceList();
  }
  bool good() const { return good_; }

private:
  std::string_view rest_;
  bool good_ = true;
};

// What follows the type. nullopt: not what intent_record() gives.
std::optional<UnfinishedBlock> read_intent(RecordReader &record) {
  UnfinishedBlock block;
  block.id = record.integer<std::uint64_t>();
  block.name = record.text();
  block.bytes = record.integer<std::uint64_t>();
  const std::string hash = record.text();
  if (hash.size() == block.sha256.size())
    std::memcpy(block.sha256.data(), hash.data(), hash.size());
  block.own = record.sequences();
  block.shared = record.sequences();
  block.interval_start = record.integer<std::int64_t>();
  block.key = record.text();
  block.newest = record.integer<std::int64_t>();
  if (!record.good() || hash.size() != block.sha256.size())
    return std::nullopt;
  return block;
}

std::string intent_record(const SealedBlock &block) {
  constexpr std::size_t numbers = 128; // more than all that are no text
  const auto &hash = block.body->sha256();
  return RecordWriter(intent_type, numbers + block.name.size() + block.own.encoded().size() +
                                       block.shared.encoded().size() + block.place.key.size())
      .put_integer(block.id)
      .put(block.name)
      .put_integer(block.body->size())
      .put({reinterpret_cast<const char *>(hash.data()), hash.size()})
      .put(block.own.encoded())
      .put(block.shared.encoded())
      .put_integer(block.place.interval_start)
      .put(block.place.key)
      .put_integer(block.last_timestamp)
      .record();
}

std::string record_of(Type type, std::uint64_t id) {
  return RecordWriter(type).put_integer(id).record();
}

std::string reason(int error) {
  return std::strerror(error);
}

bool write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool sync_folder(const std::filesystem::path &folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0)
    ::close(descriptor);
  return good;
}

} // namespace

Journal::Journal(const std::filesystem::path &folder, const CaptureIdentity &identity, const SameCapture &same,
                 Log &log)
    : file_(folder / "journal"), identity_record_(RecordWriter(identity_type)
                                                      .put(identity.stream)
                                                      .put(identity.stream_created)
                                                      .put(identity.consumer)
                                                      .put_integer(identity.consumer_created)
                                                      .record()) {
  read(same, log);
  Lock lock(mutex_);
  try {
    compact(lock);
  } catch (const JournalError &error) {
    throw StartupError(error.what());
  }
}

Journal::~Journal() {
  try {
    Lock lock(mutex_);
    if (!pending_.empty())
      write_out(lock);
  } catch (const JournalError &) {
    // Only done records can be lost here: those blocks are acked once more.
  }
  ::close(descriptor_);
}

void Journal::read(const SameCapture &same, Log &log) {
  std::ifstream in(file_, std::ios::binary);
  if (!in) {
    if (std::filesystem::exists(file_))
      throw StartupError("the journal " + file_.string() + " can't be read: check its rights");
    return;
  }
  std::ostringstream text;
  text << in.rdbuf();
  const std::string bytes = text.str();
  std::string_view rest = bytes;
  // Shorter than the first line: cut off by a crash when it was made.
  if (rest.size() >= first_line.size() && !rest.starts_with(first_line))
    throw StartupError(file_.string() + " is not a journal that this version can read: give another --state-dir");
  if (rest.size() < first_line.size())
    return;
  rest.remove_prefix(first_line.size());
  CaptureIdentity found;
  std::map<std::uint64_t, UnfinishedBlock> blocks;
  while (rest.size() >= frame_size) {
    RecordReader frame(rest.substr(0, frame_size));
    const auto size = frame.integer<std::uint32_t>();
    const auto sum = frame.integer<std::uint32_t>();
    if (rest.size() - frame_size < size || checksum(rest.substr(frame_size, size)) != sum)
      break;
    take(rest.substr(0, frame_size + size), found, blocks);
    rest.remove_prefix(frame_size + size);
  }
  if (!rest.empty())
    log.info("the end of the journal is torn, as after a crash, and is cut off", {{"bytes", rest.size()}});
  highest_stored_ = history_.highest();
  if (!same(found)) {
    if (!blocks.empty() || !history_.empty())
      log.warn("the journal is of another stream or consumer, or of one made anew since: what it holds is dropped",
               {{"blocks", blocks.size()}, {"stream", found.stream}, {"consumer", found.consumer}});
    history_ = StoredSequences();
    highest_stored_ = 0;
    live_.clear();
    return;
  }
  for (auto &[id, block] : blocks) {
    live_bytes_ += live_[id].size();
    unfinished_.push_back(std::move(block));
  }
}

void Journal::take(std::string_view bytes, CaptureIdentity &found, std::map<std::uint64_t, UnfinishedBlock> &blocks) {
  RecordReader record(bytes.substr(frame_size));
  const auto forget = [&](std::uint64_t id) {
    blocks.erase(id);
    live_.erase(id);
  };
  switch (record.integer<std::uint8_t>()) {
  case identity_type:
    found.stream = record.text();
    found.stream_created = record.text();
    found.consumer = record.text();
    found.consumer_created = record.integer<std::int64_t>();
    break;
  case intent_type:
    if (auto block = read_intent(record)) {
      next_id_ = std::max(next_id_, block->id + 1);
      live_[block->id] = bytes;
      blocks[block->id] = std::move(*block);
    }
    break;
  case stored_type:
    if (const auto block = blocks.find(record.integer<std::uint64_t>()); block != blocks.end()) {
      block->second.stored = true;
      live_[block->first] += bytes;
    }
    break;
  case done_type:
    if (const auto block = blocks.find(record.integer<std::uint64_t>()); block != blocks.end()) {
      finish(block->second);
      forget(block->first);
    }
    break;
  case dropped_type:
    forget(record.integer<std::uint64_t>());
    break;
  case history_type:
    history_.decode(record.text());
    break;
  default:
    break;
  }
}

void Journal::intent(const SealedBlock &block) {
  append(intent_type, block.id, intent_record(block), true);
}

void Journal::stored(std::uint64_t id) {
  append(stored_type, id, record_of(stored_type, id), true);
}

void Journal::done(std::uint64_t id) {
  append(done_type, id, record_of(done_type, id), false);
}

void Journal::dropped(std::uint64_t id) {
  append(dropped_type, id, record_of(dropped_type, id), false);
}

bool Journal::is_stored(std::uint64_t sequence, std::int64_t timestamp) const {
  if (sequence > highest_stored_.load(std::memory_order_relaxed))
    return false;
  const std::lock_guard lock(mutex_);
  return history_.contains(sequence, timestamp);
}

std::uint64_t Journal::bytes() const {
  const std::lock_guard lock(mutex_);
  return good_size_;
}

// What is done is known by its sequences from now on.
void Journal::finish(const UnfinishedBlock &block) {
  history_.add(block.own, block.newest);
  history_.add(block.shared, block.newest);
  highest_stored_ = history_.highest();
}

void Journal::append(std::uint8_t type, std::uint64_t id, std::string record, bool durable) {
  Lock lock(mutex_);
  if (type == done_type || type == dropped_type) {
    const auto live = live_.find(id);
    if (live == live_.end())
      return;
    if (type == done_type) {
      RecordReader intent(std::string_view(live->second).substr(frame_size + sizeof(Type)));
      if (const auto block = read_intent(intent))
        finish(*block);
    }
    live_bytes_ -= live->second.size();
    live_.erase(live);
  }
  pending_ += record;
  if (type == intent_type || type == stored_type) {
    live_bytes_ += record.size();
    std::string &live = live_[id];
    if (live.empty())
      live = std::move(record);
    else
      live += record;
  }
  const std::uint64_t ticket = ++appended_;
  while (durable && durable_ < ticket) {
    // One writer writes for all that have come by then; the others wait for it.
    if (writing_)
      written_.wait(lock);
    else
      write_out(lock);
  }
}

void Journal::write_out(Lock &lock) {
  writing_ = true;
  const std::string bytes = std::exchange(pending_, {});
  const std::uint64_t up_to = appended_;
  lock.unlock();
  const bool good = write_whole(descriptor_, bytes) && ::fdatasync(descriptor_) == 0;
  const int error = errno;
  // What was written in part would stand before what comes next.
  const bool mended = good || ::ftruncate(descriptor_, static_cast<off_t>(good_size_)) == 0;
  lock.lock();
  writing_ = false;
  if (good) {
    good_size_ += bytes.size();
    durable_ = up_to;
  } else {
    pending_.insert(0, bytes);
  }
  written_.notify_all();
  if (good && good_size_ > smallest_compaction && good_size_ > 4 * (live_bytes_ + history_.encoded_bytes()))
    compact(lock);
  if (!good)
    throw JournalError("the journal " + file_.string() + " can't be written (" + reason(error) + ")" +
                       (mended ? "" : ", and its end can't be mended"));
}

void Journal::compact(Lock &) {
  const std::filesystem::path fresh = file_.string() + ".new";
  std::string bytes = std::string(first_line) + identity_record_;
  if (!history_.empty())
    bytes += RecordWriter(history_type).put(history_.encoded()).record();
  for (const auto &[id, records] : live_)
    bytes += records;
  const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  fault_point("during-compaction");
  if (descriptor < 0 || !write_whole(descriptor, bytes) || ::fsync(descriptor) != 0 ||
      ::rename(fresh.c_str(), file_.c_str()) != 0) {
    const int error = errno;
    if (descriptor >= 0)
      ::close(descriptor);
    // The file that is open goes on; only at the start there is none.
    if (descriptor_ < 0)
      throw JournalError("the journal " + file_.string() + " can't be written (" + reason(error) +
                         "): check the folder, or give another --state-dir");
    return;
  }
  if (descriptor_ >= 0)
    ::close(descriptor_);
  descriptor_ = descriptor;
  good_size_ = bytes.size();
  // All that was appended stands in the new file, what was pending too.
  pending_.clear();
  if (!sync_folder(file_.parent_path()))
    throw JournalError("the journal " + file_.string() + " can't be made durable (" + reason(errno) + ")");
  durable_ = appended_;
}

std::int64_t Journal::newest() const {
  std::int64_t n = INT64_MIN;
  for (const auto &b : unfinished_)
    n = std::max(n, b.newest);
  return n;
}

} // namespace jetcapture::host
