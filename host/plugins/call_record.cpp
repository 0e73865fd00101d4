#include "plugins/call_record.hpp"

#include "settings/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t magic = 0x3153'4c4c'4143'434a; // "JCCALLS1"
constexpr std::uint32_t ended_itself = UINT32_MAX;
constexpr std::uint32_t ends_of_a_suspect = 2;

// More threads than that are not noted.
constexpr std::size_t most_threads = 512;
constexpr std::size_t most_suspects = 64;

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// The call is about one message, which may be what it ended at.
bool is_about_a_message(StageCall call) {
  return call == StageCall::decoder_decode || call == StageCall::writer_open || call == StageCall::writer_write ||
         call == StageCall::writer_mark || call == StageCall::writer_rollback;
}

} // namespace

thread_local CallRecord::Place CallRecord::place;

struct CallRecord::File {
  // A message that runs have ended at.
  struct Suspect {
    std::uint64_t sequence;
    std::int64_t timestamp;
    std::uint64_t ends; // 0: this place is free
  };
  std::uint64_t magic;
  std::uint64_t next_suspect; // the place that is used next
  std::array<Suspect, most_suspects> suspects;
  std::array<Slot, most_threads> slots;
};

std::string_view stage_of(StageCall call) {
  switch (call) {
  case StageCall::none:
    return "";
  case StageCall::decoder_create:
  case StageCall::decoder_decode:
    return "decoder";
  case StageCall::writer_create:
  case StageCall::writer_open:
  case StageCall::writer_write:
  case StageCall::writer_mark:
  case StageCall::writer_rollback:
  case StageCall::writer_finish:
  case StageCall::writer_close:
    return "writer";
  case StageCall::store_create:
  case StageCall::store_put:
  case StageCall::store_stat:
  case StageCall::store_get:
  case StageCall::store_list:
  case StageCall::store_remove:
    return "store";
  }
  return "";
}

std::string_view function_of(StageCall call) {
  switch (call) {
  case StageCall::none:
    return "";
  case StageCall::decoder_create:
  case StageCall::writer_create:
  case StageCall::store_create:
    return "create()";
  case StageCall::decoder_decode:
    return "decode()";
  case StageCall::writer_open:
    return "open()";
  case StageCall::writer_write:
    return "write()";
  case StageCall::writer_mark:
    return "mark()";
  case StageCall::writer_rollback:
    return "rollback()";
  case StageCall::writer_finish:
    return "finish()";
  case StageCall::writer_close:
    return "close()";
  case StageCall::store_put:
    return "put()";
  case StageCall::store_stat:
    return "stat()";
  case StageCall::store_get:
    return "get()";
  case StageCall::store_list:
    return "list()";
  case StageCall::store_remove:
    return "remove()";
  }
  return "";
}

CallRecord::CallRecord() : id_(next_id()) {
  void *const memory = ::mmap(nullptr, sizeof(File), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::bad_alloc();
  file_ = new (memory) File{};
}

CallRecord::~CallRecord() {
  ::munmap(file_, sizeof(File));
}

std::vector<CallRecord::Interrupted> CallRecord::keep_in(const std::filesystem::path &folder) {
  const std::filesystem::path path = folder / "calls";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  int error = descriptor < 0 ? errno : 0;
  // All its room is taken now: a store into a page that finds none later ends the process (SIGBUS).
  if (error == 0)
    error = ::posix_fallocate(descriptor, 0, sizeof(File));
  // At the same address: threads may know their slots.
  if (error == 0 &&
      ::mmap(file_, sizeof(File), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0) == MAP_FAILED)
    error = errno;
  if (descriptor >= 0)
    ::close(descriptor);
  if (error != 0)
    throw StartupError("the state folder " + folder.string() + " can't be written (" + std::strerror(error) +
                       "): free some space there, or choose another one with --state-dir");
  return take_over(*file_);
}

std::vector<CallRecord::Interrupted> CallRecord::take_over(File &file) {
  std::vector<Interrupted> interrupted;
  if (file.magic != magic) {
    new (&file) File{};
    file.magic = magic;
    return interrupted;
  }
  for (const Slot &slot : file.slots)
    if (slot.call != StageCall::none)
      interrupted.push_back({{slot.call, slot.sequence, slot.timestamp},
                             slot.ended_by == ended_itself ? 0 : static_cast<int>(slot.ended_by.load()),
                             slot.ended_by == ended_itself,
                             0});
  // Where it is known which thread ended the process, the others were only interrupted by it.
  const auto is_known = [](const Interrupted &call) { return call.signal != 0 || call.ended_process; };
  if (std::any_of(interrupted.begin(), interrupted.end(), is_known))
    std::erase_if(interrupted, [&](const Interrupted &call) { return !is_known(call); });
  for (Interrupted &call : interrupted) {
    if (!is_about_a_message(call.at.call))
      continue;
    auto found = std::find_if(file.suspects.begin(), file.suspects.end(), [&](const File::Suspect &suspect) {
      return suspect.ends > 0 && suspect.sequence == call.at.sequence && suspect.timestamp == call.at.timestamp;
    });
    if (found == file.suspects.end()) {
      found = file.suspects.begin() + static_cast<std::ptrdiff_t>(file.next_suspect++ % most_suspects);
      *found = {call.at.sequence, call.at.timestamp, 0};
    }
    call.ends = static_cast<std::uint32_t>(++found->ends);
  }
  for (Slot &slot : file.slots) {
    slot.call = StageCall::none;
    slot.ended_by = 0;
  }
  suspects_ = static_cast<std::uint32_t>(
      std::count_if(file.suspects.begin(), file.suspects.end(),
                    [](const File::Suspect &suspect) { return suspect.ends >= ends_of_a_suspect; }));
  return interrupted;
}

bool CallRecord::find_suspect(std::uint64_t sequence, std::int64_t timestamp) const {
  return std::any_of(file_->suspects.begin(), file_->suspects.end(), [&](const File::Suspect &suspect) {
    return suspect.ends >= ends_of_a_suspect && suspect.sequence == sequence && suspect.timestamp == timestamp;
  });
}

CallRecord::Slot *CallRecord::claim_slot() noexcept {
  const std::size_t number = slots_taken_.fetch_add(1);
  place = {id_, number < most_threads ? &file_->slots[number] : nullptr};
  return place.slot;
}

std::vector<CallRecord::Running> CallRecord::running() const {
  std::vector<Running> calls;
  const std::size_t taken = std::min(slots_taken_.load(), most_threads);
  for (std::size_t i = 0; i < taken; i++) {
    const Slot &slot = file_->slots[i];
    if (const StageCall call = slot.call.load(std::memory_order_acquire); call != StageCall::none)
      calls.push_back({i, slot.entered.load(), {call, slot.sequence.load(), slot.timestamp.load()}});
  }
  return calls;
}

std::optional<CallInProgress> CallRecord::ends_here(int signal) noexcept {
  Slot *const slot = place.slot;
  if (slot == nullptr || slot->call.load() == StageCall::none)
    return std::nullopt;
  slot->ended_by = signal == 0 ? ended_itself : static_cast<std::uint32_t>(signal);
  return CallInProgress{slot->call, slot->sequence, slot->timestamp};
}

} // namespace jetcapture::host
