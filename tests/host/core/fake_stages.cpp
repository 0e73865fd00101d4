#include "host/core/fake_stages.hpp"

#include <jetcapture/plugin.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace jetcapture::test {

namespace {

constexpr const char *payload_type = "test.item/1";
constexpr const char *payloads[] = {payload_type, nullptr};

// One word of a message.
struct Item {
  const jetcapture_message *message;
  std::string key;
  std::size_t bytes = 0;
  std::int64_t time = JETCAPTURE_NO_TIME;
  std::string_view refusal;
};

Item item_of(const jetcapture_message &message, std::string_view word) {
  Item item{.message = &message, .key = std::string(word.substr(0, word.find_first_of("#@!"))), .refusal = {}};
  while (word.size() > item.key.size()) {
    const std::size_t at = word.find_last_of("#@!");
    const std::string_view value = word.substr(at + 1);
    if (word[at] == '#')
      std::from_chars(value.data(), value.data() + value.size(), item.bytes);
    else if (word[at] == '@')
      std::from_chars(value.data(), value.data() + value.size(), item.time);
    else
      item.refusal = value;
    word = word.substr(0, at);
  }
  return item;
}

// How many calls are still to be answered with JETCAPTURE_RETRY, of all decoders and writers.
std::atomic<int> retries_left = 0;

// The decoder's instance.
struct FakeDecoder {
  const jetcapture_host *host;
};

jetcapture_status create_decoder(const jetcapture_create_args *args, void **self) {
  *self = new FakeDecoder{args->host};
  return JETCAPTURE_OK;
}

jetcapture_status decode(void *self, const jetcapture_message *message, const jetcapture_sink *sink) {
  const jetcapture_host *host = static_cast<FakeDecoder *>(self)->host;
  std::istringstream words(std::string(view(message->data)));
  for (std::string word; words >> word;) {
    if (word == "BAD")
      return jetcapture_fail(host, JETCAPTURE_BAD_DATA, "the message is bad");
    if (word == "LATER" && retries_left > 0) {
      retries_left--;
      return jetcapture_fail(host, JETCAPTURE_RETRY, "the registry does not answer");
    }
    if (word == "LATER")
      continue;
    if (word == "FATAL")
      return jetcapture_fail(host, JETCAPTURE_FATAL, "the decoder can't go on");
    const Item item = item_of(*message, word);
    const jetcapture_text key = {item.key.data(), item.key.size()};
    const jetcapture_item emitted = {sizeof emitted, 1, &key, &item, item.time};
    if (const jetcapture_status status = sink->emit(sink, &emitted); status != JETCAPTURE_OK)
      return status;
  }
  return JETCAPTURE_OK;
}

// The writer's block.
struct FakeBlock {
  const jetcapture_host *host;
  jetcapture_out *out;
  bool counts = true;
  std::size_t lines = 0;
  std::size_t marked = 0;
  bool can_be_finished = true;
  std::string colour = {}; // of its items; empty: none has one
  std::string marked_colour = {};
  bool fails_to_mark = false;
  bool fails_to_roll_back = false;
};

jetcapture_status create_writer(const jetcapture_create_args *args, void **self) {
  *self = new FakeBlock{args->host, nullptr};
  return JETCAPTURE_OK;
}

jetcapture_status open_block(void *self, const jetcapture_block_info *, jetcapture_out *out, void **block) {
  *block = new FakeBlock{static_cast<FakeBlock *>(self)->host, out};
  return JETCAPTURE_OK;
}

// One without a state beside its bytes.
jetcapture_status open_plain_block(void *self, const jetcapture_block_info *, jetcapture_out *out, void **block) {
  *block = new FakeBlock{static_cast<FakeBlock *>(self)->host, out, false};
  return JETCAPTURE_OK;
}

jetcapture_status write_item(void *block, const void *payload) {
  FakeBlock &here = *static_cast<FakeBlock *>(block);
  const Item &item = *static_cast<const Item *>(payload);
  if (item.refusal == "bad")
    return jetcapture_fail(here.host, JETCAPTURE_BAD_DATA, "the item is bad");
  const bool is_colour = item.refusal == "red" || item.refusal == "blue" || item.refusal == "green";
  if (is_colour && !here.colour.empty() && here.colour != item.refusal)
    return jetcapture_fail(here.host, JETCAPTURE_NEXT_BLOCK, "the item is of another colour");
  if (item.refusal == "never" || (item.refusal == "next" && here.lines > 0))
    return jetcapture_fail(here.host, JETCAPTURE_NEXT_BLOCK, "the item does not fit");
  if (item.refusal == "later" && retries_left > 0) {
    retries_left--;
    return jetcapture_fail(here.host, JETCAPTURE_RETRY, "there is no room now");
  }
  here.fails_to_mark = here.fails_to_mark || item.refusal == "unmarked";
  here.fails_to_roll_back = here.fails_to_roll_back || item.refusal == "unrolled";
  here.can_be_finished = here.can_be_finished && item.refusal != "unfinished";
  std::string line = std::to_string(item.message->stream_sequence) + "@" + std::to_string(item.message->timestamp) +
                     " " + item.key + " ";
  line.resize(std::max(line.size(), item.bytes), '.');
  line.back() = '\n';
  here.lines++;
  if (is_colour)
    here.colour = item.refusal;
  return jetcapture_put(here.out, line.data(), line.size());
}

jetcapture_status finish_block(void *block) {
  const FakeBlock &here = *static_cast<FakeBlock *>(block);
  if (!here.can_be_finished)
    return jetcapture_fail(here.host, JETCAPTURE_FATAL, "the block can't be finished");
  if (!here.counts)
    return JETCAPTURE_OK;
  const std::string end = "lines " + std::to_string(here.lines) + "\n";
  return jetcapture_put(here.out, end.data(), end.size());
}

void close_block(void *block) {
  delete static_cast<FakeBlock *>(block);
}

jetcapture_status mark(void *block) {
  FakeBlock &here = *static_cast<FakeBlock *>(block);
  if (here.fails_to_mark)
    return jetcapture_fail(here.host, JETCAPTURE_FATAL, "the block can't be marked");
  here.marked = here.lines;
  here.marked_colour = here.colour;
  return JETCAPTURE_OK;
}

jetcapture_status roll_back(void *block) {
  FakeBlock &here = *static_cast<FakeBlock *>(block);
  if (here.fails_to_roll_back)
    return jetcapture_fail(here.host, JETCAPTURE_FATAL, "the block can't be rolled back");
  here.lines = here.marked;
  here.colour = here.marked_colour;
  return JETCAPTURE_OK;
}

template <class Type>
void destroy(void *self) {
  delete static_cast<Type *>(self);
}

jetcapture_writer make_writer(bool can_roll_back) {
  static const jetcapture_about about = {sizeof about, 0, "fake", "1", "a writer for tests", nullptr};
  jetcapture_writer writer{};
  writer.size = sizeof writer;
  writer.about = &about;
  writer.accepts = payloads;
  writer.suffix = ".txt";
  writer.content_type = "text/plain";
  writer.create = &create_writer;
  writer.open = can_roll_back ? &open_block : &open_plain_block;
  writer.write = &write_item;
  writer.finish = &finish_block;
  writer.close = &close_block;
  writer.destroy = &destroy<FakeBlock>;
  if (can_roll_back) {
    writer.mark = &mark;
    writer.rollback = &roll_back;
  }
  return writer;
}

} // namespace

const jetcapture_decoder &fake_decoder() {
  static const jetcapture_about about = {sizeof about, 0, "fake", "1", "a decoder for tests", nullptr};
  static const jetcapture_decoder decoder = {sizeof decoder,       0, &about, payloads, &create_decoder, &decode,
                                             &destroy<FakeDecoder>};
  return decoder;
}

void ask_to_wait(int calls) {
  retries_left = calls;
}

const jetcapture_writer &fake_writer(bool can_roll_back) {
  static const jetcapture_writer with = make_writer(true);
  static const jetcapture_writer without = make_writer(false);
  return can_roll_back ? with : without;
}

std::vector<StoredPart> parts_of(const std::string &object) {
  std::vector<StoredPart> parts;
  std::istringstream lines(object);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    if (line.starts_with("lines ")) {
      if (line.substr(6) != std::to_string(parts.size()))
        throw std::runtime_error("an object has " + std::to_string(parts.size()) + " lines, and its last one says \"" +
                                 line + "\"");
      return parts;
    }
    StoredPart part;
    char at;
    words >> std::get<0>(part) >> at >> std::get<1>(part) >> std::get<2>(part);
    parts.push_back(std::move(part));
  }
  if (!object.empty())
    throw std::runtime_error("an object has no end");
  return parts;
}

struct FakeStore::Instance {
  FakeStore *store;
  const jetcapture_host *host;
};

const jetcapture_store &FakeStore::description(Kind kind) {
  static const jetcapture_option fake = {
      sizeof fake, JETCAPTURE_OPTION_INTEGER, JETCAPTURE_OPTION_REQUIRED, 0, "fake", nullptr, nullptr, "its address"};
  static const jetcapture_option *const options[] = {&fake, nullptr};
  static const jetcapture_about about = {sizeof about, 0, "fake", "1", "a store for tests", options};
  static const jetcapture_store blind = [] {
    jetcapture_store made{};
    made.size = sizeof made;
    made.about = &about;
    made.create = [](const jetcapture_create_args *args, void **self) -> jetcapture_status {
      *self = new Instance{reinterpret_cast<FakeStore *>(jetcapture_get(args, "fake")->integer), args->host};
      return JETCAPTURE_OK;
    };
    made.put = [](void *self, const jetcapture_object *object, jetcapture_result *) {
      return static_cast<Instance *>(self)->store->put(*object, static_cast<Instance *>(self)->host);
    };
    made.destroy = &destroy<Instance>;
    made.max_puts = [](void *self) { return static_cast<Instance *>(self)->store->max_puts_; };
    return made;
  }();
  static const jetcapture_store seeing = [] {
    jetcapture_store made = blind;
    made.stat = [](void *self, jetcapture_text name, jetcapture_object_status *status) -> jetcapture_status {
      const auto objects = static_cast<Instance *>(self)->store->objects();
      const auto found = objects.find(std::string(view(name)));
      status->exists = found == objects.end() ? 0 : 1;
      status->bytes = found == objects.end() ? 0 : found->second.size();
      return JETCAPTURE_OK;
    };
    return made;
  }();
  static const jetcapture_store complete = [] {
    jetcapture_store made = seeing;
    made.flags = JETCAPTURE_STORE_CREATES;
    made.get = [](void *self, jetcapture_text name, std::uint64_t offset, std::uint64_t count,
                  const jetcapture_visitor *visitor) -> jetcapture_status {
      const auto objects = static_cast<Instance *>(self)->store->objects();
      const auto found = objects.find(std::string(view(name)));
      if (found == objects.end())
        return JETCAPTURE_NOT_FOUND;
      const std::string bytes = found->second.substr(std::min<std::uint64_t>(offset, found->second.size()), count);
      return bytes.empty() ? JETCAPTURE_OK : visitor->bytes(visitor, {bytes.data(), bytes.size()});
    };
    made.list = [](void *self, jetcapture_text prefix, jetcapture_text after, std::uint64_t limit,
                   const jetcapture_visitor *visitor) -> jetcapture_status {
      if (static_cast<Instance *>(self)->store->lists_nothing_)
        return JETCAPTURE_RETRY;
      const auto objects = static_cast<Instance *>(self)->store->objects();
      std::uint64_t names = 0;
      for (auto next = objects.upper_bound(std::string(view(after))); next != objects.end(); next++) {
        if (!next->first.starts_with(view(prefix)) || (limit != 0 && names == limit))
          continue;
        names++;
        if (const auto status = visitor->name(visitor, {next->first.data(), next->first.size()}, next->second.size());
            status != JETCAPTURE_OK)
          return status;
      }
      return JETCAPTURE_OK;
    };
    return made;
  }();
  return kind == Kind::blind ? blind : kind == Kind::seeing ? seeing : complete;
}

std::vector<std::string> FakeStore::options() const {
  return {"fake=" + std::to_string(reinterpret_cast<std::intptr_t>(this))};
}

void FakeStore::answer(jetcapture_status status, std::string sentence) {
  const std::lock_guard lock(mutex_);
  status_ = status;
  sentence_ = std::move(sentence);
}

void FakeStore::on_put(std::function<void(bool stored)> visit) {
  const std::lock_guard lock(mutex_);
  on_put_ = std::move(visit);
}

// The visit looks at this store: not below the lock.
void FakeStore::tell(bool stored) const {
  std::unique_lock lock(mutex_);
  const std::function<void(bool)> visit = on_put_;
  lock.unlock();
  visit(stored);
}

void FakeStore::hold(std::string begin) {
  const std::lock_guard lock(mutex_);
  held_begin_ = std::move(begin);
  held_ = true;
}

void FakeStore::release() {
  {
    const std::lock_guard lock(mutex_);
    held_ = false;
  }
  changed_.notify_all();
}

void FakeStore::set_objects(std::map<std::string, std::string> objects) {
  const std::lock_guard lock(mutex_);
  for (auto &[name, bytes] : objects)
    keep(name, std::move(bytes));
}

void FakeStore::remove(const std::string &name) {
  const std::lock_guard lock(mutex_);
  objects_.erase(name);
}

// Below the lock.
void FakeStore::keep(const std::string &name, std::string bytes) {
  const auto [object, is_new] = objects_.insert_or_assign(name, std::move(bytes));
  if (is_new && !name.starts_with("_"))
    for (const StoredPart &part : parts_of(object->second))
      parts_[part]++;
}

std::map<std::string, std::string> FakeStore::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

bool FakeStore::has(const StoredPart &part) const {
  const std::lock_guard lock(mutex_);
  return parts_.contains(part);
}

std::map<StoredPart, std::size_t> FakeStore::parts() const {
  const std::lock_guard lock(mutex_);
  return parts_;
}

std::vector<std::pair<FakeStore::Time::time_point, std::string>> FakeStore::puts() const {
  const std::lock_guard lock(mutex_);
  return puts_;
}

bool FakeStore::wait_for(const std::function<bool()> &condition) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), condition);
}

bool FakeStore::wait_for_objects(std::size_t count) const {
  return wait_for([&] { return objects_.size() >= count; });
}

bool FakeStore::wait_for_puts(std::size_t count) const {
  return wait_for([&] { return puts_.size() >= count; });
}

bool FakeStore::wait_for_answers(std::size_t count) const {
  return wait_for([&] { return answers_ >= count; });
}

void FakeStore::lose_next_answer() {
  const std::lock_guard lock(mutex_);
  loses_answer_ = true;
}

// Below the lock.
jetcapture_status FakeStore::put_locked(const jetcapture_object &object, std::string bytes) {
  const std::string name(view(object.name));
  if ((object.flags & JETCAPTURE_CREATE_ONLY) != 0 && !replaces_ && objects_.contains(name))
    return JETCAPTURE_EXISTS;
  keep(name, std::move(bytes));
  return std::exchange(loses_answer_, false) ? JETCAPTURE_RETRY : JETCAPTURE_OK;
}

jetcapture_status FakeStore::put(const jetcapture_object &object, const jetcapture_host *host) {
  tell(false);
  std::string bytes(object.bytes, '\0');
  for (std::uint64_t at = 0; at < object.bytes;) {
    const std::int64_t got = object.read(&object, at, bytes.data() + at, object.bytes - at);
    if (got <= 0)
      return jetcapture_fail(host, JETCAPTURE_RETRY, "the object can't be read");
    at += static_cast<std::uint64_t>(got);
  }
  jetcapture_status status;
  std::string sentence;
  {
    std::unique_lock lock(mutex_);
    puts_.emplace_back(Time::now(), view(object.name));
    changed_.notify_all();
    // The host tells nobody that it has cancelled: a store looks now and then.
    const auto is_held = [&] { return held_ && view(object.name).starts_with(held_begin_); };
    while (is_held() && host->cancelled(host) == 0)
      changed_.wait_for(lock, std::chrono::milliseconds(1));
    status = is_held() ? JETCAPTURE_RETRY : status_;
    sentence = is_held() ? "cancelled" : sentence_;
    if (status == JETCAPTURE_OK)
      status = put_locked(object, std::move(bytes));
    answers_++;
  }
  changed_.notify_all();
  if (status != JETCAPTURE_OK)
    return jetcapture_fail(host, status, sentence.c_str());
  tell(true);
  return JETCAPTURE_OK;
}

} // namespace jetcapture::test
