// A stream as the archive that nats-server restores it from, version 1: a tar in framed snappy with the configuration
// (`meta.inf`, and its hash `meta.sum`) and the messages in blocks (`msgs/1.blk`, …), as the server's file store has
// them on disk. It is an internal format of the server (server/filestore.go, server/stream.go), tried on the versions
// in tested_servers.hpp.
//
// A record, with the low bytes first:
//   u32 length of all, high bit: with headers | u64 sequence | i64 time | u16 length of the subject | subject
//   [u32 length of the header block | header block] | data | 8 bytes of RecordHash over sequence, time, subject,
//   header block and data
// A record whose sequence has its high bit is that of an erased message: without subject and data.
//
// One thread. Memory: a block, which is as large as the largest message or as most_block_bytes.
#pragma once

#include "delivery/whole_message.hpp"
#include "restore/framed_snappy.hpp"
#include "restore/record_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::host {

class SnapshotArchive {
public:
  static constexpr std::size_t most_block_bytes = 8u << 20;
  static constexpr std::size_t most_record_bytes = 32u << 20; // the server takes a longer one for damage
  // Sequences that are missing within a block cost the server memory for each; between two blocks they cost nothing.
  static constexpr std::uint64_t most_missing_in_a_block = 1000;

  // Servers before 2.10 take a sequence that has no record in its block for a damaged stream.
  enum class Erased { recorded, left_out };

  // configuration: JSON, with "Created" as the server writes it into its own archives. frames: is given each frame, the
  // first one at once.
  SnapshotArchive(std::string stream, std::string_view configuration, Erased erased, FramedSnappy::Sink frames,
                  std::size_t frame_bytes = FramedSnappy::most_in_a_frame);

  // Sequences ascend. Throws RestoreError: they do not, or the server would not read the message.
  void add(const WholeMessage &message);
  // last_sequence: of the stream; messages behind the last one that was added were deleted. Nothing is added
  // afterwards.
  void finish(std::uint64_t last_sequence);

  std::uint64_t messages() const { return messages_; }
  // As the server counts them: of the records.
  std::uint64_t bytes() const { return bytes_; }

private:
  void pass(std::uint64_t sequence);
  void put_record(std::uint64_t sequence, const WholeMessage &message);
  void put_erased(std::uint64_t sequence);
  void make_room(std::size_t bytes);
  void end_block();
  void put_file(const std::string &name, std::string_view bytes);

  const std::string stream_;
  const Erased erased_;
  FramedSnappy out_;
  std::uint64_t block_number_ = 1;
  RecordHash hash_; // of the open block
  std::string block_;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t last_sequence_ = 0; // 0: none yet
  std::int64_t last_timestamp_ = 0;
};

} // namespace jetcapture::host
