// A randomised soak: messages are published while faults come in an order that the seed gives; at the end every message
// has to be there once, in a block or in quarantine.
//
//   soak --seconds N --seed S [--delivery shared|ordered] [--faults kill,server,…] [--lose-state] [--server PATH]
//
// Faults (all that the delivery knows, unless some are named):
//   kill          the host is killed, at a random moment or at a point of a block's life, and starts again at once
//   server        the server is restarted, half of the times by SIGKILL
//   store         the store fails for one key for a while
//   restart-late  shared: the host is killed and starts again when ack_wait is over
//   server-late   the server is down for longer than ack_wait
//   clock         the host starts with a clock that is behind the server's
//   edit          max_ack_pending and ack_wait of the consumer are changed while the host runs; ordered: the stream
//                 is edited, and the host's consumer is deleted
//   limits        a max_msgs of the stream removes messages that are captured
//   tls           the server starts with a new certificate of another authority; the host's file of authorities is
//                 replaced before
//   crash         one message kills the process in the decoder: after two crashes it has to be in quarantine
//
// --lose-state: the state directory is deleted at each kill; the fault crash needs it, and is left out.
// --server: the nats-server to run; "current" is the one that tests/support/services.sh installs.
//
// Last line: seed=… kills=… server_restarts=… …=… messages=… lost=… twice=…
// The exit status is 0 with lost=0 and twice=0, where no host told of losses that are none, no message crashed the host
// more than twice, where it got on by itself after server-late, clock and tls, and where the backup is good.
#define DOCTEST_CONFIG_IMPLEMENT
#include "capture/deliveries.hpp"
#include "faults/backup_of.hpp"
#include "faults/wrong_clock.hpp"
#include "support/arguments.hpp"
#include "support/http.hpp"
#include "support/loopback.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <random>
#include <sstream>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr auto ack_wait = 4s;
const std::vector<std::string> all_faults = {"kill",  "server", "store",  "restart-late", "server-late",
                                             "clock", "edit",   "limits", "tls",          "crash"};

// An authority and a certificate for 127.0.0.1, as files; renew() makes others.
class Certificates {
public:
  Certificates() { renew(); }
  void renew() {
    const std::string script = "cd " + folder_.path().string() + R"( &&
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.new &&
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=server -keyout server.key -out server.csr &&
      printf 'subjectAltName=IP:127.0.0.1' > names &&
      openssl x509 -req -in server.csr -CA ca.new -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem &&
      mv ca.new ca.pem)";
    const std::string command = "(" + script + ") > " + (folder_ / "log") + " 2>&1";
    if (std::system(command.c_str()) != 0)
      throw std::runtime_error("no certificates: " + read_file(folder_ / "log"));
  }
  std::string authority() const { return folder_ / "ca.pem"; }
  std::string server_settings() const {
    return "tls { cert_file: \"" + folder_ / "server.pem" + "\", key_file: \"" + folder_ / "server.key" + "\" }\n";
  }

private:
  Folder folder_;
};

class Soak {
public:
  struct Options {
    Delivery delivery = Delivery::shared;
    bool loses_state = false;
    std::vector<std::string> faults;
  };
  Soak(unsigned seed, const Options &options)
      : delivery_(options.delivery), loses_state_(options.loses_state), seed_(seed), random_(seed),
        names_(options.faults) {
    for (const std::string &name : names_)
      if (std::find(all_faults.begin(), all_faults.end(), name) == all_faults.end())
        throw std::runtime_error("there is no fault " + name);
    client_->make_stream("S", {"s.>"});
    make_consumer_for(delivery_, *client_, settings_);
    host_.state_dir = host_.folder() / "state";
    if (has("crash"))
      stages_[0] = "fragile";
  }

  // True: nothing lost, nothing twice.
  bool run(std::chrono::seconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    start();
    while (std::chrono::steady_clock::now() < end) {
      publish();
      if (host_.program().wait(up_to(400ms))) {
        count_end();
        start();
      } else if (random_() % 2 == 0) {
        happen(names_[random_() % names_.size()]);
      }
    }
    if (!host_.program().wait(0s)) {
      host_.program().signal(SIGKILL);
      host_.program().wait(10s);
    }
    count_end();
    return judge(finish());
  }

private:
  bool has(const std::string &fault) const { return std::find(names_.begin(), names_.end(), fault) != names_.end(); }
  std::string url() const { return (has("tls") ? "tls" : "nats") + server_.url().substr(server_.url().find(':')); }
  std::chrono::milliseconds up_to(std::chrono::milliseconds most) {
    return std::chrono::milliseconds(random_() % static_cast<unsigned>(most.count()));
  }

  std::vector<std::string> flags() const {
    std::vector<std::string> flags = {
        "--max-age", "2s",          "--max-messages", "200",          "--retry-min",
        "50ms",      "--retry-max", "500ms",          "--plugin-dir", JETCAPTURE_HARD_PLUGINS};
    if (has("tls"))
      flags.insert(flags.end(), {"--tlsca", certificates_->authority()});
    if (delivery_ == Delivery::ordered)
      flags.insert(flags.end(), {"--delivery", "ordered", "--takeover-after", "1s", "--listen", address_});
    return flags;
  }
  // Points of a block's life.
  std::vector<std::string> points() const {
    if (delivery_ == Delivery::ordered)
      return {"before-manifest", "after-manifest", "during-store", "after-store"};
    return {"before-intent", "after-intent", "during-store",     "after-store",
            "after-journal", "during-acks",  "during-compaction"};
  }
  void start() {
    const std::vector<std::string> points = this->points();
    host_.binary = JETCAPTURE_FAULTS_BINARY;
    host_.environment["JETCAPTURE_FAULT_POINT"] =
        has("kill") && random_() % 2 == 0 ? points[random_() % points.size()] + ":" + std::to_string(1 + random_() % 40)
                                          : "";
    begin(flags());
    run_by_wrong_clock(host_, "");
  }
  void begin(const std::vector<std::string> &flags) {
    count_told_losses();
    host_.start(flags, stages_);
    begun_ = true;
  }
  // Nothing is lost, so the host must not say so.
  void count_told_losses() {
    for (const char *text : {"messages are lost", "messages may be lost"})
      for (const std::string &line : begun_ ? host_.lines_with(text) : std::vector<std::string>()) {
        std::printf("%s\n", line.c_str());
        told_losses_++;
      }
  }
  // The host has ended by itself, or was killed.
  void count_end() {
    const auto status = host_.program().wait(10s);
    if (status == 128 + SIGABRT)
      crashes_++;
    else if (status == 128 + SIGKILL) {
      kills_++;
      if (loses_state_)
        std::filesystem::remove_all(host_.state_dir);
    } else
      std::printf("the host ended with %d:\n%s\n", status.value_or(-1), host_.output().c_str());
  }
  void kill_host() {
    host_.program().signal(SIGKILL);
    count_end();
  }
  void stop_server(bool killed) {
    client_.reset();
    killed ? server_.kill() : server_.stop();
    restarts_++;
  }
  void start_server() {
    server_.start();
    client_ = std::make_unique<Client>(url());
  }
  // subject: of all; empty: five in turn.
  void publish(const std::string &subject = "") {
    const std::size_t base = published_;
    const std::size_t count = random_() % 400;
    client_->publish(count, [&](std::size_t i) {
      return Message{subject.empty() ? "s." + std::to_string((base + i) % 5) : subject,
                     "message " + std::to_string(base + i)};
    });
    published_ += count;
  }

  void happen(const std::string &fault) {
    if (fault == "kill") {
      kill_host();
      start();
    } else if (fault == "server") {
      stop_server(random_() % 2 == 0);
      start_server();
    } else if (fault == "store") {
      fail_store();
    } else if (fault == "restart-late") {
      late_restarts_++;
      kill_host();
      pass(ack_wait + 500ms + up_to(1s));
      start();
    } else if (fault == "server-late") {
      outages_++;
      stop_server(random_() % 2 == 0);
      pass(ack_wait + 500ms + up_to(1s));
      start_server();
      expect_progress(fault);
    } else if (fault == "clock") {
      wrong_clocks_++;
      kill_host();
      run_by_wrong_clock(host_, "-" + std::to_string(10 + random_() % 300) + "s");
      start();
      expect_progress(fault);
    } else if (fault == "edit") {
      edits_++;
      delivery_ == Delivery::shared ? edit_consumer() : edit_stream();
    } else if (fault == "limits") {
      limit_stream();
    } else if (fault == "tls") {
      renewals_++;
      stop_server(false);
      certificates_->renew();
      start_server();
      expect_progress(fault);
    } else if (fault == "crash") {
      deadly_++;
      client_->publish(1, [](std::size_t) { return Message{"s.deadly", "deadly"}; });
    }
  }
  void edit_consumer() {
    settings_["max_ack_pending"] = std::vector<int>{500, 2000, 20000}[random_() % 3];
    settings_["ack_wait"] = std::chrono::nanoseconds(ack_wait + std::chrono::seconds(random_() % 3)).count();
    client_->make_consumer("S", "C", settings_);
  }
  void edit_stream() {
    client_->shorten_stream("S", {"s.>"}, 1'000'000 + random_() % 1000);
    for (const nlohmann::json &name : client_->api("CONSUMER.NAMES.S")["consumers"])
      client_->api("CONSUMER.DELETE.S." + name.get<std::string>());
  }
  // All up to that sequence is stored, as the host has told last; 0: it does not answer.
  std::uint64_t stored_up_to() {
    if (delivery_ == Delivery::shared)
      return client_->consumer("S", "C")["ack_floor"]["stream_seq"];
    try {
      std::istringstream metrics(http_get(address_, "/metrics").body);
      for (std::string line; std::getline(metrics, line);)
        if (line.starts_with("jetcapture_safe_sequence{"))
          return std::stoull(line.substr(line.rfind(' ') + 1));
      return 0; // it stands by
    } catch (const std::runtime_error &) {
      return 0; // it is starting, or was killed
    }
  }
  // The host has to get on by itself: without being started anew it stores and acks all, or comes to its fault point.
  void expect_progress(const std::string &fault) {
    const std::uint64_t last = client_->api("STREAM.INFO.S")["state"]["last_seq"];
    if (eventually(40s, [&] { return !host_.program().running() || stored_up_to() >= last; }))
      return;
    std::printf("the host does not get on after %s:\n%s\n", fault.c_str(), host_.output().c_str());
    stuck_++;
  }
  // A file stands where the folder of a key should be.
  void fail_store() {
    const std::string subject = "s.f" + std::to_string(++store_failures_);
    const std::filesystem::path in_the_way = std::filesystem::path(host_.root()) / subject;
    write_file(in_the_way, "");
    publish(subject);
    host_.program().wait(up_to(3s));
    std::filesystem::remove(in_the_way);
  }
  // Removes what is known to be stored, and nothing else: nobody publishes meanwhile.
  void limit_stream() {
    const std::uint64_t floor = stored_up_to();
    const std::uint64_t last = client_->api("STREAM.INFO.S")["state"]["last_seq"];
    if (floor == 0)
      return;
    limits_++;
    client_->shorten_stream("S", {"s.>"}, last - floor + 1);
  }

  // Runs without a fault until all is captured: the exit status. A message that crashes the host may do so still.
  int finish() {
    host_.binary = JETCAPTURE_BINARY;
    host_.environment["JETCAPTURE_FAULT_POINT"] = "";
    std::vector<std::string> last = flags();
    last.push_back("--once");
    std::optional<int> status;
    for (int runs = 0; runs < 10 && (!status || *status == 128 + SIGABRT); runs++) {
      begin(last);
      status = host_.program().wait(120s);
      if (!status)
        break;
      crashes_ += *status == 128 + SIGABRT ? 1 : 0;
    }
    return status.value_or(-1);
  }
  bool judge(int status) {
    // With ordered delivery a block counts once a manifest says that it is done.
    const auto sequences =
        delivery_ == Delivery::shared ? host_.sequences() : host_.sequences_in(BackupOf(host_).done_blocks());
    std::size_t twice = 0;
    for (const auto &[sequence, times] : sequences)
      if (times > 1 && twice++ == 0)
        std::printf("the first captured twice: %llu, %d times\n", static_cast<unsigned long long>(sequence), times);
    // The stream's own count: a publisher whose answer was lost in a restart may have sent a message that it does not
    // count.
    const std::uint64_t last = client_->api("STREAM.INFO.S")["state"]["last_seq"];
    std::size_t lost = 0;
    for (std::uint64_t sequence = 1; sequence <= last; sequence++)
      if (!sequences.contains(sequence) && lost++ == 0)
        std::printf("the first lost: %llu\n", static_cast<unsigned long long>(sequence));
    count_told_losses();
    std::string damage = BackupOf(host_).verify();
    // A server that restarts after an edit tells another time of creation: then verify can't tell all.
    if (delivery_ == Delivery::shared && damage.starts_with("exit status 3"))
      damage.clear();
    const bool good = status == 0 && lost + twice == 0 && told_losses_ == 0 && crashes_ <= 2 * deadly_ && stuck_ == 0 &&
                      damage.empty();
    if (!good)
      std::printf("%s\n%s\n", host_.output().c_str(), damage.c_str());
    std::printf("store_failures=%d deadly=%d stuck=%d exit=%d\n", store_failures_, deadly_, stuck_, status);
    std::printf("seed=%u kills=%d server_restarts=%d late_restarts=%d long_outages=%d wrong_clocks=%d edits=%d "
                "limits=%d renewals=%d crashes=%d messages=%llu lost=%zu twice=%zu\n",
                seed_, kills_, restarts_, late_restarts_, outages_, wrong_clocks_, edits_, limits_, renewals_, crashes_,
                static_cast<unsigned long long>(last), lost, twice);
    return good;
  }

  const Delivery delivery_;
  const bool loses_state_;
  const unsigned seed_;
  std::mt19937 random_;
  std::vector<std::string> names_;
  std::optional<Certificates> certificates_ = has("tls") ? std::make_optional<Certificates>() : std::nullopt;
  Server server_{certificates_ ? certificates_->server_settings() : ""};
  std::unique_ptr<Client> client_ = std::make_unique<Client>(url());
  Host host_{url()};
  const std::string address_ = "127.0.0.1:" + std::to_string(free_port()); // where it listens
  std::vector<std::string> stages_ = {"message", "ndjson", "file"};
  nlohmann::json settings_ = {{"ack_wait", std::chrono::nanoseconds(ack_wait).count()}, {"max_ack_pending", 20000}};
  std::size_t published_ = 0;
  bool begun_ = false; // a host
  int told_losses_ = 0;
  int kills_ = 0;
  int restarts_ = 0;
  int store_failures_ = 0;
  int late_restarts_ = 0;
  int outages_ = 0;
  int wrong_clocks_ = 0;
  int edits_ = 0;
  int limits_ = 0;
  int renewals_ = 0;
  int deadly_ = 0;
  int crashes_ = 0;
  int stuck_ = 0;
};

} // namespace

int main(int argc, char **argv) {
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  use_server_of(argc, argv);
  Soak::Options options;
  options.delivery = argument(argc, argv, "--delivery", "shared") == "ordered" ? Delivery::ordered : Delivery::shared;
  options.loses_state = has_argument(argc, argv, "--lose-state");
  std::vector<std::string> &faults = options.faults;
  std::istringstream list(argument(argc, argv, "--faults", ""));
  for (std::string fault; std::getline(list, fault, ',');)
    faults.push_back(fault);
  if (faults.empty())
    faults = all_faults;
  try {
    if (std::find(faults.begin(), faults.end(), "clock") != faults.end() && skipped_without_wrong_clock())
      std::erase(faults, "clock");
    if (options.delivery == Delivery::ordered)
      std::erase(faults, "restart-late");
    if (options.loses_state)
      std::erase(faults, "crash");
    Soak soak(static_cast<unsigned>(std::stoul(argument(argc, argv, "--seed", "1"))), options);
    return soak.run(std::chrono::seconds(std::stol(argument(argc, argv, "--seconds", "60")))) ? 0 : 1;
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    return 2;
  }
}
