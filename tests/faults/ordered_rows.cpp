// Ordered delivery, broken in random ways: two hosts of one capture are killed, stopped for longer than a takeover
// takes and let go on, and lose their state directories, while messages come, with one key, several, late or
// undecodable, and others expire. At the end the rows of the blocks that are done have to be those of the messages,
// each once.
//
//   ordered_rows [--seeds N] [--seed FIRST] [--messages N] [--store file|s3|azure] [--server PATH|current]
//
// Last line: store=… seed=… kills=… takeovers=… lost=0 twice=0, of all seeds. The exit status is 0 with lost=0 and
// twice=0.
#define DOCTEST_CONFIG_IMPLEMENT
#include "capture/host.hpp"
#include "services/store_place.hpp"
#include "support/arguments.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t messages_a_round = 4000;

struct Totals {
  int kills = 0;
  int takeovers = 0;
  std::size_t lost = 0;
  std::size_t twice = 0;
};

class Rows {
public:
  Rows(unsigned seed, const std::string &store) : random_(seed), place_(store) {
    client_->make_stream("S", {"s.>"});
    for (auto &host : hosts_) {
      host->state_dir = host->folder() / "state";
      host->environment = place_.environment();
    }
  }

  void run(std::size_t messages, Totals &totals) {
    for (const auto &host : hosts_)
      start(*host);
    while (published_ < messages) {
      publish();
      happen();
    }
    for (const auto &host : hosts_)
      end(*host, SIGKILL);
    hosts_[0]->binary = JETCAPTURE_BINARY;
    hosts_[0]->environment["JETCAPTURE_FAULT_POINT"] = "";
    begin(*hosts_[0], {"--once"});
    const auto status = hosts_[0]->program().wait(120s);
    if (status != 0)
      throw std::runtime_error("the last run ended with " + std::to_string(status.value_or(-1)) + ":\n" +
                               said(*hosts_[0]));
    takeovers_ += took_over(*hosts_[0]);
    totals.kills += kills_;
    totals.takeovers += takeovers_;
    judge(totals);
  }

private:
  using Row = std::pair<std::uint64_t, std::string>; // sequence, key; "?": the quarantine

  unsigned any(unsigned below) { return static_cast<unsigned>(random_() % below); }

  // The data of a message says what its rows are.
  std::string data() {
    const auto key = [this] { return "k" + std::to_string(any(10)); };
    switch (any(20)) {
    case 0: {
      const std::string one = key();
      const std::string other = key();
      return one == other ? one : one + "," + other;
    }
    case 1:
      return key() + "@" + std::to_string(any(6));
    case 2:
      return any(10) == 0 ? key() + ",!" : key();
    default:
      return key();
    }
  }
  static std::set<std::string> keys_of(const std::string &data) {
    if (data.find('!') != std::string::npos)
      return {"?"};
    std::set<std::string> keys;
    std::istringstream words(data);
    for (std::string word; std::getline(words, word, ',');)
      keys.insert(word.substr(0, word.find('@')));
    return keys;
  }

  void publish() {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < messages_a_round; i++)
      all.push_back(data());
    client_->publish(all.size(), [&](std::size_t i) { return Message{"s.x", all[i - 1]}; });
    published_ += all.size();
    data_.insert(data_.end(), all.begin(), all.end());
  }

  void begin(Host &host, std::vector<std::string> more = {}) {
    std::vector<std::string> flags = {"--delivery",       "ordered", "--max-age",    "2s",
                                      "--max-messages",   "1000",    "--retry-min",  "50ms",
                                      "--takeover-after", "1s",      "--plugin-dir", JETCAPTURE_HARD_PLUGINS};
    for (const std::vector<std::string> &some : {place_.flags(), more})
      flags.insert(flags.end(), some.begin(), some.end());
    host.start(flags, {"fan_out", "ndjson", place_.store()});
  }
  void start(Host &host) {
    static const std::vector<std::string> points = {"before-manifest", "after-manifest", "during-store", "after-store"};
    host.binary = JETCAPTURE_FAULTS_BINARY;
    host.environment["JETCAPTURE_FAULT_POINT"] =
        any(3) == 0 ? points[any(static_cast<unsigned>(points.size()))] + ":" + std::to_string(1 + any(40)) : "";
    begin(host);
  }
  int took_over(const Host &host) const { return static_cast<int>(host.lines_with("taking over").size()); }
  // Its end, by that signal or by itself.
  void end(Host &host, int signal) {
    host.program().signal(SIGCONT);
    if (signal != 0)
      host.program().signal(signal);
    const auto status = host.program().wait(30s);
    takeovers_ += took_over(host);
    if (status == 128 + SIGKILL)
      kills_++;
    else if (status != 0 && status != 4)
      std::printf("a host ended with %d:\n%s\n", status.value_or(-1), said(host).c_str());
  }

  // What it has to say of itself, without the blocks.
  static std::string said(const Host &host) {
    std::string all;
    for (const char *text : {"jetcapture: ", "level=warn", "level=error", "msg=ended", "standing by", "taking over"})
      for (const std::string &line : host.lines_with(text))
        all += line + "\n";
    return all;
  }

  void happen() {
    for (const auto &host : hosts_)
      if (host->program().wait(std::chrono::milliseconds(any(300)))) {
        end(*host, 0);
        start(*host);
      }
    Host &host = *hosts_[any(2)];
    switch (any(8)) {
    case 0:
    case 1:
      end(host, SIGKILL);
      if (any(2) == 0)
        std::filesystem::remove_all(host.state_dir);
      start(host);
      break;
    case 2:
      host.program().signal(SIGSTOP);
      pass(2500ms);
      host.program().signal(SIGCONT);
      break;
    case 3:
      end(host, SIGTERM);
      start(host);
      break;
    case 4: // some that are old leave the stream
      if (published_ > 3 * messages_a_round) {
        const std::size_t kept = messages_a_round * 2 + any(messages_a_round);
        client_->shorten_stream("S", {"s.>"}, kept);
      }
      break;
    default:
      break;
    }
  }

  // By the blocks that are done.
  void judge(Totals &totals) {
    std::vector<std::string> command = {JETCAPTURE_BINARY, "ls", "--json", "--store", place_.store()};
    const std::vector<std::string> where = place_.flags();
    command.insert(command.end(), where.begin(), where.end());
    Program ls(command, folder_ / "ls.log", place_.environment());
    if (ls.wait(60s) != 0)
      throw std::runtime_error("jetcapture ls: " + ls.output());
    std::map<Row, int> rows;
    const nlohmann::json listed = nlohmann::json::parse(ls.output());
    read(listed["blocks"], rows);
    const auto state = client_->api("STREAM.INFO.S")["state"];
    const auto first = state["first_seq"].get<std::uint64_t>();
    std::size_t lost = 0;
    for (std::uint64_t sequence = 1; sequence <= data_.size(); sequence++)
      for (const std::string &key : keys_of(data_[sequence - 1])) {
        const auto row = rows.find({sequence, key});
        // What has left the stream may have done so before it was read.
        if (row == rows.end() && sequence >= first && lost++ == 0)
          std::printf("the first lost: %llu, key %s\n", static_cast<unsigned long long>(sequence), key.c_str());
        if (row != rows.end())
          row->second--;
      }
    for (const auto &[row, count] : rows)
      if (count != 0 && totals.twice++ == 0)
        std::printf("the first twice, or never published: %llu, key %s\n", static_cast<unsigned long long>(row.first),
                    row.second.c_str());
    totals.lost += lost;
  }
  void read(const nlohmann::json &blocks, std::map<Row, int> &rows) const {
    for (const nlohmann::json &block : blocks) {
      if (block["state"] != "done")
        continue;
      const std::string key = block["quarantine"] ? "?" : block["key"][0].get<std::string>();
      std::istringstream lines(place_.object(block["name"]));
      constexpr std::string_view field = "\"sequence\":";
      for (std::string line; std::getline(lines, line);)
        rows[{std::stoull(line.substr(line.find(field) + field.size(), 20)), key}]++;
    }
  }

  std::mt19937 random_;
  Folder folder_;
  StorePlace place_;
  Server server_;
  std::unique_ptr<Client> client_ = std::make_unique<Client>(server_.url());
  std::vector<std::unique_ptr<Host>> hosts_ = [this] {
    std::vector<std::unique_ptr<Host>> hosts;
    for (int i = 0; i < 2; i++)
      hosts.push_back(std::make_unique<Host>(server_));
    return hosts;
  }();
  std::size_t published_ = 0;
  std::vector<std::string> data_; // by sequence, from 1
  int kills_ = 0;
  int takeovers_ = 0;
};

} // namespace

int main(int argc, char **argv) {
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  use_server_of(argc, argv);
  const unsigned first = static_cast<unsigned>(std::stoul(argument(argc, argv, "--seed", "1")));
  const unsigned seeds = static_cast<unsigned>(std::stoul(argument(argc, argv, "--seeds", "20")));
  const std::size_t messages = std::stoul(argument(argc, argv, "--messages", "50000"));
  const std::string store = argument(argc, argv, "--store", "file");
  Totals totals;
  try {
    for (unsigned seed = first; seed < first + seeds; seed++) {
      const std::size_t wrong = totals.lost + totals.twice;
      Rows(seed, store).run(messages, totals);
      if (totals.lost + totals.twice > wrong)
        std::printf("seed %u is wrong\n", seed);
    }
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    return 2;
  }
  std::printf("store=%s seed=%u..%u kills=%d takeovers=%d lost=%zu twice=%zu\n", store.c_str(), first,
              first + seeds - 1, totals.kills, totals.takeovers, totals.lost, totals.twice);
  return totals.lost + totals.twice == 0 ? 0 : 1;
}
