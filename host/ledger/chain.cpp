#include "ledger/chain.hpp"

#include "blocks/sha256.hpp"
#include "store/memory_object.hpp"

#include <utility>

namespace jetcapture::host {

namespace {

// "…/000000000017": less than the names of that number, greater than those before it.
std::string begin_of(const ChainName &chain, std::uint64_t number) {
  std::string name = name_of(chain, number);
  name.resize(name.size() - manifest_suffix.size());
  return name;
}

// Whether there is a number behind another one is true up to the last one, and false from it on. behind: the first one
// behind that number; 0: there is none. known: nothing is asked of those before it.
template <class Behind>
std::uint64_t last_number(std::uint64_t known, Behind &&behind) {
  const std::uint64_t first = behind(known); // there is one of that number
  if (first == 0)
    return known;
  known = first;
  std::uint64_t beyond = known; // there is none behind it
  for (std::uint64_t step = 1;; step *= 2) {
    beyond = known + step;
    const std::uint64_t next = behind(beyond - 1);
    if (next == 0)
      break;
    known = next;
  }
  while (known + 1 < beyond) {
    const std::uint64_t middle = known + (beyond - known) / 2;
    const std::uint64_t next = behind(middle - 1);
    if (next == 0)
      beyond = middle;
    else
      known = next;
  }
  return known;
}

std::optional<std::string> first_name(const Store &store, const std::string &prefix, std::string_view after) {
  std::optional<std::string> first;
  const StoreAnswer answer = list_objects(store, prefix, after, 1, [&](std::string_view name, std::uint64_t) {
    first = name;
    return false;
  });
  if (!answer.ok())
    throw StoreFailure(answer);
  return first;
}

} // namespace

std::optional<std::string> read_object(const Store &store, std::string_view name) {
  std::string whole;
  const StoreAnswer answer = get_object(store, name, 0, UINT64_MAX, [&](std::string_view bytes) {
    whole += bytes;
    return true;
  });
  if (answer.status == JETCAPTURE_NOT_FOUND)
    return std::nullopt;
  if (!answer.ok())
    throw StoreFailure(answer);
  return whole;
}

std::vector<ChainName> chains_of(const Store &store, const std::string &stream, const std::string &capture) {
  std::vector<ChainName> chains;
  const std::string folder = folder_of({stream, capture, ""});
  const std::string prefix = folder.substr(0, folder.rfind('/', folder.size() - 2) + 1);
  std::string after;
  while (const std::optional<std::string> name = first_name(store, prefix, after)) {
    const std::string host = name->substr(prefix.size(), name->find('/', prefix.size()) - prefix.size());
    if (number_in(*name) != 0)
      chains.push_back({stream, capture, host});
    after = prefix + host + "/~"; // behind all numbers
  }
  return chains;
}

std::uint64_t last_claim(const Store &store, const std::string &stream, const std::string &capture,
                         std::uint64_t known) {
  const auto folder = [&](std::uint64_t number) { return folder_of({stream, capture, claim_chain(number)}); };
  std::string prefix = folder(0);
  prefix.resize(prefix.rfind('-') + 1);
  return last_number(known, [&](std::uint64_t number) -> std::uint64_t {
    const std::optional<std::string> name = first_name(store, prefix, folder(number) + "~"); // behind all of its own
    if (!name)
      return 0;
    const std::size_t host = prefix.rfind('/') + 1;
    return claim_in(std::string_view(*name).substr(host, name->find('/', host) - host)).value_or(0);
  });
}

Chain::Chain(const Store &store, ChainName name, std::string run, std::chrono::nanoseconds timeout)
    : store_(&store), name_(std::move(name)), run_(std::move(run)), timeout_(timeout) {}

std::optional<std::string> Chain::first_name_after(std::string_view after) const {
  return first_name(*store_, folder_of(name_), after);
}

std::uint64_t Chain::find_last() {
  return last_number(0, [this](std::uint64_t number) {
    const std::optional<std::string> name = first_name_after(name_of(name_, number));
    return name ? number_in(*name) : 0;
  });
}

bool Chain::has_more_than(std::uint64_t number) const {
  const std::optional<std::string> behind = first_name_after(name_of(name_, number));
  return behind && number_in(*behind) != 0; // the chain's indexes stand behind its manifests
}

std::optional<std::string> Chain::read(std::uint64_t number) const {
  if (std::optional<std::string> bytes = read_object(*store_, name_of(name_, number)))
    return bytes;
  const std::optional<std::string> name = first_name_after(begin_of(name_, number));
  if (!name || number_in(*name) != number)
    return std::nullopt;
  return read_object(*store_, *name);
}

void Chain::go_on_from(std::uint64_t number, const Sha256 &previous) {
  next_ = number;
  previous_ = previous;
}

std::string Chain::prepare(Manifest &manifest) const {
  manifest.number = next_;
  manifest.chain = name_;
  manifest.run = run_;
  manifest.previous = previous_;
  return encode(manifest);
}

std::string Chain::own_name_of(std::uint64_t number) const {
  return creates_ ? name_of(name_, number) : begin_of(name_, number) + "-" + run_ + std::string(manifest_suffix);
}

StoreAnswer Chain::put_under(const std::string &name, const std::string &bytes) const {
  const MemoryObject object(name, bytes, creates_ ? JETCAPTURE_CREATE_ONLY : 0, timeout_, "application/zstd");
  std::string location;
  return put_object(*store_, object.c_object(), location);
}

bool Chain::prove_fence(const std::string &other_bytes) {
  const StoreAnswer answer = put_under(last_.name, other_bytes);
  if (answer.status == JETCAPTURE_EXISTS)
    return true;
  if (!answer.ok())
    throw StoreFailure(answer);
  previous_ = last_.sha256 = sha256_of(other_bytes);
  creates_ = false;
  return false;
}

Chain::Put Chain::put(const std::string &bytes) {
  const std::string name = own_name_of(next_);
  const StoreAnswer answer = put_under(name, bytes);
  // It may be there from a try whose answer was lost.
  if (answer.status == JETCAPTURE_EXISTS && read(next_) != bytes)
    return Put::overtaken;
  if (!answer.ok() && answer.status != JETCAPTURE_EXISTS)
    throw StoreFailure(answer);
  last_ = {name, sha256_of(bytes)};
  go_on_from(next_ + 1, last_.sha256);
  return Put::written;
}

} // namespace jetcapture::host
