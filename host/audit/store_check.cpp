#include "audit/store_check.hpp"

#include "audit/chain_walk.hpp"
#include "audit/object_index.hpp"
#include "audit/parts_seen.hpp"
#include "audit/read_indexes.hpp"
#include "audit/retirements.hpp"
#include "blocks/object_name.hpp"
#include "blocks/sha256.hpp"
#include "ledger/sequence_runs.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <tuple>

namespace jetcapture::host {

namespace {

// "ORDERS-000000000001-000000001000-5f3a9c0d12ab.csv.gz"
bool is_named_like_a_block(std::string_view name) {
  const auto digits_at = [&](std::size_t at) {
    std::size_t count = 0;
    while (at + count < name.size() && name[at + count] >= '0' && name[at + count] <= '9')
      count++;
    return count;
  };
  name.remove_prefix(name.rfind('/') + 1);
  constexpr std::size_t digits = 12;
  for (std::size_t dash = name.find('-'); dash != std::string_view::npos; dash = name.find('-', dash + 1)) {
    const std::size_t first = digits_at(dash + 1);
    if (first < digits || dash + 1 + first >= name.size() || name[dash + 1 + first] != '-')
      continue;
    if (digits_at(dash + 2 + first) >= digits)
      return true;
  }
  return false;
}

void add_sequence(std::vector<SequenceRun> &runs, std::uint64_t sequence) {
  if (!runs.empty() && runs.back().last + 1 == sequence)
    runs.back().last = sequence;
  else
    runs.push_back({sequence, sequence});
}

// A consumer with that configuration delivers each message of the stream, from its first one on.
bool delivers_each(const std::string &configuration) {
  const nlohmann::json config = nlohmann::json::parse(configuration, nullptr, false);
  if (!config.is_object())
    return false;
  const auto is_given = [&](const char *name) {
    return config.contains(name) && config[name] != "" && !config[name].empty();
  };
  return !is_given("filter_subject") && !is_given("filter_subjects") &&
         config.value("deliver_policy", "all") != "last_per_subject";
}

class Check {
public:
  Check(const StoreReader &reader, const StoreCheckOptions &options) : reader_(reader), options_(options) {}

  StoreCheck run() {
    // What these manifests tell of acks is recorded in those that are listed afterwards.
    Findings told_again;
    for (const ListedChain &chain :
         find_chains(reader_, options_.filter, Listed::all, told_again, [](std::uint64_t) {}).chains)
      if (!chain.manifests.empty())
        last_before_[chain.folder] = chain.manifests.back().number;
    const bool listed = list_objects();
    // Those of other captures say which objects are theirs.
    FoundChains found = find_chains(reader_, {}, Listed::all, check_.findings, [&](std::uint64_t manifests) {
      options_.progress("manifests found", manifests, 0);
    });
    const auto others = std::stable_partition(found.chains.begin(), found.chains.end(), [&](const ListedChain &chain) {
      return belongs_to(chain, options_.filter);
    });
    check_.chains = static_cast<std::uint64_t>(others - found.chains.begin());
    if (!found.answer.ok())
      check_.findings.add({Verdict::unknown,
                           "not_listed",
                           std::string(manifest_root),
                           "can't be listed, so not all manifests are known: " + found.answer.reason,
                           {}});
    else if (check_.chains == 0)
      check_.findings.add({Verdict::unknown,
                           "no_manifests",
                           std::string(manifest_root),
                           "has no manifests of that capture, so nothing says what has to be there",
                           {}});
    std::uint64_t manifests = 0;
    for (auto chain = found.chains.begin(); chain != others; ++chain)
      manifests += chain->manifests.size();
    retired_ = read_retirements(reader_, found.chains);
    for (auto chain = found.chains.begin(); chain != others; ++chain)
      walk_chain(*chain, manifests);
    settle_missing();
    if (options_.last)
      expect(*options_.last, found.chains);
    check_.ordered = reaches_.all();
    settle_pending();
    settle_voided();
    for (const auto &[life, seen] : seen_)
      count_messages(life, seen);
    record_blocks();
    for (const Recorded &recorded : check_.recorded)
      tell_unexplained(recorded);
    const bool all_known = listed && found.answer.ok() && know_objects_of(others, found.chains.end());
    if (all_known && check_.chains > 0)
      tell_unlisted();
    return std::move(check_);
  }

private:
  bool list_objects() {
    const StoreAnswer answer =
        objects_.list(reader_, [&](std::uint64_t objects) { options_.progress("objects", objects, 0); });
    check_.objects = objects_.size();
    if (!answer.ok())
      check_.findings.add({Verdict::unknown, "not_listed", "", "the store can't be listed: " + answer.reason, {}});
    return answer.ok();
  }

  // A host has put that manifest, and it was the last one of its chain.
  void expect(const KnownManifest &last, const std::vector<ListedChain> &chains) {
    std::string bytes;
    const StoreAnswer answer = reader_.read(last.name, most_manifest_bytes, bytes);
    if (answer.ok() && sha256_of(bytes) == last.sha256)
      return;
    if (!answer.ok() && answer.status != JETCAPTURE_NOT_FOUND && answer.status != JETCAPTURE_BAD_DATA) {
      check_.findings.add({Verdict::unknown, "manifest_unreadable", last.name, "can't be read: " + answer.reason, {}});
      return;
    }
    if (answer.status != JETCAPTURE_NOT_FOUND) {
      check_.findings.add({Verdict::wrong, "manifest_replaced", last.name, "is not the one that its host had put", {}});
      return;
    }
    std::uint64_t listed = 0;
    for (const ListedChain &chain : chains)
      if (last.name.starts_with(chain.folder) && !chain.manifests.empty())
        listed = chain.manifests.back().number;
    // One below the end of its chain is told as a hole in it.
    if (listed > last.number())
      return;
    const bool is_one = listed + 1 >= last.number();
    check_.findings.add({Verdict::wrong,
                         "manifest_missing",
                         last.name,
                         (is_one ? "is" : "and those behind number " + std::to_string(listed) + " are") +
                             std::string(" not in the store, where its host had put ") + (is_one ? "it" : "them") +
                             ": what they list can't be told",
                         {}});
  }

  // Of the messages of a line those that are in no block that is done.
  std::vector<std::uint64_t> in_no_block(const Life &life, const BlockLine &line) const {
    const auto seen = seen_.find(life);
    std::vector<std::uint64_t> only;
    for (const SequenceRun &run : runs_of(line))
      for (std::uint64_t sequence = run.first; sequence <= run.last; sequence++)
        if (seen == seen_.end() || !seen->second.has(sequence))
          only.push_back(sequence);
    return only;
  }

  bool is_in_blocks(const Life &life, const BlockLine &line) const {
    const auto seen = seen_.find(life);
    return seen != seen_.end() && seen->second.has_all(line);
  }

  // The objects of blocks that were given up came all the same.
  void settle_voided() {
    for (const Placed &voided : voided_) {
      std::vector<std::uint64_t> only;
      bool some_of_ended = false;
      for (const auto &[life, part] : voided.parts) {
        const std::vector<std::uint64_t> of_part = in_no_block(life, part);
        if (is_current(life))
          only = of_part;
        else
          some_of_ended = some_of_ended || !of_part.empty();
      }
      if (!only.empty()) {
        add(Verdict::wrong, "only_in_void", voided.line,
            "is of a block that was given up, and has messages that are in no other");
        check_.only_copies.push_back({voided.header, voided.line, runs_of(only)});
      } else if (some_of_ended) {
        add(Verdict::good, "lost_in_void", voided.line,
            "is of a block that was given up, and has messages that the stream has lost and that are in no other");
      } else {
        check_.spare.push_back(voided.line.name);
        add(Verdict::good, "void_object", voided.line, "does not count: its messages are in other blocks");
      }
    }
  }

  void count_messages(const Life &life, const PartsSeen &seen) {
    const SequenceSet &held = retired_.empty() ? seen.any() : held_[life];
    check_.messages += held.size();
    if (is_current(life) || held.empty())
      return;
    check_.lost_by_stream += held.size();
    std::vector<SequenceRun> runs;
    held.for_each(0, UINT64_MAX, [&](std::uint64_t sequence) { add_sequence(runs, sequence); });
    check_.findings.add({Verdict::good, "lost_by_stream", std::get<0>(life),
                         "has lost messages that the backup keeps, and gives their sequences to others", runs});
  }

  // False: it can't be told.
  template <class Iterator>
  bool know_objects_of(Iterator chain, Iterator end) {
    Findings theirs;
    for (; chain != end; ++chain)
      walk(reader_, *chain, {}, theirs, [&](const WalkedManifest &walked) {
        for (const BlockLine &line : walked.manifest.lines)
          objects_.know(line.name);
      });
    if (theirs.verdict() != Verdict::good)
      check_.findings.add({Verdict::unknown,
                           "others_unreadable",
                           std::string(manifest_root),
                           "has manifests of other captures that can't be read, so whose objects are listed by none "
                           "can't be told: verify those too",
                           {}});
    return theirs.verdict() == Verdict::good;
  }

  // Whether an object's name is that of a block of the streams that are looked at.
  bool is_ours(std::string_view name) const {
    if (!is_named_like_a_block(name))
      return false;
    name.remove_prefix(name.rfind('/') + 1);
    return options_.filter.stream.empty() || name.starts_with(escape_part(options_.filter.stream) + "-");
  }

  void walk_chain(const ListedChain &chain, std::uint64_t manifests) {
    WalkOptions walking;
    walking.threads = options_.threads;
    walking.retired = &retired_;
    walking.look = [&](const BlockLine &line, std::string &reason) {
      return options_.deep ? look_by_reading(reader_, line, reason) : look_by_stat(reader_, line, reason);
    };
    std::map<std::uint64_t, Sha256> hashes;
    generations_ = {};
    walk(reader_, chain, walking, check_.findings, [&](const WalkedManifest &walked) {
      check_.manifests++;
      if (!chain.indexes.empty())
        hashes.emplace(walked.manifest.number, walked.sha256);
      record(walked.manifest, chain.folder);
      note_newest(chain, walked.manifest);
      reaches_.take(walked.manifest, generations_);
      options_.progress("manifests checked", check_.manifests, manifests);
      for (std::size_t i = 0; i < walked.manifest.lines.size(); i++)
        take(chain, walked, i);
      generations_.pass(walked.manifest);
    });
    check_.indexes += chain.indexes.size();
    check_indexes(reader_, chain, hashes, check_.findings);
  }

  Recorded &recorded_of(const std::string &stream, const std::string &capture, const std::string &created) {
    for (Recorded &one : check_.recorded)
      if (one.stream == stream && one.capture == capture && one.stream_created == created)
        return one;
    check_.recorded.push_back({stream, capture, created});
    return check_.recorded.back();
  }

  // What stands in no block.
  void record(const Manifest &manifest, const std::string &folder) {
    Recorded &recorded = recorded_of(manifest.chain.stream, manifest.chain.capture, manifest.stream_created);
    for (const auto *runs : {&manifest.filtered, &manifest.terminated, &manifest.absent}) {
      const std::vector<SequenceRun> current = between(*runs, 0, generations_.current_up_to());
      recorded.runs.insert(recorded.runs.end(), current.begin(), current.end());
    }
    recorded.skipped.insert(recorded.skipped.end(), manifest.skipped.begin(), manifest.skipped.end());
    if (const auto last = last_before_.find(folder); last != last_before_.end() && manifest.number <= last->second)
      recorded.ack_floor = std::max(recorded.ack_floor, manifest.ack_floor);
    if (manifest.begins_at > 0)
      recorded.begins_at =
          recorded.begins_at == 0 ? manifest.begins_at : std::min(recorded.begins_at, manifest.begins_at);
    for (const ManifestConfiguration &one : manifest.configurations)
      if (one.of == "consumer" && one.name == manifest.chain.capture)
        (delivers_each(one.json) ? recorded.sees_all : recorded.may_skip) = true;
  }

  // Hosts record each message before they ack it. So what was acked and is recorded nowhere had left the stream before
  // it was delivered, or was recorded in manifests that are gone with their objects.
  void tell_unexplained(const Recorded &recorded) {
    if (recorded.ack_floor == 0 || !recorded.sees_all || recorded.may_skip)
      return;
    const std::uint64_t first = std::max<std::uint64_t>(1, recorded.begins_at);
    std::vector<SequenceRun> runs = recorded.unexplained(first, recorded.ack_floor);
    if (!runs.empty())
      check_.findings.add({Verdict::unknown, "acked_unrecorded", recorded.stream,
                           "has acked messages of " + recorded.capture +
                               " that no manifest records: they had left the stream, or were not captured with "
                               "manifests, or these were removed with their objects; --against-stream tells more",
                           std::move(runs)});
  }

  void record_blocks() {
    for (const auto &one : seen_) {
      const Life &life = one.first;
      const PartsSeen &seen = one.second;
      if (!is_current(life))
        continue;
      Recorded &recorded = recorded_of(std::get<0>(life), std::get<1>(life), std::get<2>(life));
      seen.any().for_each(0, UINT64_MAX, [&](std::uint64_t sequence) {
        if (seen.has(sequence))
          add_sequence(recorded.runs, sequence);
      });
    }
    for (Recorded &recorded : check_.recorded) {
      merge(recorded.runs);
      merge(recorded.skipped);
    }
  }

  void take(const ListedChain &chain, const WalkedManifest &walked, std::size_t place) {
    const BlockLine &line = walked.manifest.lines[place];
    objects_.know(line.name);
    const ObjectState object = walked.objects[place];
    const Declared declared = walked.declared[place];
    if (object == ObjectState::unknown && declared != Declared::voided && declared != Declared::retired)
      add(Verdict::unknown, "object_unknown", line, "can't be looked at: " + walked.reasons[place]);
    if (object == ObjectState::differs && declared != Declared::voided)
      add(Verdict::wrong, "object_differs", line, "has other bytes than its manifest says");
    switch (walked.state(place)) {
    case LineState::done:
      take_done(chain, walked, place);
      break;
    case LineState::retired:
      take_retired(chain, walked, line);
      break;
    case LineState::pending:
      pending_.push_back(placed(walked.manifest, line));
      break;
    case LineState::voided:
      check_.voided++;
      if (object != ObjectState::missing && object != ObjectState::unknown)
        voided_.push_back(placed(walked.manifest, line));
      break;
    case LineState::unknown:
    case LineState::superseded:
      break;
    }
  }

  void take_retired(const ListedChain &chain, const WalkedManifest &walked, const BlockLine &line) {
    check_.retired++;
    generations_.visit(line, [&](Generations::EndedBy ended_by, const BlockLine &part) {
      seen_[life_of(walked.manifest, ended_by)].add(part, chain.folder);
    });
    if (objects_.has(line.name))
      add(Verdict::good, "retired_object", line, "is retired, and is still there: run jetcapture retire again");
  }

  // Those that were retired meanwhile stand in a manifest by now.
  void settle_missing() {
    if (missing_.empty())
      return;
    const Retirements retired = read_retirements(reader_, options_.filter);
    for (const Missing &missing : missing_) {
      if (!retired.has(missing.header, missing.place)) {
        add(Verdict::wrong, "object_missing", missing.line, "is not in the store");
        continue;
      }
      check_.done--;
      check_.bytes -= missing.line.bytes;
      check_.retired++;
    }
  }

  void note_newest(const ListedChain &chain, const Manifest &manifest) {
    ManifestHeader &newest = check_.newest[{manifest.chain.stream, manifest.chain.capture}];
    if (!is_of_commands(chain) && (newest.number == 0 || manifest.written > newest.written))
      newest = manifest;
  }

  void take_done(const ListedChain &chain, const WalkedManifest &walked, std::size_t place) {
    const BlockLine &line = walked.manifest.lines[place];
    const ObjectState object = walked.objects[place];
    check_.done++;
    check_.bytes += line.bytes;
    check_.proven += object == ObjectState::same ? 1 : 0;
    check_.first_sequence =
        check_.first_sequence == 0 ? line.first_sequence : std::min(check_.first_sequence, line.first_sequence);
    check_.last_sequence = std::max(check_.last_sequence, line.last_sequence);
    if (object == ObjectState::missing)
      missing_.push_back({walked.manifest, place, line});
    if (object == ObjectState::unproven)
      add(Verdict::unknown, "object_unproven", line,
          "is there with its size; nothing but what was written beside it tells its bytes, and --deep reads them");
    generations_.visit(line, [&](Generations::EndedBy ended_by, const BlockLine &part) {
      take_messages(life_of(walked.manifest, ended_by), chain, part);
    });
  }

  void take_messages(const Life &life, const ListedChain &chain, const BlockLine &line) {
    if (!retired_.empty())
      for (const SequenceRun &run : runs_of(line))
        for (std::uint64_t sequence = run.first; sequence <= run.last; sequence++)
          held_[life].insert(sequence);
    PartsSeen::Again again = seen_[life].add(line, chain.folder);
    if (!again.twice.empty())
      add(Verdict::wrong, "twice", line, "has messages that are in another block too", std::move(again.twice));
    if (!again.across.empty())
      add(options_.strict ? Verdict::wrong : Verdict::good, "across_hosts", line,
          "has messages that another host has stored too", std::move(again.across));
  }

  // What is in part, or in no block that is done, while a host still stores it, is not wrong.
  void settle_pending() {
    std::map<Life, SequenceSet> on_their_way;
    for (const Placed &pending : pending_) {
      const bool superseded = std::all_of(pending.parts.begin(), pending.parts.end(),
                                          [&](const auto &part) { return is_in_blocks(part.first, part.second); });
      check_.superseded += superseded ? 1 : 0;
      check_.pending += superseded ? 0 : 1;
      if (!superseded)
        add(Verdict::good, "pending", pending.line, "is not stored yet");
      for (const auto &[life, part] : pending.parts)
        for (const SharedMessage &message : part.shared)
          on_their_way[life].insert(message.sequence);
    }
    for (const auto &[life, seen] : seen_) {
      std::vector<std::uint64_t> in_part = seen.in_part();
      const SequenceSet &coming = on_their_way[life];
      std::erase_if(in_part, [&](std::uint64_t sequence) { return coming.contains(sequence); });
      if (in_part.empty())
        continue;
      if (is_current(life))
        check_.findings.add({Verdict::wrong, "in_part", std::get<0>(life),
                             "has messages of which some parts are in no block", runs_of(in_part)});
      else
        check_.findings.add({Verdict::good, "lost_in_part", std::get<0>(life),
                             "has lost messages of which some parts are in no block", runs_of(in_part)});
    }
  }

  void tell_unlisted() {
    const StoreAnswer answer = objects_.unknown(reader_, [&](std::string_view name, std::uint64_t) {
      if (is_ours(name))
        check_.findings.add({Verdict::wrong,
                             "object_unlisted",
                             std::string(name),
                             "is named like a block, and no manifest lists it: manifests are missing",
                             {}});
      else
        check_.findings.add({Verdict::good, "object_foreign", std::string(name), "is of someone else", {}});
    });
    if (!answer.ok())
      check_.findings.add({Verdict::unknown, "not_listed", "", "the store can't be listed: " + answer.reason, {}});
  }

  struct Placed {
    ManifestHeader header;
    BlockLine line;
    std::vector<std::pair<Life, BlockLine>> parts; // the line's messages by their lives
  };
  Placed placed(const ManifestHeader &header, const BlockLine &line) const {
    Placed one = {header, line, {}};
    generations_.visit(line, [&](Generations::EndedBy ended_by, const BlockLine &part) {
      one.parts.emplace_back(life_of(header, ended_by), part);
    });
    return one;
  }

  void add(Verdict verdict, std::string_view kind, const BlockLine &line, std::string text,
           std::vector<std::uint64_t> sequences) {
    std::sort(sequences.begin(), sequences.end());
    check_.findings.add({verdict, kind, line.name, std::move(text), runs_of(sequences)});
  }
  void add(Verdict verdict, std::string_view kind, const BlockLine &line, std::string text) {
    check_.findings.add({verdict, kind, line.name, std::move(text), runs_of(line)});
  }

  struct Missing {
    ManifestHeader header;
    std::size_t place;
    BlockLine line;
  };
  const StoreReader &reader_;
  const StoreCheckOptions &options_;
  StoreCheck check_;
  Generations generations_; // of the chain that is walked
  OrderedReaches reaches_;
  ObjectIndex objects_;
  Retirements retired_;
  std::map<Life, PartsSeen> seen_;                   // retired ones, too
  std::map<Life, SequenceSet> held_;                 // without those; only where some are retired
  std::vector<Missing> missing_;                     // of blocks that are done, and were not known as retired
  std::map<std::string, std::uint64_t> last_before_; // the last manifest of each chain at the beginning, by its folder
  std::vector<Placed> pending_;
  std::vector<Placed> voided_; // whose objects are there
};

} // namespace

std::vector<SequenceRun> Recorded::missing(std::uint64_t first, std::uint64_t last) const {
  return gaps_in(runs, first, last);
}

std::vector<SequenceRun> Recorded::unexplained(std::uint64_t first, std::uint64_t last) const {
  return without(missing(first, last), skipped);
}

StoreCheck check_store(const StoreReader &reader, const StoreCheckOptions &options) {
  return Check(reader, options).run();
}

} // namespace jetcapture::host
