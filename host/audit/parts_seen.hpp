// Which parts of messages are in blocks that are done, of one stream's life, one capture and one epoch: to tell a part
// that is in two blocks, and a message of which not all parts are there. One thread at a time.
#pragma once

#include "audit/generations.hpp"
#include "audit/sequence_set.hpp"
#include "ledger/manifest.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace jetcapture::host {

// What a message's sequence means something in: a stream that was recreated, another capture, another epoch or another
// generation may have the same one.
using Life = std::tuple<std::string, std::string, std::string, std::uint32_t, Generations::EndedBy>;
Life life_of(const ManifestHeader &header, Generations::EndedBy ended_by = Generations::current);
inline bool is_current(const Life &life) {
  return std::get<Generations::EndedBy>(life) == Generations::current;
}

class PartsSeen {
public:
  struct Again {
    std::vector<std::uint64_t> twice;  // in another block of the same host
    std::vector<std::uint64_t> across; // in a block of another host
  };
  // The messages of a block that is done. host: of its chain. What of it was there before.
  Again add(const BlockLine &line, const std::string &host);
  // Whether a message is in a block, with all its parts.
  bool has(std::uint64_t sequence) const;
  // Whether all messages of the block are in others.
  bool has_all(const BlockLine &line) const;
  // Messages of which some parts are in no block: ascending.
  std::vector<std::uint64_t> in_part() const;

  std::uint64_t messages() const { return any_.size(); }
  const SequenceSet &any() const { return any_; }

private:
  // A part of a message that is in several blocks is told from the others by the place of its block.
  using Place = std::tuple<std::string, std::int64_t, bool>;
  struct Host {
    SequenceSet own;
    SequenceSet shared;
    std::map<Place, SequenceSet> parts;
  };
  enum class Seen { no, here, elsewhere };
  Seen seen_own(std::uint64_t sequence, const std::string &host) const;
  Seen seen_part(std::uint64_t sequence, const Place &place, const std::string &host) const;
  void count_part(const SharedMessage &message);

  std::map<std::string, Host> hosts_;
  SequenceSet any_;
  std::map<std::uint64_t, std::uint32_t> missing_parts_; // of messages of several blocks that are not whole
};

} // namespace jetcapture::host
