// Decides what has to end early: when the ack budget of the consumer is nearly used up, and when memory is.
//
// The capture thread alone uses it.
#pragma once

#include "blocks/clock.hpp"
#include "blocks/compressors.hpp"
#include "blocks/memory_meter.hpp"
#include "blocks/spool.hpp"
#include "capture/open_blocks.hpp"
#include "commit/capture_committer.hpp"
#include "ledger/ledger.hpp"
#include "log/log.hpp"
#include "upload/uploader.hpp"

#include <cstdint>

namespace jetcapture::host {

class Pressure {
public:
  // All outlive it.
  struct Surroundings {
    OpenBlocks &blocks;
    const CaptureCommitter &committer;
    const Compressors &compressors;
    const Uploader &uploader;
    const MemoryMeter &meter;
    const Spool &spool;
    const Clock &clock;
    Log &log;
    const Ledger *ledger = nullptr; // there is none
  };
  explicit Pressure(Surroundings surroundings) : with_(surroundings) {}

  // Seals blocks when messages in flight use up max_ack_pending, of this host or of all. last_message: when one came
  // last.
  void keep_ack_budget(Clock::time_point last_message);

  // Above the memory limit: moves bytes to the spool, and seals blocks where that does not help. False: pulling has to
  // pause.
  bool relieve_memory();

private:
  const Surroundings with_;
  bool budget_told_ = false;
  bool memory_told_ = false;
  Clock::time_point next_look_at_others_{};
  std::size_t fruitless_ = 0; // blocks looked at since the spool took something
  std::uint64_t spool_taken_ = 0;
};

} // namespace jetcapture::host
