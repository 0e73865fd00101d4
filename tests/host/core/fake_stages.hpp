// A decoder, a writer and a store as C descriptions, whose messages say what is to happen.
//
// The data of a message are words, each an item: KEY, KEY#BYTES for a line of that length, KEY@NANOSECONDS with a time
// of its own. KEY!bad is refused by the writer; KEY!next as well, unless the block is empty; KEY!never always. KEY!red,
// KEY!blue and KEY!green are refused by a block that has one of another colour.
// KEY!unfinished is taken, and its block can't be finished; after KEY!unmarked and KEY!unrolled mark() and rollback()
// of the block fail. KEY!later and the word LATER ask to wait, as often as ask_to_wait() says.
// The word BAD ends the decoding with JETCAPTURE_BAD_DATA, FATAL with JETCAPTURE_FATAL. No word: it is filtered.
//
// The writer writes a line "SEQUENCE@TIMESTAMP KEY" for each item, and at the end how many they are.
#pragma once

#include "plugins/stages.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace jetcapture::test {

const jetcapture_decoder &fake_decoder();
// can_roll_back: it has mark() and rollback(); else it does not write how many items they are.
const jetcapture_writer &fake_writer(bool can_roll_back = true);

// So many calls of decoders and writers are answered with JETCAPTURE_RETRY from now on.
void ask_to_wait(int calls);

// A part of a message as an object has it: sequence, timestamp, key.
using StoredPart = std::tuple<std::uint64_t, std::int64_t, std::string>;
// The lines of an object; an empty one has none. Throws std::runtime_error where its last line does not say how many
// they are.
std::vector<StoredPart> parts_of(const std::string &object);

// Any thread.
class FakeStore {
public:
  using Time = std::chrono::steady_clock;

  // max_puts: what its instances say; 0: any number.
  explicit FakeStore(std::uint32_t max_puts = 0) : max_puts_(max_puts) {}

  // What it can do beside put(): nothing, stat(), or all that a ledger needs.
  enum class Kind { blind, seeing, complete };
  static const jetcapture_store &description(Kind kind = Kind::seeing);
  // What a stage of this store is made with.
  std::vector<std::string> options() const;

  // Puts return that from now on.
  void answer(jetcapture_status status, std::string sentence = {});
  // Puts of objects whose names begin so stay in the store's hands until it is released, or the capture is cancelled.
  void hold(std::string begin = {});
  void release();
  // The next object that is put is there, and the host is told that it can't be told.
  void lose_next_answer();
  // Listings fail while it is so.
  void refuse_lists(bool so) { lists_nothing_ = so; }
  // Puts replace what is there, though they should not.
  void replace_always() { replaces_ = true; }
  // Called on the store's thread before an object is there, and after it.
  void on_put(std::function<void(bool stored)> visit);
  // As if they had been put.
  void set_objects(std::map<std::string, std::string> objects);
  // As somebody else removes it. parts() counts it still.
  void remove(const std::string &name);

  std::map<std::string, std::string> objects() const;
  bool has(const StoredPart &part) const;
  // How many objects have each part. Those of the quarantine, and manifests, have none.
  std::map<StoredPart, std::size_t> parts() const;
  // When puts began, and of what.
  std::vector<std::pair<Time::time_point, std::string>> puts() const;
  // False: not within ten seconds.
  bool wait_for_objects(std::size_t count) const;
  bool wait_for_puts(std::size_t count) const;
  bool wait_for_answers(std::size_t count) const;

private:
  struct Instance;
  jetcapture_status put(const jetcapture_object &object, const jetcapture_host *host);
  jetcapture_status put_locked(const jetcapture_object &object, std::string bytes);
  void keep(const std::string &name, std::string bytes);
  bool wait_for(const std::function<bool()> &condition) const;

  const std::uint32_t max_puts_;
  void tell(bool stored) const;

  mutable std::mutex mutex_; // of what follows
  std::function<void(bool)> on_put_ = [](bool) {};
  mutable std::condition_variable changed_;
  std::map<std::string, std::string> objects_;
  std::map<StoredPart, std::size_t> parts_;
  std::vector<std::pair<Time::time_point, std::string>> puts_;
  std::size_t answers_ = 0;
  jetcapture_status status_ = JETCAPTURE_OK;
  std::string sentence_;
  bool replaces_ = false;
  std::atomic<bool> lists_nothing_ = false;
  bool loses_answer_ = false;
  bool held_ = false;
  std::string held_begin_;
};

} // namespace jetcapture::test
