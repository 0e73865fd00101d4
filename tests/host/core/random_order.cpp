#include "host/core/random_order.hpp"

#include "blocks/destination_key.hpp"
#include "commit/shared_committer.hpp"
#include "host/core/model_blocks.hpp"
#include "ledger/ledger.hpp"
#include "support/folder.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <utility>

namespace jetcapture::test {

using namespace host;
using namespace std::chrono_literals;

namespace {

const CaptureIdentity identity = {"S", "2026-01-01T00:00:00Z", "C", 7};
constexpr std::size_t most_rounds = 200;

std::string text(const FakeMessage &message) {
  return std::to_string(message.sequence) + "@" + std::to_string(message.timestamp) + " \"" + message.data + "\"";
}

} // namespace

// One run of a host: what stands around the committer, done one step at a time.
class RandomOrder::Host {
public:
  // name: of the host in the ledger.
  Host(RandomOrder &order, const std::filesystem::path &folder, const std::string &name)
      : order_(order), file_(folder / "journal"), delivery_(order.server_), kept_(read_journal(file_)),
        known_above_(kept_.ledger_floor), safe_up_to_(kept_.safe_up_to),
        journal_(
            folder, std::move(kept_), identity, [](const CaptureIdentity &) { return JournalOrigin::this_consumer; },
            no_log()),
        in_flight_(folder / "in-flight", "S C", no_log()),
        store_(FakeStore::description(FakeStore::Kind::complete), StageKind::store, order.manifests_.options(), "",
               no_log(), cancelled_),
        ledger_(order.plan_.has_ledger ? make_ledger(name) : nullptr),
        committer_({delivery_, journal_, in_flight_, counters_, order.clock_, no_log(), ledger_.get()}),
        blocks_(committer_, [this](ModelBlocks::Sealed &sealed) { on_seal(sealed); }) {
    if (ledger_ != nullptr)
      open_ledger();
    blocks_.begin(committer_.next_block());
    committer_.settle_earlier_runs([this](const UnfinishedBlock &block) { return order_.store_.contains(block.name); },
                                   order_.server_.delivered_sequence());
    // It may be killed before.
    if (order_.any(4) > 0)
      write_manifest();
  }

  void pull(std::uint64_t count) { delivery_.pull(count); }
  void exchange(std::uint64_t acks) { delivery_.exchange(acks); }
  void tick() { committer_.tick(!blocks_.sealed().empty(), std::nullopt); }
  void hear() { committer_.hear(*delivery_.progress(0ms)); }
  bool is_settled() const { return committer_.is_settled() && blocks_.open() == 0 && blocks_.sealed().empty(); }
  std::uint64_t in_flight() const { return in_flight_.size(); }

  // False: none has come.
  bool take() {
    jetcapture_message message;
    if (!delivery_.next(message, 0ms))
      return false;
    if (const auto era = committer_.admit(message))
      blocks_.route(message, *era);
    return true;
  }

  void seal_one() {
    if (blocks_.open() > 0)
      blocks_.seal(order_.any(blocks_.open()));
  }
  void seal_all() { blocks_.seal_all(); }
  // One block goes one step on its way into the store.
  void store_some() {
    if (blocks_.sealed().empty())
      return;
    const std::size_t number = order_.any(blocks_.sealed().size());
    if (ledger_ != nullptr && !listed_.contains(blocks_.sealed()[number].block.id))
      write_manifest();
    else
      blocks_.step(number, [this](const ModelBlocks::Sealed &sealed) { put(sealed); });
  }
  void write_manifest() {
    if (ledger_ == nullptr)
      return;
    if (order_.any(8) == 0)
      order_.manifests_.lose_next_answer();
    ledger_->write_waiting();
  }
  void store_all() {
    while (!blocks_.sealed().empty())
      store_some();
  }

  void end() {
    delivery_.stop_pulling();
    while (take()) {
    }
    seal_all();
    if (order_.any(2) == 0)
      store_all();
    if (order_.any(2) == 0)
      write_manifest();
    delivery_.exchange();
    tick();
    std::vector<SequenceList> unstored;
    for (const ModelBlocks::Sealed &sealed : blocks_.sealed()) {
      unstored.push_back(sealed.block.own);
      unstored.push_back(sealed.block.shared);
    }
    committer_.give_up(unstored);
  }

  // No more is done, as after SIGKILL: what ends writes nothing.
  void kill(std::unique_ptr<Host> self) {
    // It may be killed after the journal knows of a store, and before the first ack.
    for (const ModelBlocks::Sealed &sealed : blocks_.sealed())
      if (sealed.steps == 2 && order_.any(3) == 0)
        journal_.stored(sealed.block.id);
    // What is in the store's hands may come there later.
    for (const ModelBlocks::Sealed &sealed : blocks_.sealed())
      if (ledger_ != nullptr && sealed.steps == 1 && order_.any(3) == 0)
        order_.late_puts_.emplace_back(sealed.block.name, sealed.parts);
    const std::filesystem::path file = file_;
    const std::string kept = read_file(file);
    self.reset();
    write_file(file, kept);
  }

private:
  void on_seal(ModelBlocks::Sealed &sealed) {
    // As with a content-addressed name: the same messages give the same object.
    for (const auto &[sequence, timestamp, key] : sealed.parts)
      sealed.block.name += std::to_string(sequence) + "@" + std::to_string(timestamp) + key + " ";
    if (ledger_ == nullptr)
      return;
    if (ledger_->decides())
      sealed.block.name += ledger_->run() + " " + std::to_string(sealed.block.id);
    ledger_->list(std::make_shared<SealedBlock>(sealed.block));
  }

  std::unique_ptr<Ledger> make_ledger(const std::string &name) {
    ManifestHeader facts;
    facts.chain = {identity.stream, identity.consumer, name};
    facts.stream_created = identity.stream_created;
    facts.consumer_created = identity.consumer_created;
    return std::make_unique<Ledger>(facts, StoreRetry{0ns, 0ns, 1min}, Ledger::Pace{0ns, 0ns, 0ns, 0ns},
                                    Ledger::Surroundings{store_, counters_, meter_, no_log(),
                                                         [this] {
                                                           journal_.flush();
                                                           return std::string();
                                                         }},
                                    [this](const std::shared_ptr<SealedBlock> &block) { listed_.insert(block->id); });
  }

  void open_ledger() {
    committer_.follow_ledger(
        ledger_->open({.floor = std::max(order_.server_.ack_floor(), safe_up_to_),
                       .known_above = known_above_,
                       .again = [](const ManifestHeader &) { return false; },
                       .has = [this](std::uint64_t sequence,
                                     std::int64_t timestamp) { return order_.server_.has(sequence, timestamp); },
                       .is_stored = [this](const EarlierLine &line) { return order_.store_.contains(line.block.name); },
                       .check = [] {}}));
  }

  void put(const ModelBlocks::Sealed &sealed) {
    if (!order_.store_.emplace(sealed.block.name, sealed.parts).second)
      return;
    for (const Part &part : sealed.parts)
      order_.parts_[part]++;
  }

  RandomOrder &order_;
  const std::filesystem::path file_;
  Counters counters_;
  FakeDelivery delivery_;
  JournalContents kept_;
  const std::optional<std::uint64_t> known_above_;
  const std::uint64_t safe_up_to_;
  Journal journal_;
  InFlight in_flight_;
  std::atomic<bool> cancelled_ = false;
  MemoryMeter meter_{1 << 20};
  const Store store_; // of manifests
  std::set<std::uint64_t> listed_;
  const std::unique_ptr<Ledger> ledger_;
  SharedCommitter committer_;
  ModelBlocks blocks_;
};

RandomOrder::RandomOrder(const Plan &plan, const std::filesystem::path &folder)
    : random_(plan.seed), plan_(plan), folder_(folder),
      server_(clock_, [this](const FakeMessage &message, bool terminated) { check_ack(message, terminated); }),
      lives_(plan.hosts), hosts_(plan.hosts) {
  for (std::size_t number = 0; number < plan.hosts; number++)
    start(number);
}

RandomOrder::~RandomOrder() = default;

void RandomOrder::start(std::size_t number) {
  const std::filesystem::path state = folder_ / std::to_string(number);
  std::filesystem::create_directories(state);
  hosts_[number] =
      std::make_unique<Host>(*this, state, "host-" + std::to_string(number) + "-" + std::to_string(lives_[number]));
}

void RandomOrder::run(std::size_t steps) {
  for (std::size_t i = 0; i < steps; i++)
    step();
  tell("drain");
  drain();
  check_all();
}

void RandomOrder::step() {
  static constexpr const char *kinds[] = {"a", "a", "a", "b", "ab", "abc", "bc", "", "!", "?"};
  const std::uint64_t choice = any(100);
  if (choice < 20) {
    const std::string data = kinds[any(std::size(kinds))];
    server_.publish(data);
    tell("publish " + std::to_string(server_.last_sequence()) + " \"" + data + "\"");
  } else if (choice < 27) {
    const auto seconds = any(6) == 0 ? server_.ack_wait : std::chrono::nanoseconds(std::chrono::seconds(1 + any(8)));
    tell("pass " + std::to_string(seconds / 1s) + " s");
    clock_.advance(seconds);
  } else if (choice < 30) {
    const std::chrono::seconds forgotten(any(2) == 0 ? 0 : any(300));
    const std::uint64_t lost = !plan_.loses_end || any(2) == 0 ? 0 : any(4);
    tell("server restarts: forgets acks of " + std::to_string(forgotten.count()) + " s, loses " + std::to_string(lost));
    server_.restart(forgotten, lost);
  } else {
    step_of(any(hosts_.size()));
  }
}

void RandomOrder::step_of(std::size_t number) {
  Host &host = *hosts_[number];
  const std::string name = "host " + std::to_string(number) + " ";
  const std::uint64_t choice = any(70);
  const std::uint64_t count = 1 + any(4);
  if (choice < 14) {
    tell(name + "pulls " + std::to_string(count));
    host.pull(count);
  } else if (choice < 30) {
    tell(name + "takes " + std::to_string(count));
    for (std::uint64_t i = 0; i < count && host.take(); i++) {
    }
  } else if (choice < 37) {
    tell(name + "seals one");
    host.seal_one();
  } else if (choice < 51) {
    tell(name + "stores a step");
    host.store_some();
  } else if (choice < 57) {
    tell(name + "acks " + std::to_string(count));
    host.exchange(count);
  } else if (choice < 64) {
    tell(name + "ticks");
    host.tick();
  } else if (choice < 66) {
    tell(name + "hears");
    host.hear();
  } else {
    const std::chrono::seconds wait(any(3) == 0 ? any(1200) : any(10));
    const bool killed = choice < 69;
    tell(name + (killed ? "is killed" : "ends") + ", and starts after " + std::to_string(wait.count()) + " s");
    if (killed) {
      host.kill(std::move(hosts_[number]));
    } else {
      host.end();
      hosts_[number].reset();
    }
    // The put of a host that lost its state folder must not come later: nobody else may say that it does not count.
    if (killed && plan_.has_ledger && late_puts_.empty() && any(3) == 0) {
      tell(name + "loses its state folder");
      std::filesystem::remove_all(folder_ / std::to_string(number));
      lives_[number]++;
    }
    clock_.advance(wait);
    start(number);
    if (!late_puts_.empty() && any(2) == 0)
      land_late_put();
  }
}

void RandomOrder::land_late_put() {
  for (const auto &[name, parts] : late_puts_)
    if (store_.emplace(name, parts).second)
      for (const Part &part : parts)
        parts_[part]++;
  late_puts_.clear();
}

void RandomOrder::check_ack(const FakeMessage &message, bool terminated) const {
  if (terminated != (message.data == "!"))
    throw BrokenPromise("message " + text(message) + " was " + (terminated ? "terminated" : "acked"));
  for (const char letter : message.data)
    if (!terminated && !parts_.contains({message.sequence, message.timestamp, std::string(1, letter)}))
      throw BrokenPromise("message " + text(message) + " was acked and is not stored for key " + letter);
}

void RandomOrder::drain() {
  for (std::size_t round = 0; round < most_rounds; round++) {
    bool settled = server_.all_acked();
    for (const auto &host : hosts_) {
      host->pull(1000);
      while (host->take()) {
      }
      host->seal_all();
      host->store_all();
      host->tick();
      host->write_manifest();
      host->tick();
      host->exchange(UINT64_MAX);
      host->tick();
      settled = settled && host->is_settled();
    }
    if (settled)
      break;
    clock_.advance(round % 4 == 3 ? server_.ack_wait : 1s);
  }
  // What another host has acked is known by the ack floor.
  clock_.advance(server_.ack_wait);
  for (const auto &host : hosts_) {
    host->hear();
    host->tick();
    host->write_manifest();
  }
}

void RandomOrder::check_all() {
  server_.for_each([this](const FakeMessage &message) {
    for (const char letter : message.data)
      if (letter != '!' && !parts_.contains({message.sequence, message.timestamp, std::string(1, letter)}))
        throw BrokenPromise("message " + text(message) + " is not stored for key " + letter);
  });
  if (plan_.has_ledger)
    check_done_lines();
  // Two hosts may both store a message whose ack_wait has passed. What came too late to count stands in void lines.
  for (const auto &[part, count] : parts_)
    if (count > 1 && hosts_.size() == 1 && !plan_.has_ledger)
      throw BrokenPromise("message " + std::to_string(std::get<0>(part)) + "@" + std::to_string(std::get<1>(part)) +
                          " is stored " + std::to_string(count) + " times for key " + std::get<2>(part));
  for (const auto &host : hosts_)
    if (host->in_flight() > 0)
      throw BrokenPromise(std::to_string(host->in_flight()) + " messages are in flight after all is drained");
  if (!server_.all_acked())
    throw BrokenPromise("not all messages are acked after all is drained");
  const std::size_t hosts = hosts_.size();
  hosts_.clear();
  for (std::size_t number = 0; number < hosts; number++)
    for (const auto &[id, block] : read_journal(folder_ / std::to_string(number) / "journal").blocks)
      // One of messages that the stream has lost is done once the stream has grown past them.
      if (block.last_sequence <= server_.last_sequence())
        throw BrokenPromise("the journal of host " + std::to_string(number) + " has unfinished blocks");
}

// Who reads the manifests sees each part once, and of each message that is in no block why.
void RandomOrder::check_done_lines() const {
  std::map<std::pair<std::string, std::uint64_t>, std::map<std::uint64_t, BlockLine>> lines; // by chain and manifest
  std::set<std::tuple<std::string, std::uint64_t, std::uint64_t>> voided;
  std::set<std::uint64_t> in_no_block;
  std::map<std::pair<std::uint64_t, std::string>, std::size_t> done; // by sequence and key
  const auto objects = manifests_.objects();
  for (const auto &[name, bytes] : objects) {
    const Manifest manifest = decode_manifest(bytes);
    for (std::size_t i = 0; i < manifest.lines.size(); i++)
      lines[{manifest.chain.host, manifest.number}][i] = manifest.lines[i];
    for (const LineRun &run : manifest.voided)
      for (std::uint64_t place = run.first; place <= run.last; place++)
        voided.emplace(manifest.chain.host, run.manifest, place);
    for (const auto *runs : {&manifest.filtered, &manifest.terminated})
      for (const SequenceRun &run : *runs)
        for (std::uint64_t sequence = run.first; sequence <= run.last; sequence++)
          in_no_block.insert(sequence);
  }
  for (const auto &[chain, places] : lines)
    for (const auto &[place, line] : places) {
      if (voided.contains({chain.first, chain.second, place}) || !store_.contains(line.name))
        continue;
      const std::string key = line.place.quarantine ? "?" : std::string(decode_key(line.place.key).front());
      for (const std::uint64_t sequence : line.own)
        done[{sequence, key}]++;
      for (const SharedMessage &message : line.shared)
        done[{message.sequence, key}]++;
    }
  server_.for_each([&](const FakeMessage &message) {
    if ((message.data.empty() || message.data == "!") && !in_no_block.contains(message.sequence))
      throw BrokenPromise("message " + text(message) + " is in no block, and no manifest says why");
    for (const char letter : message.data) {
      const std::size_t count = letter == '!' ? 1 : done[{message.sequence, std::string(1, letter)}];
      if (count == 0 || (count > 1 && hosts_.size() == 1))
        throw BrokenPromise("message " + text(message) + " is in " + std::to_string(count) + " done lines for key " +
                            letter);
    }
  });
}

std::string RandomOrder::told() const {
  std::string all;
  for (const std::string &step : steps_)
    all += step + "\n";
  return all;
}

} // namespace jetcapture::test
