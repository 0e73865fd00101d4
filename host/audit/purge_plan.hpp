// What a purge may remove from a stream: its messages up to a sequence, all of which the backup holds for certain.
//
// Nothing is lost while hosts capture, other consumers read and other commands run, because of the order in which it is
// looked at:
//
// 1. The stream's last sequence and the ack floors of its consumers are read first, the manifests afterwards. What the
//    capture had acked by then is stored by then, and the chains are read to ends that come later. A line that a later
//    run of its host declares void had not been acked from: its messages are above the floor, or in the lines that this
//    run wrote with or after that declaration, which are read then as well. So a block that is void never proves a
//    message below the floor alone. Sequences that are taken meanwhile are above the floor, and stay.
// 2. `verify --sweep` and `--adopt` touch objects of void lines alone, which prove nothing here. `retire` removes what
//    a user has given up: a block that was retired before it was looked at proves nothing.
// 3. Directly before the request the stream is asked again when it was created, all consumers where they are, and the
//    newest message that would go whether it is still the one that was stored. What differs is refused.
// 4. Between that and the request nothing can be held fast: a stream that is recreated then, or a consumer that is
//    created or reset then, is a race. The server knows no condition for a purge.
// 5. Of two purges at once each removes what is proven.
#pragma once

#include "audit/proven.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

// Nothing above that sequence goes.
struct PurgeBound {
  std::uint64_t last = 0;
  std::string why; // "the consumer audit has acked up to 300"
};

struct PurgeQuestion {
  std::string stream;
  std::uint64_t first = 1;     // of the stream
  std::uint64_t begins_at = 1; // the capture, where that is known: it never had what is before
  std::vector<PurgeBound> bounds;
  std::optional<std::int64_t> keep_from; // messages of that time and later stay, nanoseconds since 1970
  std::vector<std::string> filters;      // of the capture's consumer; empty: it delivers all
  // False: the server moves consumers behind messages that a purge by subject leaves, as nats-server 2.9 does.
  bool can_by_subject = true;
  // Which of these sequences the stream has now, ascending. filter: of those alone that it lets through; empty: of all.
  // Throws what asking throws.
  std::function<std::vector<std::uint64_t>(const std::string &filter, const std::vector<SequenceRun> &within)> present;

  std::uint64_t last() const; // the lowest of the bounds
};

struct PurgePlan {
  std::uint64_t first = 1;
  std::uint64_t last = 0;                // before first: nothing is to be removed
  std::vector<PurgeBound> bounds;        // the lowest one first
  std::uint64_t messages = 0;            // that the backup has of them
  std::uint64_t blocks = 0;              // which they are in
  StoredMessage newest = {};             // the last one of them that is known
  std::string refused;                   // why nothing is removed, though there would be something; mostly empty
  std::vector<std::string> filters;      // by which it is to be purged; empty: all subjects
  std::vector<std::string> kept_filters; // with messages that are in no block: nothing of them is removed

  bool removes() const { return refused.empty() && last >= first; }
};

// proof: of question.first to question.last(). What is neither in a block nor recorded is added to its findings.
PurgePlan plan_purge(const PurgeQuestion &question, Proof &proof);

} // namespace jetcapture::host
