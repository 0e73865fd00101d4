#include "nats/ordered_position.hpp"

namespace jetcapture::host {

Continuity continuity_of(const KnownMessage &known, const std::string &created, const StreamState &now,
                         std::optional<std::int64_t> there) {
  const bool is_there = known.sequence > 0 && known.timestamp != 0 && there == known.timestamp;
  if (is_there)
    return Continuity::same;
  // When a stream was created is told otherwise by a server that restarts after the stream was edited; but then it has
  // its messages.
  if (now.created != created)
    return Continuity::another;
  if (known.sequence == 0)
    return Continuity::same;
  if (now.last_sequence < known.sequence || (there && known.timestamp != 0))
    return Continuity::lost_its_end;
  return Continuity::same;
}

} // namespace jetcapture::host
