#include "audit/chain_walk.hpp"

#include "audit/read_indexes.hpp"
#include "blocks/sha256.hpp"
#include "threads/in_order.hpp"

#include <optional>

namespace jetcapture::host {

namespace {

// Packed, of the manifests that are read ahead: unpacked they take some twenty times as much.
constexpr std::uint64_t most_bytes_ahead = 4u << 20;

// One manifest as it was read.
struct Fetched {
  WalkedManifest walked;
  bool of_index = false;
  std::optional<AuditFinding> trouble; // there is no manifest then
};

AuditFinding trouble_of(const std::string &name, const StoreAnswer &answer) {
  if (answer.status == JETCAPTURE_NOT_FOUND)
    return {Verdict::unknown, "manifest_unreadable", name, "was listed, and is gone: run the command again", {}};
  if (answer.status == JETCAPTURE_BAD_DATA)
    return {Verdict::wrong, "manifest_damaged", name, "is no manifest: " + answer.reason, {}};
  return {Verdict::unknown, "manifest_unreadable", name, "can't be read: " + answer.reason, {}};
}

class Fetcher {
public:
  Fetcher(const StoreReader &reader, const ListedChain &chain, const WalkOptions &options)
      : reader_(reader), chain_(chain), options_(options), indexes_(reader, chain) {}

  Fetched fetch(const ChainManifest &place) {
    const auto index = options_.through_indexes ? indexes_.of(place.number) : nullptr;
    if (index != nullptr) {
      Fetched fetched = decoded(place, index->at(place.number));
      fetched.of_index = true;
      return fetched;
    }
    return fetch_by_itself(place);
  }

  Fetched fetch_by_itself(const ChainManifest &place) const {
    std::string bytes;
    const std::string name = chain_.name_of(place);
    if (const StoreAnswer answer = reader_.read(name, most_manifest_bytes, bytes); !answer.ok()) {
      Fetched fetched;
      fetched.walked.name = name;
      fetched.trouble = trouble_of(name, answer);
      return fetched;
    }
    return decoded(place, bytes);
  }

  ReadIndexes &indexes() { return indexes_; }

private:
  Fetched decoded(const ChainManifest &place, std::string_view bytes) const {
    Fetched fetched;
    WalkedManifest &walked = fetched.walked;
    walked.name = chain_.name_of(place);
    walked.sha256 = sha256_of(bytes);
    try {
      decode(bytes, walked);
    } catch (const NewerManifest &error) {
      fetched.trouble = {
          Verdict::unknown, "manifest_newer", walked.name, std::string("can't be read: ") + error.what(), {}};
      return fetched;
    } catch (const ManifestError &error) {
      fetched.trouble = {
          Verdict::wrong, "manifest_damaged", walked.name, std::string("is damaged: ") + error.what(), {}};
      return fetched;
    }
    if (folder_of(walked.manifest.chain) != chain_.folder || walked.manifest.number != place.number) {
      fetched.trouble = {Verdict::wrong,
                         "manifest_misplaced",
                         walked.name,
                         "is not the manifest that its name says, but " +
                             name_of(walked.manifest.chain, walked.manifest.number),
                         {}};
      return fetched;
    }
    look_at_objects(walked);
    return fetched;
  }

  void decode(std::string_view bytes, WalkedManifest &walked) const {
    if (options_.with_sequences) {
      ManifestOutline outline = decode_manifest_outline(bytes);
      walked.messages = std::move(outline.messages);
      walked.manifest = std::move(outline.manifest);
      if (!options_.with_sequences(walked.manifest))
        return;
    }
    walked.manifest = decode_manifest(bytes);
    walked.messages.clear();
    for (const BlockLine &line : walked.manifest.lines)
      walked.messages.push_back(line.messages());
  }

  void look_at_objects(WalkedManifest &walked) const {
    walked.objects.assign(walked.manifest.lines.size(), ObjectState::unknown);
    walked.reasons.resize(walked.manifest.lines.size());
    if (options_.look && !options_.only_undeclared)
      for (std::size_t i = 0; i < walked.objects.size(); i++)
        if (options_.retired == nullptr || !options_.retired->has(walked.manifest, i))
          walked.objects[i] = options_.look(walked.manifest.lines[i], walked.reasons[i]);
  }

  const StoreReader &reader_;
  const ListedChain &chain_;
  const WalkOptions &options_;
  ReadIndexes indexes_;
};

// What a chain has to be, looked at from its end.
class ChainCheck {
public:
  ChainCheck(const ListedChain &chain, Findings &findings) : chain_(chain), findings_(findings) {}

  void meet(const ChainManifest &place, const std::string &name) {
    fenced_ = place.name_end.empty();
    // Their names differ only in a store that replaces, where nothing keeps two runs apart.
    if (next_ != 0 && place.number == next_)
      findings_.add({Verdict::good, "manifest_twice", name, "has the number of another run's manifest", {}});
    if (next_ != 0 && place.number + 1 < next_)
      missing(place.number + 1, next_ - 1);
    if (place.number + 1 != next_)
      previous_.reset();
    next_ = place.number;
  }
  // Of the manifest that was met last: whether bytes of that hash are proven to be it.
  bool is_proven(const Sha256 &sha256) const { return previous_ && *previous_ == sha256; }
  void read(const Fetched &fetched) {
    if (fenced_ && previous_ && *previous_ != fetched.walked.sha256)
      findings_.add({Verdict::wrong,
                     "chain_broken",
                     fetched.walked.name,
                     "is not the manifest that the one behind it was written after: it was replaced",
                     {}});
    previous_ = fetched.walked.manifest.previous;
  }
  void not_read() { previous_.reset(); }
  void end() {
    if (next_ > 1)
      missing(1, next_ - 1);
    if (next_ == 0)
      findings_.add({Verdict::wrong, "manifest_missing", chain_.folder, "has an index, and no manifest", {}});
  }

private:
  void missing(std::uint64_t first, std::uint64_t last) {
    const std::string which = first == last ? "no manifest " + std::to_string(first)
                                            : "no manifests " + std::to_string(first) + " to " + std::to_string(last);
    findings_.add(
        {Verdict::wrong, "manifest_missing", chain_.folder, "has " + which + ": what they list can't be told", {}});
  }

  const ListedChain &chain_;
  Findings &findings_;
  bool fenced_ = true;             // the store put it without replacing: there is one of its number
  std::uint64_t next_ = 0;         // the number of the manifest behind; 0: none
  std::optional<Sha256> previous_; // what it says that the one before it is
};

void mark_retired(WalkedManifest &walked, const Retirements &retired) {
  for (std::size_t i = 0; i < walked.declared.size(); i++)
    if (walked.declared[i] == Declared::done && retired.has(walked.manifest, i))
      walked.declared[i] = Declared::retired;
}

void look_at_undeclared(WalkedManifest &walked, const WalkOptions &options) {
  for (std::size_t i = 0; i < walked.objects.size(); i++)
    if (walked.declared[i] == Declared::nothing)
      walked.objects[i] = options.look(walked.manifest.lines[i], walked.reasons[i]);
}

} // namespace

void walk(const StoreReader &reader, const ListedChain &chain, const WalkOptions &options, Findings &findings,
          const std::function<void(WalkedManifest &)> &visit) {
  Fetcher fetcher(reader, chain, options);
  const std::size_t count = chain.manifests.size();
  const auto place_of = [&](std::size_t i) -> const ChainManifest & { return chain.manifests[count - 1 - i]; };
  InOrder<Fetched> fetched(
      count, options.threads, {4 * options.threads, most_bytes_ahead}, [&](std::size_t i) { return place_of(i).bytes; },
      [&](std::size_t i) { return fetcher.fetch(place_of(i)); });
  ChainCheck check(chain, findings);
  Declarations declarations;
  for (std::size_t i = 0; std::optional<Fetched> next = fetched.next(); i++) {
    check.meet(place_of(i), next->walked.name);
    const bool wrong_index = next->of_index && (next->trouble || !check.is_proven(next->walked.sha256));
    fetcher.indexes().taken(place_of(i).number, wrong_index, findings);
    if (wrong_index)
      next = fetcher.fetch_by_itself(place_of(i));
    if (next->trouble) {
      check.not_read();
      findings.add(std::move(*next->trouble));
      continue;
    }
    check.read(*next);
    WalkedManifest &walked = next->walked;
    walked.declared = declarations.take(walked.manifest);
    if (declarations.contradicts())
      findings.add({Verdict::wrong,
                    "manifest_contradicts",
                    walked.name,
                    "and those behind it declare lines that there are not, or that are both done and void",
                    {}});
    if (options.retired != nullptr)
      mark_retired(walked, *options.retired);
    if (options.look && options.only_undeclared)
      look_at_undeclared(walked, options);
    visit(walked);
  }
  check.end();
}

ObjectState look_by_stat(const StoreReader &reader, const BlockLine &line, std::string &reason) {
  jetcapture_object_status status{};
  if (const StoreAnswer answer = reader.stat(line.name, status); !answer.ok()) {
    reason = answer.reason;
    return ObjectState::unknown;
  }
  return compare(line, status);
}

ObjectState look_by_reading(const StoreReader &reader, const BlockLine &line, std::string &reason) {
  std::uint64_t bytes = 0;
  Sha256 hash{};
  const StoreAnswer answer = reader.hash(line.name, bytes, hash);
  if (answer.status == JETCAPTURE_NOT_FOUND)
    return ObjectState::missing;
  if (!answer.ok()) {
    reason = answer.reason;
    return ObjectState::unknown;
  }
  return bytes == line.bytes && hash == line.sha256 ? ObjectState::same : ObjectState::differs;
}

} // namespace jetcapture::host
