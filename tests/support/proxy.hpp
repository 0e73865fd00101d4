// A TCP proxy on loopback between a client and a server, for breaking the network between them.
//
// Its own thread forwards; the functions may be called from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace jetcapture::test {

class Proxy {
public:
  // Forwards to nats://127.0.0.1:PORT.
  explicit Proxy(const std::string &server_url);
  ~Proxy();
  Proxy(const Proxy &) = delete;
  Proxy &operator=(const Proxy &) = delete;

  const std::string &url() const { return url_; }
  // Closes all connections, and every new one at once.
  void cut() { state_ = State::cut; }
  // Leaves the connections open and forwards nothing; new ones hang too.
  void stall() { state_ = State::stalled; }
  // Forwards what the client sends, and takes nothing from the server.
  void stop_reading() { state_ = State::deaf; }
  // So many times, acks that come are lost together with their connection.
  void lose_acks(int times) { acks_to_lose_ = times; }
  int acks_to_lose() const { return acks_to_lose_; }
  // So many PONGs of the server are given to the client twice.
  void repeat_pongs(int times) { pongs_to_repeat_ = times; }
  int pongs_to_repeat() const { return pongs_to_repeat_; }
  void go_on() { state_ = State::open; }
  std::uint64_t connections() const { return connections_; }

private:
  enum class State { open, cut, stalled, deaf };
  void run();

  int listener_ = -1;
  int target_port_;
  std::string url_;
  std::atomic<State> state_ = State::open;
  std::atomic<std::uint64_t> connections_ = 0;
  std::atomic<int> acks_to_lose_ = 0;
  std::atomic<int> pongs_to_repeat_ = 0;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

} // namespace jetcapture::test
