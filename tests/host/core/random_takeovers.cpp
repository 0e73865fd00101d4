#include "host/core/random_takeovers.hpp"

#include "audit/generations.hpp"
#include "blocks/capture_error.hpp"
#include "commit/ordered_committer.hpp"
#include "host/core/model_blocks.hpp"
#include "ledger/ledger.hpp"
#include "ordered/claims.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>

namespace jetcapture::test {

using namespace host;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_rounds = 50;
const std::string created = "2026-01-01T00:00:00Z";

Settings settings(std::uint64_t claims = 0) {
  Settings settings;
  settings.parallel_backlog = claims;
  settings.stream = "S";
  settings.consumer = "C";
  settings.delivery = DeliveryKind::ordered;
  return settings;
}

} // namespace

// One run of a host: what stands around the committer, done one step at a time.
class RandomTakeovers::Host {
public:
  // Throws Outrun.
  Host(RandomTakeovers &order, OrderedStart start)
      : order_(order), store_(FakeStore::description(FakeStore::Kind::complete), StageKind::store,
                              order.manifests_.options(), "", no_log(), cancelled_),
        start_(std::move(start)),
        delivery_(order.server_, start_.after, start_.claim ? start_.claim->last : UINT64_MAX),
        ledger_(facts(start_), StoreRetry{0ns, 0ns, 1min}, Ledger::Pace{0ns, 0ns, 0ns, 0ns},
                {store_, counters_, meter_, no_log(), [] { return std::string(); }},
                [this](const std::shared_ptr<SealedBlock> &block) { listed_.insert(block->id); }),
        committer_({delivery_, ledger_, counters_, order_.clock_, no_log()}, start_.after, start_.goes_on),
        blocks_(committer_, [this](ModelBlocks::Sealed &sealed) {
          sealed.block.name = ledger_.run() + " " + std::to_string(sealed.block.id);
          ledger_.list(std::make_shared<SealedBlock>(sealed.block));
        }) {
    committer_.follow_ledger(
        ledger_.open({.floor = start_.after,
                      .known_above = 0,
                      .only_behind = start_.only_behind,
                      .again = [](const ManifestHeader &) { return false; },
                      .has = [this](std::uint64_t sequence,
                                    std::int64_t timestamp) { return order_.server_.has(sequence, timestamp); },
                      .is_stored = [this](const EarlierLine &line) { return order_.store_.contains(line.block.name); },
                      .note_run = {},
                      .check = [] {}}));
    committer_.settle_earlier_runs([this](const UnfinishedBlock &block) { return order_.store_.contains(block.name); },
                                   0);
    blocks_.begin(committer_.next_block());
    if (order_.any(4) > 0)
      write_manifest();
  }

  const std::string &run() const { return ledger_.run(); }
  std::uint64_t after() const { return start_.after; }
  void pull(std::uint64_t count) { delivery_.pull(count); }
  void tick() { committer_.tick(!blocks_.sealed().empty(), std::nullopt); }
  // With claims: all of its claim is stored, and its chain says so.
  bool ends_claim() {
    if (!committer_.has_reached_end())
      return false;
    blocks_.seal_all();
    if (!committer_.is_done_to_end())
      return false;
    ledger_.finish({}, true);
    write_manifest();
    check();
    return true;
  }
  bool is_last() const { return !start_.claim || start_.claim->last > order_.server_.last_sequence(); }
  bool is_settled() const { return committer_.is_settled() && blocks_.open() == 0 && blocks_.sealed().empty(); }
  // Throws Overtaken.
  void check() const { ledger_.check(); }

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
    if (!listed_.contains(blocks_.sealed()[number].block.id))
      write_manifest();
    else
      blocks_.step(number, [this](const ModelBlocks::Sealed &sealed) {
        order_.store_.emplace(sealed.block.name, sealed.parts);
      });
  }
  void write_manifest() {
    if (order_.any(8) == 0)
      order_.manifests_.lose_next_answer();
    ledger_.write_waiting();
  }
  void store_all() {
    for (std::size_t i = 0; i < 1000 && !blocks_.sealed().empty(); i++) {
      check();
      store_some();
    }
  }
  // What is in the store's hands when it is killed may come there later.
  void leave_puts() {
    for (const ModelBlocks::Sealed &sealed : blocks_.sealed())
      if (sealed.steps == 1 && order_.any(2) == 0)
        order_.late_puts_.emplace_back(sealed.block.name, sealed.parts);
  }

private:
  static ManifestHeader facts(const OrderedStart &start) {
    ManifestHeader facts;
    facts.chain = {"S", "C", std::string(ordered_chain)};
    facts.stream_created = created;
    facts.floor = start.after;
    facts.rewound_to = start.rewound_to;
    facts.rewound_to_timestamp = start.rewound_to_timestamp;
    if (start.claim) {
      facts.chain.host = start.claim->host;
      facts.claim_messages = start.claim->messages;
      facts.claim_last = start.claim->last;
      facts.claims_done_up_to = start.claim->all_done_up_to;
    }
    facts.path_template = settings().path_template;
    facts.interval = settings().max_age.count();
    return facts;
  }

  RandomTakeovers &order_;
  std::atomic<bool> cancelled_ = false;
  const Store store_; // of manifests
  Counters counters_;
  MemoryMeter meter_{1 << 20};
  const OrderedStart start_;
  FakeOrderedDelivery delivery_;
  std::set<std::uint64_t> listed_;
  Ledger ledger_;
  OrderedCommitter committer_;
  ModelBlocks blocks_;
};

RandomTakeovers::RandomTakeovers(const Plan &plan)
    : random_(plan.seed), plan_(plan), server_(clock_, [](const FakeMessage &, bool) {}),
      in_claims_(plan.claims > 0 && any(2) == 0) {
  begin_host();
}

RandomTakeovers::~RandomTakeovers() = default;

void RandomTakeovers::begin_host() {
  if (!in_claims_)
    return begin_host(find_start());
  // It may look now, and begin later.
  if (!found_)
    found_ = find_claim(any(3) == 0);
  if (!found_ || any(3) == 0)
    return;
  try {
    begin_host(*std::exchange(found_, std::nullopt));
  } catch (const Outrun &other) {
    tell(other.what());
  }
}

void RandomTakeovers::begin_host(const OrderedStart &start) {
  hosts_.push_back(std::make_unique<Host>(*this, start));
  tell("run " + hosts_.back()->run().substr(0, 4) + " begins behind " + std::to_string(hosts_.back()->after()) +
       (start.claim ? " up to " + std::to_string(start.claim->last) : ""));
}

namespace {

StreamNow now_of(const FakeServer &server) {
  return {.created = created,
          .first_sequence = server.first_sequence(),
          .last_sequence = server.last_sequence(),
          .filters = {},
          .newest_up_to = [&server](std::uint64_t sequence) -> std::optional<OrderedChain::Message> {
            std::optional<OrderedChain::Message> newest;
            server.for_each([&](const FakeMessage &message) {
              if (message.sequence <= sequence)
                newest = {message.sequence, message.timestamp};
            });
            return newest;
          },
          .begin = [&server] { return server.first_sequence() - 1; }};
}

} // namespace

OrderedStart RandomTakeovers::find_start() {
  const std::atomic<bool> cancelled = false;
  const Store store(FakeStore::description(FakeStore::Kind::complete), StageKind::store, manifests_.options(), "",
                    no_log(), cancelled);
  OrderedChain chain(store, "S", "C", 1min);
  chain.look();
  return host::find_start(chain, now_of(server_), settings(), "", false, no_log());
}

// As a host whose process has just begun. takes_over: it takes each other one for dead.
std::optional<OrderedStart> RandomTakeovers::find_claim(bool takes_over) {
  const std::atomic<bool> cancelled = false;
  const Store store(FakeStore::description(FakeStore::Kind::complete), StageKind::store, manifests_.options(), "",
                    no_log(), cancelled);
  Settings wanted = settings(plan_.claims);
  wanted.takeover_after = takes_over ? 0h : 1h;
  Claims claims({.store = store,
                 .stream = [this] { return now_of(server_); },
                 .has_other_chains = [] { return false; },
                 .heard = [] { return std::set<std::string>(); },
                 .last_run = [this] { return last_run_; },
                 .now = [this] { return clock_.now(); },
                 .log = no_log()},
                wanted, "");
  return claims.look();
}

void RandomTakeovers::end_host(std::size_t number) {
  hosts_[number]->leave_puts();
  last_run_ = any(2) == 0 ? hosts_[number]->run() : "";
  hosts_.erase(hosts_.begin() + static_cast<std::ptrdiff_t>(number));
}

void RandomTakeovers::run(std::size_t steps) {
  for (std::size_t i = 0; i < steps; i++)
    step();
  tell("drain");
  drain();
  check();
}

void RandomTakeovers::step() {
  if (plan_.claims > 0 && !in_claims_ && any(30) == 0) {
    tell("hosts begin to work in claims");
    in_claims_ = true;
  }
  if (any(100) < 30 || hosts_.empty())
    stream_step();
  else
    step_of(any(2) == 0 ? hosts_.size() - 1 : any(hosts_.size()));
  if (hosts_.empty() || any(40) == 0)
    begin_host();
  if (any(20) == 0)
    land_late_puts();
}

void RandomTakeovers::stream_step() {
  static constexpr const char *kinds[] = {"a", "a", "a", "b", "ab", "abc", "bc", "", "!", "?"};
  const std::uint64_t choice = any(30);
  if (choice < 22) {
    server_.publish(kinds[any(std::size(kinds))]);
    const auto message = server_.next_behind(server_.last_sequence() - 1);
    published_[message->sequence] = *message;
    tell("publish " + std::to_string(message->sequence) + " \"" + message->data + "\"");
  } else if (choice < 25) {
    clock_.advance(std::chrono::seconds(1 + any(15)));
  } else if (choice < 28 && server_.last_sequence() > 0) {
    const std::uint64_t gone = any(2) == 0 ? server_.first_sequence() : 1 + any(server_.last_sequence());
    tell("message " + std::to_string(gone) + " vanishes");
    server_.remove(gone);
  } else if (plan_.loses_end) {
    const std::uint64_t lost = 1 + any(3);
    tell("the stream loses its last " + std::to_string(lost));
    server_.restart(0s, lost);
    clock_.advance(1s);
  }
}

void RandomTakeovers::step_of(std::size_t number) {
  Host &host = *hosts_[number];
  const std::string name = "run " + host.run().substr(0, 4) + " ";
  const std::uint64_t choice = any(70);
  const std::uint64_t count = 1 + any(4);
  try {
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
    } else if (choice < 55) {
      tell(name + "stores a step");
      host.store_some();
    } else if (choice < 66) {
      tell(name + "ticks");
      host.tick();
      host.check();
      if (host.ends_claim()) {
        tell(name + "has done its claim");
        end_host(number);
      }
    } else {
      tell(name + "is killed");
      end_host(number);
    }
  } catch (const Overtaken &) {
    tell(name + "is overtaken");
    end_host(number);
  } catch (const DeliveryError &error) {
    tell(name + "ends: " + error.what());
    end_host(number);
  }
}

void RandomTakeovers::land_late_puts() {
  for (const auto &[name, parts] : late_puts_)
    store_.emplace(name, parts);
  late_puts_.clear();
}

void RandomTakeovers::drain() {
  if (plan_.claims == 0)
    begin_host();
  else
    drain_all_claims();
  if (plan_.claims == 0)
    drain_last_host();
  // Those that do not know yet that they were overtaken go on for a while.
  while (hosts_.size() > (plan_.claims == 0 ? 1 : 0)) {
    for (int i = 0; i < 4; i++)
      hosts_.front()->store_some();
    end_host(0);
  }
  land_late_puts();
}

// One claim after the other, up to the one that the stream has not filled.
void RandomTakeovers::drain_all_claims() {
  for (std::size_t i = 0; i < 1000; i++) {
    const std::optional<OrderedStart> start = find_claim(true);
    if (!start)
      throw BrokenPromise("no claim is to be taken");
    begin_host(*start);
    drain_last_host();
    const bool is_last = hosts_.back()->is_last();
    if (!is_last && !hosts_.back()->ends_claim())
      throw BrokenPromise("a claim does not end");
    end_host(hosts_.size() - 1);
    if (is_last)
      return;
  }
  throw BrokenPromise("the last claim does not come");
}

void RandomTakeovers::drain_last_host() {
  Host &owner = *hosts_.back();
  for (std::size_t round = 0; round < most_rounds; round++) {
    owner.pull(1000);
    while (owner.take()) {
    }
    owner.tick();
    owner.seal_all();
    owner.store_all();
    owner.write_manifest();
    owner.tick();
    if (owner.is_settled())
      break;
  }
  owner.write_manifest();
  if (!owner.is_settled())
    throw BrokenPromise("not all is stored after all was drained");
}

// As a reader does that has the manifests and the objects.
void RandomTakeovers::check() const {
  std::map<std::string, ChainOf> chains; // by host
  for (const auto &[name, bytes] : manifests_.objects()) {
    Manifest manifest = decode_manifest(bytes);
    ChainOf &chain = chains[manifest.chain.host];
    chain[manifest.number] = std::move(manifest);
  }
  std::map<Part, std::size_t> done;
  std::map<std::uint64_t, std::string> passed; // why a sequence is in no block
  for (const auto &one : chains) {
    check_chain(one.second, done, passed);
    check_generations(one.second);
  }
  check_stream(done, passed);
}

void RandomTakeovers::check_chain(const ChainOf &chain, std::map<Part, std::size_t> &done,
                                  std::map<std::uint64_t, std::string> &passed) const {
  using Place = std::pair<std::uint64_t, std::uint64_t>;
  std::set<Place> voided;
  std::set<Place> declared; // done
  for (const auto &[number, manifest] : chain) {
    for (const BlockLine &line : manifest.lines)
      if (manifest.claim_messages > 0 &&
          (line.last_sequence > manifest.claim_last ||
           (manifest.chain.host != ordered_chain && line.first_sequence + plan_.claims <= manifest.claim_last)))
        throw BrokenPromise("a block has messages of another claim");
    const auto declare = [&](const std::vector<LineRun> &runs, const auto &visit) {
      for (const LineRun &run : runs)
        for (std::uint64_t place = run.first; place <= run.last; place++)
          visit(Place(run.manifest, place));
    };
    declare(manifest.voided, [&](const Place &place) { voided.insert(place); });
    declare(manifest.done, [&](const Place &place) {
      if (voided.contains(place))
        throw BrokenPromise("a line is declared done that is void");
      if (!declared.insert(place).second)
        return;
      const BlockLine &line = chain.at(place.first).lines.at(place.second);
      if (!store_.contains(line.name))
        throw BrokenPromise("a line is declared done whose object is not there");
      for (const Part &part : store_.at(line.name))
        if (++done[part] > 1)
          throw BrokenPromise("message " + std::to_string(std::get<0>(part)) + " is in two done lines for key " +
                              std::get<2>(part));
    });
    const auto pass = [&](const std::vector<SequenceRun> &runs, const char *why) {
      for (const SequenceRun &run : runs)
        for (std::uint64_t sequence = run.first; sequence <= run.last; sequence++)
          passed[sequence] = why;
    };
    pass(manifest.filtered, "filtered");
    pass(manifest.terminated, "terminated");
    pass(manifest.absent, "absent");
    if (plan_.loses_end)
      continue;
    for (const auto &[sequence, message] : published_) {
      if (sequence > manifest.floor || passed.contains(sequence) || chain.begin()->second.floor >= sequence)
        continue;
      for (const char letter : message.data)
        if (!done.contains({sequence, message.timestamp, std::string(1, letter)}))
          throw BrokenPromise("manifest " + std::to_string(number) + " has the floor " +
                              std::to_string(manifest.floor) + ", and message " + std::to_string(sequence) +
                              " is not done for key " + letter);
      if (message.data.empty() || message.data == "!")
        throw BrokenPromise("manifest " + std::to_string(number) + " has the floor " + std::to_string(manifest.floor) +
                            ", and message " + std::to_string(sequence) + " is not recorded");
    }
  }
}

// Of several messages of one sequence that are stored, a reader takes the one that the stream has.
void RandomTakeovers::check_generations(const ChainOf &chain) const {
  std::set<std::pair<std::uint64_t, std::size_t>> done;
  Generations generations;
  for (auto one = chain.rbegin(); one != chain.rend(); ++one) {
    const Manifest &manifest = one->second;
    for (const LineRun &run : manifest.done)
      for (std::size_t place = run.first; place <= run.last; place++)
        done.emplace(run.manifest, place);
    for (std::size_t i = 0; i < manifest.lines.size(); i++) {
      if (!done.contains({manifest.number, i}))
        continue;
      for (const auto &[sequence, timestamp, key] : store_.at(manifest.lines[i].name)) {
        const auto there = server_.next_behind(sequence - 1);
        const bool is_there = there && there->sequence == sequence;
        const bool counts = sequence <= generations.current_up_to();
        if (is_there && counts != (there->timestamp == timestamp))
          throw BrokenPromise(
              "message " + std::to_string(sequence) + " of manifest " + std::to_string(manifest.number) +
              (counts ? " counts, and the stream has another" : " does not count, and the stream has it"));
      }
    }
    generations.pass(manifest);
  }
}

// What the stream still has was there all the time.
void RandomTakeovers::check_stream(const std::map<Part, std::size_t> &done,
                                   const std::map<std::uint64_t, std::string> &passed) const {
  server_.for_each([&](const FakeMessage &message) {
    const std::string name = "message " + std::to_string(message.sequence) + " \"" + message.data + "\"";
    const auto why = passed.find(message.sequence);
    const std::string said = why == passed.end() ? "" : why->second;
    if (message.data.empty() || message.data == "!") {
      if (said != (message.data.empty() ? "filtered" : "terminated") && !plan_.loses_end)
        throw BrokenPromise(name + " is recorded as \"" + said + "\"");
      return;
    }
    for (const char letter : message.data)
      if (!done.contains({message.sequence, message.timestamp, std::string(1, letter)}))
        throw BrokenPromise(name + " is in no done line for key " + letter);
    if (!said.empty() && !plan_.loses_end)
      throw BrokenPromise(name + " is recorded as " + said + ", and stored");
  });
}

std::string RandomTakeovers::told() const {
  std::string all;
  for (const std::string &step : steps_)
    all += step + "\n";
  return all;
}

} // namespace jetcapture::test
