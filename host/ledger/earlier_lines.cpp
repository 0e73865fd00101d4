#include "ledger/earlier_lines.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace jetcapture::host {

namespace {

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

void add_places(std::set<std::pair<std::uint64_t, std::uint32_t>> &places, const std::vector<LineRun> &runs) {
  for (const LineRun &run : runs)
    for (std::uint64_t place = run.first; place <= run.last; place++)
      places.emplace(run.manifest, static_cast<std::uint32_t>(place));
}

bool is_acked(const BlockLine &block, std::uint64_t floor) {
  return block.last_sequence <= floor;
}

} // namespace

ChainEnd end_of_chain(Chain &chain, Log &log, std::uint64_t known) {
  ChainEnd end;
  end.number = end.used = std::max(chain.find_last(), known);
  for (std::uint64_t number = end.number; number > 0; number--) {
    const std::optional<std::string> bytes = chain.read(number);
    if (number == end.number && bytes)
      end.sha256 = sha256_of(*bytes);
    if (std::optional<Manifest> manifest = manifest_of(chain.name(), number, bytes, log)) {
      end.header = std::move(*manifest);
      break;
    }
  }
  return end;
}

ChainReader::ChainReader(Chain chain, ChainEnd end, bool own, bool unsettled_too)
    : manifests_(std::move(chain)), end_(std::move(end)), own_(own), unsettled_too_(unsettled_too), next_(end_.number) {
}

std::vector<EarlierLine> ChainReader::read_back(std::uint64_t floor, Log &log) {
  has_enough_ = false;
  while (next_ > 0 && !has_enough_) {
    std::optional<Manifest> manifest = manifest_of(name(), next_, manifests_.read(next_, previous_, log), log);
    previous_ = manifest ? std::optional(manifest->previous) : std::nullopt;
    if (manifest)
      take(std::move(*manifest), floor);
    next_--;
  }
  std::vector<EarlierLine> lines = std::exchange(lines_, {});
  std::reverse(lines.begin(), lines.end());
  return lines;
}

void ChainReader::take(Manifest manifest, std::uint64_t floor) {
  add_places(done_, manifest.done);
  add_places(voided_, manifest.voided);
  for (std::size_t i = manifest.lines.size(); i-- > 0;) {
    const LinePlace place(next_, static_cast<std::uint32_t>(i));
    const bool is_done = done_.contains(place);
    const bool may_be_unsettled = unsettled_too_ && next_ >= end_.header.unsettled_from;
    if (voided_.contains(place) || (is_acked(manifest.lines[i], floor) && (is_done || !own_) && !may_be_unsettled))
      continue;
    lines_.push_back({.block = std::move(manifest.lines[i]),
                      .manifest = next_,
                      .place = place.second,
                      .own = own_,
                      .done = is_done,
                      .is_undecided = !own_ && !is_done && manifest.run != end_.header.run,
                      .stream_created = manifest.stream_created,
                      .consumer_created = manifest.consumer_created,
                      .epoch = manifest.epoch});
  }
  const bool settled_before = !own_ || next_ <= end_.header.unsettled_from;
  has_enough_ = settled_before && manifest.highest_sequence <= floor;
}

} // namespace jetcapture::host
