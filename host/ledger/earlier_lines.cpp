#include "ledger/earlier_lines.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace jetcapture::host {

namespace {

using LinePlace = std::pair<std::uint64_t, std::uint32_t>; // manifest, place

// Without the bytes, or where they are no manifest: nullopt, with a warning.
std::optional<Manifest> manifest_of(const ChainName &chain, std::uint64_t number,
                                    const std::optional<std::string> &bytes, Log &log) {
  std::string why = "it is not there";
  try {
    if (bytes)
      return decode_manifest(*bytes);
  } catch (const ManifestError &error) {
    why = error.what();
  }
  log.warn("a manifest of an earlier run can't be read: what it lists may be stored once more; jetcapture verify says "
           "more",
           {{"name", name_of(chain, number)}, {"reason", why}});
  return std::nullopt;
}

void add_places(std::set<LinePlace> &places, const std::vector<LineRun> &runs) {
  for (const LineRun &run : runs)
    for (std::uint64_t place = run.first; place <= run.last; place++)
      places.emplace(run.manifest, static_cast<std::uint32_t>(place));
}

bool is_acked(const BlockLine &block, std::uint64_t floor) {
  return block.last_sequence <= floor;
}

} // namespace

ChainEnd end_of_chain(Chain &chain, Log &log) {
  ChainEnd end;
  end.number = chain.find_last();
  for (std::uint64_t number = end.number; number > 0; number--) {
    const std::optional<std::string> bytes = chain.read(number);
    if (number == end.number)
      end.bytes = bytes.value_or("");
    if (std::optional<Manifest> manifest = manifest_of(chain.name(), number, bytes, log)) {
      end.header = std::move(*manifest);
      break;
    }
  }
  return end;
}

std::vector<EarlierLine> lines_of(const Chain &chain, const ChainEnd &end, bool own, std::uint64_t floor, Log &log) {
  std::vector<EarlierLine> lines;
  std::set<LinePlace> done;
  std::set<LinePlace> voided;
  for (std::uint64_t number = end.number; number > 0; number--) {
    std::optional<Manifest> manifest = manifest_of(chain.name(), number, chain.read(number), log);
    if (!manifest)
      continue;
    add_places(done, manifest->done);
    add_places(voided, manifest->voided);
    for (std::size_t i = manifest->lines.size(); i-- > 0;) {
      const LinePlace place(number, static_cast<std::uint32_t>(i));
      const bool is_done = done.contains(place);
      if (voided.contains(place) || (is_acked(manifest->lines[i], floor) && (is_done || !own)))
        continue;
      lines.push_back({.block = std::move(manifest->lines[i]),
                       .manifest = number,
                       .place = place.second,
                       .own = own,
                       .done = is_done,
                       .stream_created = manifest->stream_created,
                       .consumer_created = manifest->consumer_created,
                       .epoch = manifest->epoch});
    }
    const bool settled_before = !own || number <= end.header.unsettled_from;
    if (settled_before && manifest->highest_sequence <= floor)
      break;
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

} // namespace jetcapture::host
