#include "audit/chain_walk.hpp"

#include "audit/in_order.hpp"

#include <optional>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t most_bytes = 256u << 20; // of a manifest

// One manifest as it was read.
struct Fetched {
  WalkedManifest walked;
  Sha256 sha256{};
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
      : reader_(reader), chain_(chain), options_(options) {}

  Fetched fetch(const ChainManifest &place) const {
    Fetched fetched;
    WalkedManifest &walked = fetched.walked;
    walked.name = chain_.name_of(place);
    std::string bytes;
    if (const StoreAnswer answer = reader_.read(walked.name, most_bytes, bytes); !answer.ok()) {
      fetched.trouble = trouble_of(walked.name, answer);
      return fetched;
    }
    fetched.sha256 = sha256_of(bytes);
    try {
      walked.manifest = decode_manifest(bytes);
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
    walked.objects.assign(walked.manifest.lines.size(), ObjectState::unknown);
    walked.reasons.resize(walked.manifest.lines.size());
    if (options_.look && !options_.only_undeclared)
      for (std::size_t i = 0; i < walked.objects.size(); i++)
        if (options_.retired == nullptr || !options_.retired->has(walked.manifest, i))
          walked.objects[i] = options_.look(walked.manifest.lines[i], walked.reasons[i]);
    return fetched;
  }

private:
  const StoreReader &reader_;
  const ListedChain &chain_;
  const WalkOptions &options_;
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
  void read(const Fetched &fetched) {
    if (fenced_ && previous_ && *previous_ != fetched.sha256)
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
  const Fetcher fetcher(reader, chain, options);
  const std::size_t count = chain.manifests.size();
  const auto place_of = [&](std::size_t i) -> const ChainManifest & { return chain.manifests[count - 1 - i]; };
  InOrder<Fetched> fetched(count, options.threads, 2 * options.threads,
                           [&](std::size_t i) { return fetcher.fetch(place_of(i)); });
  ChainCheck check(chain, findings);
  Declarations declarations;
  for (std::size_t i = 0; std::optional<Fetched> next = fetched.next(); i++) {
    check.meet(place_of(i), next->walked.name);
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
