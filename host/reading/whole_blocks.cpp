#include "reading/whole_blocks.hpp"

#include "audit/chain_walk.hpp"
#include "audit/retirements.hpp"
#include "log/time_text.hpp"
#include "settings/error.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::string_view lossless_decoder = "message";

// A block that is done, and perhaps of whole messages.
struct Candidate {
  WholeBlock block;
  bool quarantine = false;
  const std::string &capture() const { return block.manifest->chain.capture; }
  bool is_whole() const { return quarantine || block.manifest->decoder.name == lossless_decoder; }
};

// One of several streams of that name, one after the other.
struct Life {
  bool has_blocks = false; // that are done, also others than those that are wanted
  std::vector<Candidate> candidates;
};

std::int64_t time_of(const std::string &created) {
  return time_of_text(created).value_or(0);
}

class Search {
public:
  Search(const StoreReader &reader, const WantedMessages &wanted, Readers &readers, Findings &findings)
      : reader_(reader), wanted_(wanted), readers_(readers), findings_(findings) {}

  WholeBlocks run(const std::vector<ListedChain> &chains, const std::function<void(std::uint64_t)> &progress) {
    WalkOptions walking;
    walking.through_indexes = true;
    walking.only_undeclared = true;
    const Retirements retired = read_retirements(reader_, chains);
    walking.retired = &retired;
    walking.with_sequences = [](const Manifest &) { return false; };
    walking.look = [&](const BlockLine &line, std::string &reason) {
      return wanted_.may_be_in(line) ? look_by_stat(reader_, line, reason) : ObjectState::unknown;
    };
    std::uint64_t done = 0;
    for (const ListedChain &chain : chains)
      walk(reader_, chain, walking, findings_, [&](WalkedManifest &walked) {
        progress(++done);
        take(walked);
      });
    return chosen();
  }

private:
  void take(WalkedManifest &walked) {
    const Manifest &manifest = walked.manifest;
    streams_.insert(manifest.chain.stream);
    Life &life = by_created_[manifest.stream_created];
    std::shared_ptr<const ManifestHeader> header;
    for (std::size_t i = 0; i < manifest.lines.size(); i++) {
      const BlockLine &line = manifest.lines[i];
      life.has_blocks |= walked.declared[i] == Declared::done && walked.messages[i] > 0;
      if (!wanted_.may_be_in(line) || !is_done(walked, i))
        continue;
      life.has_blocks = true;
      if (header == nullptr)
        header = std::make_shared<const ManifestHeader>(manifest);
      life.candidates.push_back({{line.name, line.bytes, line.sha256, walked.messages[i], line.written_bytes,
                                  line.first_sequence, line.last_sequence, i, header, nullptr},
                                 line.place.quarantine});
    }
  }

  bool is_done(const WalkedManifest &walked, std::size_t i) {
    const BlockLine &line = walked.manifest.lines[i];
    switch (walked.state(i)) {
    case LineState::done:
      return true;
    case LineState::unknown:
      findings_.add({Verdict::unknown, "object_unknown", line.name, "can't be looked at: " + walked.reasons[i], {}});
      return false;
    case LineState::retired:
      findings_.add({Verdict::good, "block_retired", line.name, "is retired: the backup no longer has it", {}});
      return false;
    case LineState::pending:
      findings_.add({Verdict::good, "block_pending", line.name, "is not stored yet", {}});
      return false;
    default: // its messages are in other blocks
      return false;
    }
  }

  WholeBlocks chosen() {
    if (streams_.size() > 1)
      throw StartupError("the store has backups of several streams, such as " + *streams_.begin() + " and " +
                         *std::next(streams_.begin()) + "; name one with --stream");
    WholeBlocks whole;
    const auto life = chosen_life();
    if (life == by_created_.end())
      return whole;
    whole.stream = *streams_.begin();
    whole.stream_created = life->first;
    whole.blocks = readable(life->second.candidates);
    std::sort(whole.blocks.begin(), whole.blocks.end(), [](const WholeBlock &one, const WholeBlock &other) {
      return std::pair(one.first_sequence, one.name) < std::pair(other.first_sequence, other.name);
    });
    return whole;
  }

  // A stream that was recreated empty, and whose capture goes on, is not the one that was lost.
  static std::pair<bool, std::int64_t> rank_of(const std::pair<const std::string, Life> &one) {
    return {one.second.has_blocks, time_of(one.first)};
  }

  std::map<std::string, Life>::iterator chosen_life() {
    auto chosen = by_created_.end();
    for (auto life = by_created_.begin(); life != by_created_.end(); ++life) {
      const bool is_wanted = wanted_.stream_created ? time_of(life->first) == *wanted_.stream_created
                                                    : chosen == by_created_.end() || rank_of(*life) > rank_of(*chosen);
      if (is_wanted)
        chosen = life;
    }
    if (chosen == by_created_.end() && wanted_.stream_created && !by_created_.empty())
      throw StartupError("the store has no backup of a stream that was created at " +
                         short_time_text(*wanted_.stream_created) + "; there is one of " + by_created_.begin()->first);
    for (auto life = by_created_.begin(); life != by_created_.end(); ++life)
      if (life != chosen && !life->second.candidates.empty())
        findings_.add({Verdict::good,
                       "other_stream",
                       std::to_string(life->second.candidates.size()) + " blocks",
                       "are of another stream of that name, created " + life->first +
                           ", and are left out: name it with --created",
                       {}});
    return chosen;
  }

  std::vector<WholeBlock> readable(std::vector<Candidate> &candidates) {
    std::set<std::string> whole_captures;
    for (const Candidate &one : candidates)
      if (one.is_whole() && !one.quarantine)
        whole_captures.insert(one.capture());
    std::map<std::string, std::uint64_t> left_out; // blocks, by their capture
    std::vector<WholeBlock> blocks;
    for (Candidate &one : candidates) {
      if (!whole_captures.empty() && !whole_captures.contains(one.capture()))
        left_out[one.capture()]++;
      else if (can_be_read(one))
        blocks.push_back(std::move(one.block));
    }
    for (const auto &[capture, count] : left_out)
      findings_.add({Verdict::good,
                     "capture_left_out",
                     std::to_string(count) + " blocks of " + capture,
                     "are left out: that capture has no whole messages, and another one has",
                     {}});
    return blocks;
  }

  bool can_be_read(Candidate &one) {
    const std::vector<SequenceRun> around = {{one.block.first_sequence, one.block.last_sequence}};
    if (!one.is_whole()) {
      findings_.add({Verdict::wrong,
                     "block_lossy",
                     one.block.name,
                     "has no whole messages: it was captured with the decoder " + one.block.manifest->decoder.name +
                         ", not with " + std::string(lossless_decoder) + "; it is within sequences " + text_of(around),
                     {}});
      return false;
    }
    std::string why;
    one.block.reader =
        readers_.of(one.quarantine ? std::string(quarantine_reader) : one.block.manifest->writer.name, why);
    if (one.block.reader == nullptr)
      findings_.add({Verdict::wrong,
                     "no_reader",
                     one.block.name,
                     "can't be read: " + why + "; it is within sequences " + text_of(around),
                     {}});
    return one.block.reader != nullptr;
  }

  const StoreReader &reader_;
  const WantedMessages &wanted_;
  Readers &readers_;
  Findings &findings_;
  std::set<std::string> streams_;
  std::map<std::string, Life> by_created_; // when the stream was created
};

} // namespace

WholeBlocks find_whole_blocks(const StoreReader &reader, const std::vector<ListedChain> &chains,
                              const WantedMessages &wanted, Readers &readers, Findings &findings,
                              const std::function<void(std::uint64_t)> &progress) {
  return Search(reader, wanted, readers, findings).run(chains, progress);
}

} // namespace jetcapture::host
