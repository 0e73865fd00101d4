#include "notify/outbox.hpp"

#include "files/durable.hpp"
#include "ledger/manifest_values.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t smallest_worth_rewriting = 1 << 20;
// Of those that were told to be complete: what comes later is added to what they had.
constexpr std::size_t most_told_intervals = 1000;

std::string line_of(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string line_of(const Outbox::Prepared &block) {
  return line_of({{"prepared", block.notification.id},
                  {"interval", block.interval_start},
                  {"rows", block.rows},
                  {"messages", block.messages},
                  {"bytes", block.bytes},
                  {"sha256", text_of_hash(block.sha256)},
                  {"body", block.notification.body}});
}

// Throw nlohmann's exceptions and ManifestError: it is no such record.
Outbox::Prepared prepared_of(const nlohmann::json &record) {
  return {.notification = {text_in(record, "prepared"), text_in(record, "body")},
          .interval_start = signed_in(record, "interval"),
          .rows = unsigned_in(record, "rows"),
          .messages = unsigned_in(record, "messages"),
          .bytes = unsigned_in(record, "bytes"),
          .sha256 = hash_in(record, "sha256")};
}

Notification notification_in(const nlohmann::json &record) {
  return {text_in(record, record.contains("ready") ? "ready" : "prepared"), text_in(record, "body")};
}

std::string line_of(std::int64_t start, const IntervalTotals &totals) {
  return line_of({{"interval", start},
                  {"blocks", totals.blocks},
                  {"rows", totals.rows},
                  {"messages", totals.messages},
                  {"bytes", totals.bytes},
                  {"told", totals.told},
                  {"has_more", totals.has_more},
                  {"last_object", totals.last_object}});
}

IntervalTotals totals_of(const nlohmann::json &record) {
  return {.blocks = unsigned_in(record, "blocks"),
          .rows = unsigned_in(record, "rows"),
          .messages = unsigned_in(record, "messages"),
          .bytes = unsigned_in(record, "bytes"),
          .told = unsigned_in(record, "told"),
          .has_more = flag_in(record, "has_more"),
          .last_object = text_in(record, "last_object")};
}

} // namespace

Outbox::Outbox(std::filesystem::path file, Lasts lasts) : file_(std::move(file)), lasts_(lasts) {
  const MutexLock lock(mutex_);
  if (lasts_ == Lasts::for_this_run && ::unlink(file_.c_str()) != 0 && errno != ENOENT)
    fail(errno);
  open();
  // A crash may have cut off the last line.
  size_ = apply_all();
  if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0)
    fail(errno);
}

Outbox::~Outbox() {
  const MutexLock lock(mutex_);
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

void Outbox::fail(int error) const {
  throw OutboxError("the file of notifications that are not published yet, " + file_.string() +
                    ", can't be read and written (" + std::generic_category().message(error) +
                    "): check its permissions and the room on its disk");
}

void Outbox::open() {
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0 || !sync_folder(file_.parent_path()))
    fail(errno);
  size_ = static_cast<std::uint64_t>(status.st_size);
}

std::uint64_t Outbox::apply_all() {
  const std::string text = read_at({0, size_});
  std::map<std::string, std::uint64_t> numbers; // of those that are ready, by their id
  std::size_t at = 0;
  for (std::size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    try {
      apply(std::string_view(text).substr(at, end - at), {at, end + 1 - at}, numbers);
    } catch (const nlohmann::json::exception &) {
      damaged_++;
    } catch (const ManifestError &) {
      damaged_++;
    }
  }
  return at;
}

void Outbox::apply(std::string_view line, Place place, std::map<std::string, std::uint64_t> &numbers) {
  const nlohmann::json record = nlohmann::json::parse(line);
  const auto take = [&](const std::string &id) {
    mutex_.assert_held();
    const auto found = prepared_.find(id);
    const Place was = found == prepared_.end() ? Place() : found->second;
    if (found != prepared_.end())
      prepared_.erase(found);
    return was;
  };
  if (record.contains("prepared")) {
    const Prepared block = prepared_of(record);
    live_ -= take(block.notification.id).size;
    prepared_[block.notification.id] = place;
    live_ += place.size;
  } else if (record.contains("stored")) {
    const std::string id = text_in(record, "stored");
    const Place was = take(id);
    if (was.size == 0)
      return;
    add(prepared_of(nlohmann::json::parse(read_at(was))));
    numbers[id] = make_ready(was);
  } else if (record.contains("dropped")) {
    live_ -= take(text_in(record, "dropped")).size;
  } else if (record.contains("ready")) {
    if (record.contains("told")) {
      IntervalTotals &totals = intervals_[signed_in(record, "told")];
      totals.told++;
      totals.has_more = false;
    }
    numbers[text_in(record, "ready")] = make_ready(place);
    live_ += place.size;
  } else if (record.contains("published")) {
    const auto number = numbers.find(text_in(record, "published"));
    if (number == numbers.end())
      return;
    live_ -= ready_[number->second].size;
    ready_.erase(number->second);
    numbers.erase(number);
  } else {
    intervals_[signed_in(record, "interval")] = totals_of(record);
  }
}

void Outbox::add(const Prepared &block) {
  IntervalTotals &totals = intervals_[block.interval_start];
  totals.blocks++;
  totals.rows += block.rows;
  totals.messages += block.messages;
  totals.bytes += block.bytes;
  totals.has_more = true;
  totals.last_object = block.notification.id;
}

std::uint64_t Outbox::make_ready(Place place) {
  ready_[next_number_] = place;
  return next_number_++;
}

Outbox::Place Outbox::append(const std::string &line) {
  // What a write that fails leaves behind the end is written over by the next one.
  if (!write_whole_at(descriptor_, line, size_))
    fail(errno);
  const Place place = {size_, line.size()};
  size_ += line.size();
  appended_ += line.size();
  return place;
}

std::string Outbox::read_at(Place place) const {
  std::string text(place.size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count =
        ::pread(descriptor_, text.data() + done, text.size() - done, static_cast<off_t>(place.offset + done));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      fail(count < 0 ? errno : EIO);
    done += static_cast<std::size_t>(count);
  }
  return text;
}

// One call makes durable what several threads have appended.
void Outbox::sync(std::uint64_t up_to) {
  const MutexLock sync_lock(sync_mutex_);
  if (synced_ >= up_to || lasts_ == Lasts::for_this_run)
    return;
  int descriptor = -1;
  std::uint64_t appended = 0;
  {
    const MutexLock lock(mutex_);
    descriptor = descriptor_; // it changes only under both locks
    appended = appended_;
  }
  if (::fdatasync(descriptor) != 0)
    fail(errno);
  synced_ = appended;
}

void Outbox::prepare(const Prepared &block) {
  std::uint64_t up_to = 0;
  {
    const MutexLock lock(mutex_);
    const Place place = append(line_of(block));
    up_to = appended_;
    Place &known = prepared_[block.notification.id];
    live_ += place.size - known.size;
    known = place;
  }
  sync(up_to);
}

void Outbox::stored(const std::string &id) {
  const MutexLock lock(mutex_);
  const auto found = prepared_.find(id);
  if (found == prepared_.end())
    return;
  const Prepared block = prepared_of(nlohmann::json::parse(read_at(found->second)));
  append(line_of(Json{{"stored", id}}));
  add(block);
  make_ready(found->second);
  prepared_.erase(found);
}

void Outbox::dropped(const std::string &id) {
  std::uint64_t up_to = 0;
  {
    const MutexLock lock(mutex_);
    const auto found = prepared_.find(id);
    if (found == prepared_.end())
      return;
    append(line_of(Json{{"dropped", id}}));
    live_ -= found->second.size;
    prepared_.erase(found);
    up_to = appended_;
  }
  sync(up_to);
}

std::vector<Outbox::Prepared> Outbox::unsettled() const {
  const MutexLock lock(mutex_);
  std::vector<Prepared> all;
  for (const auto &[id, place] : prepared_)
    all.push_back(prepared_of(nlohmann::json::parse(read_at(place))));
  return all;
}

std::vector<std::int64_t> Outbox::untold_intervals() const {
  const MutexLock lock(mutex_);
  std::vector<std::int64_t> untold;
  for (const auto &[start, totals] : intervals_)
    if (totals.has_more)
      untold.push_back(start);
  return untold;
}

void Outbox::tell_interval(std::int64_t start, const std::function<Notification(const IntervalTotals &)> &make) {
  std::uint64_t up_to = 0;
  {
    const MutexLock lock(mutex_);
    const auto found = intervals_.find(start);
    if (found == intervals_.end() || !found->second.has_more)
      return;
    const Notification notification = make(found->second);
    const Place place = append(line_of(Json{{"ready", notification.id}, {"told", start}, {"body", notification.body}}));
    make_ready(place);
    live_ += place.size;
    found->second.told++;
    found->second.has_more = false;
    forget_old_intervals();
    up_to = appended_;
  }
  sync(up_to);
}

void Outbox::forget_old_intervals() {
  for (auto at = intervals_.begin(); intervals_.size() > most_told_intervals && at != intervals_.end();)
    at = at->second.has_more ? std::next(at) : intervals_.erase(at);
}

std::vector<Outbox::Waiting> Outbox::next(std::size_t most) const {
  const MutexLock lock(mutex_);
  std::vector<Waiting> all;
  for (auto at = ready_.begin(); at != ready_.end() && all.size() < most; ++at)
    all.push_back({at->first, notification_in(nlohmann::json::parse(read_at(at->second)))});
  return all;
}

void Outbox::published(std::span<const Waiting> ones) {
  {
    const MutexLock lock(mutex_);
    for (const Waiting &one : ones) {
      const auto found = ready_.find(one.number);
      if (found == ready_.end())
        continue;
      append(line_of(Json{{"published", one.notification.id}}));
      live_ -= found->second.size;
      ready_.erase(found);
    }
  }
  rewrite_if_due();
}

std::size_t Outbox::waiting() const {
  const MutexLock lock(mutex_);
  return ready_.size();
}

std::string Outbox::live_text() const {
  std::string text;
  for (const auto &[start, totals] : intervals_)
    text += line_of(start, totals);
  for (const auto &[id, place] : prepared_)
    text += read_at(place);
  for (const auto &[number, place] : ready_) {
    const Notification one = notification_in(nlohmann::json::parse(read_at(place)));
    text += line_of(Json{{"ready", one.id}, {"body", one.body}});
  }
  return text;
}

void Outbox::rewrite_if_due() {
  const MutexLock sync_lock(sync_mutex_);
  const MutexLock lock(mutex_);
  if (size_ < smallest_worth_rewriting || size_ < 4 * std::max(live_, rewritten_))
    return;
  if (const int error = replace_file(file_, live_text()); error != 0)
    fail(error);
  ::close(descriptor_);
  prepared_.clear();
  ready_.clear();
  intervals_.clear();
  live_ = 0;
  synced_ = appended_;
  open();
  apply_all();
  rewritten_ = size_;
}

} // namespace jetcapture::host
