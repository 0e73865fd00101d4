// A randomised soak: messages are published while faults come in an order that the seed gives; at the end every message
// has to be there once, in a block or in quarantine.
//
//   soak --seconds N --seed S [--faults kill,server,…] [--server PATH]
//
// Faults (all, unless some are named):
//   kill          the host is killed, at a random moment or at a point of a block's life, and starts again at once
//   server        the server is restarted, half of the times by SIGKILL
//   store         the store fails for one key for a while
//   restart-late  the host is killed and starts again when ack_wait is over
//   server-late   the server is down for longer than ack_wait
//   clock         the host starts with a clock that is behind the server's
//   edit          max_ack_pending and ack_wait of the consumer are changed while the host runs
//   limits        a max_msgs of the stream removes messages that are captured
//   tls           the server starts with a new certificate of another authority; the host's file of authorities is
//                 replaced before
//   crash         one message kills the process in the decoder: after two crashes it has to be in quarantine
//
// --server: the nats-server to run; "current" is the one that tests/support/services.sh installs.
//
// Last line: seed=… kills=… server_restarts=… …=… messages=… lost=… twice=…
// The exit status is 0 with lost=0 and twice=0, where no host told of losses that are none, no message crashed the host
// more than twice, and where it got on by itself after server-late, clock and tls.
#define DOCTEST_CONFIG_IMPLEMENT
#include "capture/host.hpp"
#include "faults/wrong_clock.hpp"
#include "support/arguments.hpp"

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
  Soak(unsigned seed, const std::vector<std::string> &faults) : seed_(seed), random_(seed), names_(faults) {
    for (const std::string &name : names_)
      if (std::find(all_faults.begin(), all_faults.end(), name) == all_faults.end())
        throw std::runtime_error("there is no fault " + name);
    client_->make_stream("S", {"s.>"});
    client_->make_consumer("S", "C", settings_);
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
    return flags;
  }
  void start() {
    const std::vector<std::string> points = {"before-intent", "after-intent", "during-store",     "after-store",
                                             "after-journal", "during-acks",  "during-compaction"};
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
    else if (status == 128 + SIGKILL)
      kills_++;
    else
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
      settings_["max_ack_pending"] = std::vector<int>{500, 2000, 20000}[random_() % 3];
      settings_["ack_wait"] = std::chrono::nanoseconds(ack_wait + std::chrono::seconds(random_() % 3)).count();
      client_->make_consumer("S", "C", settings_);
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
  // The host has to get on by itself: without being started anew it stores and acks all, or comes to its fault point.
  void expect_progress(const std::string &fault) {
    const std::uint64_t last = client_->api("STREAM.INFO.S")["state"]["last_seq"];
    if (eventually(40s, [&] {
          return !host_.program().running() || client_->consumer("S", "C")["ack_floor"]["stream_seq"] >= last;
        }))
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
  // Removes what the consumer's floor says is stored, and nothing else: nobody publishes meanwhile.
  void limit_stream() {
    const std::uint64_t floor = client_->consumer("S", "C")["ack_floor"]["stream_seq"];
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
    const auto sequences = host_.sequences();
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
    const bool good = status == 0 && lost + twice == 0 && told_losses_ == 0 && crashes_ <= 2 * deadly_ && stuck_ == 0;
    if (!good)
      std::printf("%s\n", host_.output().c_str());
    std::printf("store_failures=%d deadly=%d stuck=%d exit=%d\n", store_failures_, deadly_, stuck_, status);
    std::printf("seed=%u kills=%d server_restarts=%d late_restarts=%d long_outages=%d wrong_clocks=%d edits=%d "
                "limits=%d renewals=%d crashes=%d messages=%llu lost=%zu twice=%zu\n",
                seed_, kills_, restarts_, late_restarts_, outages_, wrong_clocks_, edits_, limits_, renewals_, crashes_,
                static_cast<unsigned long long>(last), lost, twice);
    return good;
  }

  unsigned seed_;
  std::mt19937 random_;
  std::vector<std::string> names_;
  std::optional<Certificates> certificates_ = has("tls") ? std::make_optional<Certificates>() : std::nullopt;
  Server server_{certificates_ ? certificates_->server_settings() : ""};
  std::unique_ptr<Client> client_ = std::make_unique<Client>(url());
  Host host_{url()};
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
  std::vector<std::string> faults;
  std::istringstream list(argument(argc, argv, "--faults", ""));
  for (std::string fault; std::getline(list, fault, ',');)
    faults.push_back(fault);
  if (faults.empty())
    faults = all_faults;
  try {
    if (std::find(faults.begin(), faults.end(), "clock") != faults.end() && skipped_without_wrong_clock())
      std::erase(faults, "clock");
    Soak soak(static_cast<unsigned>(std::stoul(argument(argc, argv, "--seed", "1"))), faults);
    return soak.run(std::chrono::seconds(std::stol(argument(argc, argv, "--seconds", "60")))) ? 0 : 1;
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    return 2;
  }
}
