// Which generation of its stream the messages of a chain are of, while the chain is walked from its end.
//
// A stream that has lost its end gives the same sequences to other messages. The run that finds it says so in its first
// manifest (ManifestHeader::rewound_to): what the manifests before it have behind that sequence is of a generation that
// has ended. All else is of the one that the stream was in when the capture looked last: the current one.
//
// One thread.
#pragma once

#include "ledger/manifest.hpp"

#include <cstdint>
#include <vector>

namespace jetcapture::host {

class Generations {
public:
  // The number of the manifest that ended a generation, which tells it from others of its chain; current: none did.
  using EndedBy = std::uint64_t;
  static constexpr EndedBy current = 0;

  // After that manifest those before it are met.
  void pass(const ManifestHeader &header);

  // Of the manifest that is met now: what it has up to that sequence is of the current one.
  std::uint64_t current_up_to() const { return current_up_to_; }
  EndedBy of(std::uint64_t sequence) const;
  // A line of it by generations: visit(ended_by, line), with a line that has nothing but the messages of each.
  template <class Visit>
  void visit(const BlockLine &line, Visit &&visit) const {
    if (line.last_sequence <= current_up_to_) {
      visit(current, line);
      return;
    }
    for (const Part &part : parts_of(line))
      visit(part.ended_by, part.line);
  }

private:
  struct Rewind {
    EndedBy manifest;
    std::uint64_t to;
  };
  struct Part {
    EndedBy ended_by;
    BlockLine line;
  };
  std::vector<Part> parts_of(const BlockLine &line) const;

  std::vector<Rewind> rewinds_; // the last one of the chain first
  std::uint64_t current_up_to_ = UINT64_MAX;
};

} // namespace jetcapture::host
