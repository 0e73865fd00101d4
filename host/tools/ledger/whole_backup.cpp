#include "tools/ledger/whole_backup.hpp"

#include "plugins/searched_folders.hpp"
#include "reading/backup_messages.hpp"
#include "tools/ledger/report.hpp"
#include "tools/ledger/wanted_messages.hpp"

#include <atomic>
#include <map>
#include <optional>

namespace jetcapture::host {

class WholeBackup::Parts {
public:
  Parts(BackupStore &backup, const ToolArguments &given)
      : backup_(backup), wanted_(wanted_by(given)),
        readers_(folders_of(backup.settings()), backup.settings().allow_writable_plugins, backup.log(), cancelled_),
        spool_(spool_below_tmpdir()) {}

  const WholeBlocks &blocks() {
    if (!blocks_) {
      CountLine line;
      const FoundChains found = find_chains(backup_, findings_, line);
      blocks_ = find_whole_blocks(backup_.reader(), found.chains, wanted_, readers_, findings_,
                                  [&](std::uint64_t done) { line.show("manifests", done, 0); });
    }
    return *blocks_;
  }

  const Findings &findings() const { return findings_; }

  std::unique_ptr<MessageSource> open(Findings &findings) {
    const WholeBlocks &found = blocks();
    findings = findings_;
    return std::make_unique<BackupMessages>(BackupMessages::With{backup_.reader(), readers_, spool_}, found, wanted_,
                                            findings);
  }

private:
  BackupStore &backup_;
  const WantedMessages wanted_;
  const std::atomic<bool> cancelled_ = false;
  Readers readers_;
  Spool spool_;
  std::optional<WholeBlocks> blocks_;
  Findings findings_;
};

WholeBackup::WholeBackup(BackupStore &backup, const ToolArguments &given)
    : parts_(std::make_unique<Parts>(backup, given)) {}
WholeBackup::~WholeBackup() = default;

WholeTotals WholeBackup::totals() {
  const WholeBlocks &found = parts_->blocks();
  std::map<std::string, WholeTotals> by_capture;
  for (const WholeBlock &block : found.blocks) {
    WholeTotals &of_capture = by_capture[block.manifest->chain.capture];
    of_capture.messages += block.messages;
    of_capture.bytes += block.written_bytes;
  }
  WholeTotals most;
  for (const auto &[capture, totals] : by_capture)
    if (totals.messages > most.messages)
      most = totals;
  most.stream_created = found.stream_created;
  return most;
}

const Findings &WholeBackup::findings() const {
  return parts_->findings();
}

std::unique_ptr<MessageSource> WholeBackup::open(Findings &findings) {
  return parts_->open(findings);
}

} // namespace jetcapture::host
