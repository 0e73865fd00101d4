// The host's own record of blocks whose store, or whose acks, are not confirmed, and of all messages that are stored
// and acked. Read at the next start, so that a block that was stored is acked then, and not written again; nor is a
// message whose ack the server forgot.
//
// A file of records (journal_records.hpp) that are appended; journal_contents.hpp says what each means. A torn end, as
// a crash leaves it, is cut off. Damage elsewhere is skipped, with a warning: the records behind it are kept. The file
// is rewritten at each start, and when most of it is about blocks that are done.
//
// Any thread may write; several writers share one fsync. What can't be written leaves nothing behind, in the file or in
// memory.
#pragma once

#include "blocks/block.hpp"
#include "commit/journal_contents.hpp"
#include "commit/journal_records.hpp"
#include "commit/stored_messages.hpp"
#include "delivery/delivery.hpp"
#include "log/log.hpp"
#include "threads/mutex.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// The journal can't be written now: one sentence. Nothing may be stored or acked that it does not know.
struct JournalError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Whose a journal, or a block in it, is, compared with the capture that opens it.
enum class JournalOrigin {
  this_consumer,
  // The same stream, and a consumer of the same name that is gone: what is stored stays known, acks of it are not sent.
  earlier_consumer,
  other // what it says is dropped
};

class Journal {
public:
  using OriginOf = std::function<JournalOrigin(const CaptureIdentity &of_journal)>;

  // Rewrites or makes the file "journal" in the folder. kept: what it said, as read_journal() gives it. Throws
  // StartupError.
  Journal(const std::filesystem::path &folder, JournalContents kept, const CaptureIdentity &identity,
          const OriginOf &origin_of, Log &log);
  ~Journal(); // flushes
  Journal(const Journal &) = delete;
  Journal &operator=(const Journal &) = delete;

  // What earlier runs left, in the order of their ids.
  const std::vector<UnfinishedBlock> &unfinished() const { return unfinished_; }
  // [any-thread] The newest timestamp among all messages that it knows, nanoseconds since 1970; INT64_MIN: it knows
  // none.
  std::int64_t newest() const;
  // [capture thread] Before the first message: the ledger decides what was stored, and this file is only a cache. From
  // now on nothing waits until it is durable. listed: blocks of earlier runs that the ledger knows; those of the same
  // name are known here too, durably when it returns; where the file can't be written, the next run asks the ledger
  // again. floor: what the ledger tells of messages up to that sequence is not among them. The id of each.
  std::vector<std::uint64_t> follow_ledger(std::vector<UnfinishedBlock> listed, std::uint64_t floor);
  // Greater than any id in the file.
  std::uint64_t next_id() const { return next_id_; }

  // [any-thread] [may block] Durable when they return. Throw JournalError: then it is as if they had not been called.
  void intent(const SealedBlock &block);
  void stored(std::uint64_t id);
  // [any-thread] Durable some time later.
  void done(std::uint64_t id);
  void dropped(std::uint64_t id);
  // [any-thread] Messages of one generation, all of whose blocks are stored: they are known as stored from now on,
  // before their blocks are done.
  // newest: timestamp of the newest.
  void remember(const SequenceList &sequences, std::int64_t newest);
  // [any-thread] [may block] Makes all of it durable. Throws JournalError: what is pending stays so.
  void flush();

  // [any-thread] The message, by sequence and timestamp, is in a block that is done.
  bool is_stored(std::uint64_t sequence, std::int64_t timestamp) const;
  // [any-thread] Forgets, in pages of 512, which messages below that sequence are stored; in the file when it is next
  // rewritten. The caller passes an ack floor of the consumer that it saw at least ten minutes ago: a server that
  // crashes may lose the acks of its last minutes, and what it delivers again then has to be known still.
  void forget_below(std::uint64_t sequence);

  // [any-thread] All messages of the consumer up to that sequence of the stream are stored, or need not be: its ack
  // floor. It never goes back, is remembered at once, and stands in the file with the next record that is written: it
  // may be called often.
  void safe_up_to(std::uint64_t sequence);
  std::uint64_t safe_up_to() const;

  // [any-thread] How far consumer and stream are, up to where losses were told; kept as safe_up_to() keeps it, for the
  // next run.
  void note_position(const Delivery::Progress &position);
  // What earlier runs knew of the stream's messages.
  struct Earlier {
    // As note_position() was last told it; nullopt: not known, or the consumer is another one.
    std::optional<Delivery::Progress> position = {};
    std::uint64_t safe_up_to = 0; // see safe_up_to(), then
  };
  const Earlier &earlier() const { return earlier_; }

  // [any-thread] Messages newer than that timestamp have sequences that older ones had before, since the stream has
  // lost its end. Durable with the next record, so before a block of theirs is stored.
  void begin_generation(std::int64_t after);
  // [any-thread] The number of the generation of a message of that timestamp.
  std::uint32_t generation_of(std::int64_t timestamp) const;
  // [any-thread] Forgets the first generations, as far as it knows of no message in them: not of one that is in use,
  // nor of a later one. The others keep their numbers.
  void forget_generations_before(std::uint32_t in_use);

  // [capture thread] The message with the highest sequence that is in a block of the journal.
  Landmark landmark() const;

  // [any-thread] Records that were damaged when the file was read, with others behind them. What they said is not
  // known: a block that was stored may be stored once more, and a message that the server delivers again may be
  // taken for a new one.
  std::uint64_t uncertain_records() const { return uncertain_records_; }
  // [any-thread] Of the file.
  std::uint64_t bytes() const;
  // [any-thread] Records that are in memory and not yet written: nobody waits for them, or there is no room for them.
  std::uint64_t pending_bytes() const;
  // [any-thread] What it knows of messages that are stored: its bytes in the file when that is rewritten, and how many
  // generations they are of.
  std::uint64_t history_bytes() const;
  std::size_t generations() const;
  // [any-thread] Why the last attempt to write it failed: a sentence. Empty: it did not.
  std::string problem() const;

private:
  // What the file says of a block that is not done.
  struct Live {
    std::string intent; // records
    std::string stored; // empty: not known to be
    std::size_t bytes() const { return intent.size() + stored.size(); }
  };
  struct Change {
    RecordType type;
    std::uint64_t id;
    std::string record;
  };
  // Changes that become durable together, or none of them.
  struct Batch {
    std::vector<Change> changes;
    bool ended = false;
    bool synced = false; // whatever synced_ says
    std::string failure; // empty: they are durable
  };

  void adopt(JournalContents contents, const OriginOf &origin_of, Log &log) NEEDS_LOCK(mutex_);
  void write_durably(Change change);
  void write_batch() NEEDS_LOCK(mutex_);
  void write_out() NEEDS_LOCK(mutex_);
  int write_to_file(std::string_view ends, const Batch &batch, std::uint64_t good_size);
  void end_block(RecordType type, std::uint64_t id);
  void apply(Change change) NEEDS_LOCK(mutex_);
  bool position_is_new() const NEEDS_LOCK(mutex_) { return position_ != position_in_file_; }
  void add_to_history(const UnfinishedBlock &block) NEEDS_LOCK(mutex_);
  void write_history(std::string &bytes) const NEEDS_LOCK(mutex_);
  void compact_if_large() NEEDS_LOCK(mutex_);
  int compact() NEEDS_LOCK(mutex_);

  const std::filesystem::path file_;
  const CaptureIdentity identity_;
  std::vector<UnfinishedBlock> unfinished_;
  Earlier earlier_;
  std::uint64_t next_id_ = 1;
  std::uint64_t uncertain_records_ = 0;
  std::atomic<bool> synced_ = true; // what is written becomes durable at once

  mutable Mutex mutex_;
  std::condition_variable_any written_;
  // Of the writer alone while writing_, else guarded by the mutex, which clang can't express.
  int descriptor_ = -1;
  bool torn_ = false;             // behind the good size there is more, which could not be cut off
  bool folder_is_durable_ = true; // the file's name is fsynced

  std::uint64_t good_size_ GUARDED_BY(mutex_) = 0; // bytes of the file that are whole records
  std::uint64_t next_compaction_ GUARDED_BY(mutex_) = 0;
  bool writing_ GUARDED_BY(mutex_) = false;
  std::shared_ptr<Batch> batch_ GUARDED_BY(mutex_); // is written next; null: there is none
  std::string problem_ GUARDED_BY(mutex_);          // see problem()
  std::string ends_ GUARDED_BY(mutex_);             // records that nobody waits for; they are written next
  std::uint64_t safe_up_to_ GUARDED_BY(mutex_) = 0;
  std::uint64_t safe_up_to_in_file_ GUARDED_BY(mutex_) = 0;
  std::string position_ GUARDED_BY(mutex_);               // a record; empty: not known
  std::string position_in_file_ GUARDED_BY(mutex_);       // the same, as it was written last
  std::map<std::uint64_t, Live> live_ GUARDED_BY(mutex_); // as the file and ends_ have it
  std::uint64_t live_bytes_ GUARDED_BY(mutex_) = 0;
  std::optional<std::uint64_t> ledger_floor_ GUARDED_BY(mutex_); // see follow_ledger(), and forget_below()
  Landmark landmark_ GUARDED_BY(mutex_);
  StoredMessages history_ GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> highest_stored_ = 0; // of the history: nearly every message is above it
  std::atomic<bool> has_generations_ = false;     // nearly always false: each message asks
};

} // namespace jetcapture::host
