#include "ledger/manifests_back.hpp"

#include "blocks/sha256.hpp"
#include "threads/in_order.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t far = 16; // so many are read one by one: most runs need no more
constexpr std::size_t at_once = 16;

} // namespace

std::optional<std::string> ManifestsBack::read(std::uint64_t number, const std::optional<Sha256> &sha256, Log &log) {
  if (asked_ < far) {
    std::optional<std::string> bytes = chain_.read(number);
    asked_++;
    return bytes;
  }
  if (!indexes_)
    find_indexes();
  if (sha256)
    if (std::optional<std::string> bytes = read_by_index(number, *sha256, log))
      return bytes;
  if (!ahead_.contains(number))
    read_ahead(number);
  return std::move(ahead_.extract(number).mapped());
}

void ManifestsBack::find_indexes() {
  std::vector<IndexRange> found;
  const std::string folder = folder_of(chain_.name());
  const StoreAnswer answer =
      list_objects(chain_.store(), index_folder_of(folder), "", 0, [&](std::string_view name, std::uint64_t) {
        if (const IndexRange range = index_range_in(folder, name); range.first > 0)
          found.push_back(range);
        return true;
      });
  if (!answer.ok())
    throw StoreFailure(answer);
  indexes_ = indexes_from_the_first(std::move(found));
}

// What is no index, or not of this chain, is left out with a warning: its manifests are read one by one.
std::optional<std::string> ManifestsBack::read_by_index(std::uint64_t number, const Sha256 &sha256, Log &log) {
  while (!indexes_->empty() && indexes_->back().first > number)
    indexes_->pop_back();
  if (indexes_->empty() || !indexes_->back().has(number))
    return std::nullopt;
  const IndexRange range = indexes_->back();
  const std::string name = index_name_of(folder_of(chain_.name()), range);
  std::string why = "it has another manifest " + std::to_string(number) + " than the chain";
  try {
    if (index_ == nullptr || index_->range() != range)
      index_ = std::make_unique<const ManifestIndex>(range, read_object(chain_.store(), name).value_or(""));
    if (const std::string_view bytes = index_->at(number); sha256_of(bytes) == sha256)
      return std::string(bytes);
  } catch (const ManifestError &error) {
    why = error.what();
  }
  log.warn("an index of manifests can't be used: remove it, and run jetcapture ledger compact",
           {{"name", name}, {"reason", why}});
  index_.reset();
  indexes_->pop_back();
  return std::nullopt;
}

// That one and some before it, as far as no index has them.
void ManifestsBack::read_ahead(std::uint64_t number) {
  const std::uint64_t indexed = indexes_->empty() ? 0 : indexes_->back().last;
  const std::uint64_t stop = indexed < number ? indexed : number - 1;
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(number - stop, at_once));
  InOrder<std::optional<std::string>> manifests(
      count, count, {count}, [](std::size_t) { return 0; }, [&](std::size_t i) { return chain_.read(number - i); });
  for (std::size_t i = 0; i < count; i++)
    ahead_[number - i] = *manifests.next();
}

} // namespace jetcapture::host
