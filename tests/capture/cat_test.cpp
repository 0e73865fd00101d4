// What is captured comes back as the stream has it, byte by byte, by `jetcapture cat`.
#include "capture/host.hpp"
#include "support/base64.hpp"
#include "support/sequences.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace jetcapture::test;

namespace {

// All that a message is.
struct Whole {
  std::uint64_t sequence = 0;
  std::string time, subject, headers, data;
  bool operator==(const Whole &) const = default;
};

std::ostream &operator<<(std::ostream &out, const Whole &whole) {
  return out << whole.sequence << " " << whole.time << " " << whole.subject << " headers "
             << nlohmann::json(whole.headers).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)
             << " data of " << whole.data.size() << " bytes";
}

Whole in_stream(Client &client, std::uint64_t sequence) {
  const nlohmann::json message = client.api("STREAM.MSG.GET.S", {{"seq", sequence}})["message"];
  return {sequence, message["time"], message["subject"], from_base64(message.value("hdrs", "")),
          from_base64(message.value("data", ""))};
}

// As its line tells it.
Whole in_line(const nlohmann::json &line) {
  Whole whole;
  whole.sequence = line["sequence"];
  whole.time = line["timestamp"];
  const auto bytes = [&](const std::string &name) {
    return line.contains(name) ? line[name].get<std::string>() : from_base64(line.value(name + "_base64", ""));
  };
  whole.subject = bytes("subject");
  whole.data = bytes("data");
  whole.headers = bytes("header_block");
  const bool as_text = line.contains("headers");
  if (whole.headers.empty() && (as_text || line.contains("headers_base64"))) {
    whole.headers = "NATS/1.0\r\n";
    for (const auto &pair : line[as_text ? "headers" : "headers_base64"]) {
      const auto part = [&](int i) {
        return as_text ? pair[i].get<std::string>() : from_base64(pair[i].get<std::string>());
      };
      whole.headers += part(0) + ": " + part(1) + "\r\n";
    }
    whole.headers += "\r\n";
  }
  return whole;
}

struct Printed {
  int status;
  std::vector<nlohmann::json> lines;
  std::string err;
};

Printed cat(const Host &host, const std::vector<std::string> &more = {}) {
  const std::string out = host.folder() / "cat.out", err = host.folder() / "cat.err";
  std::string command = "'" + host.binary + "' cat --stream S --store file --store-opt root='" + host.root() +
                        "' --plugin-dir '" JETCAPTURE_PLUGINS "'";
  for (const std::string &word : more)
    command += " '" + word + "'";
  Printed printed = {std::system((command + " >'" + out + "' 2>'" + err + "'").c_str()), {}, read_file(err)};
  printed.status = WEXITSTATUS(printed.status);
  const std::string text = read_file(out);
  for (std::size_t start = 0; start < text.size(); start = text.find('\n', start) + 1)
    printed.lines.push_back(nlohmann::json::parse(text.substr(start, text.find('\n', start) - start)));
  return printed;
}

std::vector<std::uint64_t> sequences_of(const Printed &printed) {
  std::vector<std::uint64_t> sequences;
  for (const nlohmann::json &line : printed.lines)
    sequences.push_back(line["sequence"]);
  return sequences;
}

// Blocks of names and values as publishers other than the usual ones write them, and data of all kinds.
void publish_hard_messages(Client &client) {
  using namespace std::string_literals;
  const std::vector<std::string> blocks = {
      "NATS/1.0\r\nB: 2\r\na: 1\r\nB: 3\r\nb: lower\r\nE: \r\n\r\n",
      "NATS/1.0\r\nE:\r\nA:1\r\nC:a: b\r\n\r\n",
      "NATS/1.0\r\nA:   leading\r\nB: trailing  \r\nC:\ttab\r\n\r\n",
      "NATS/1.0\r\nA: 1\r\n folded\r\n\tagain\r\nB: 2\r\n\r\n",
      "NATS/1.0\r\nno colon\r\n: no name\r\nA : blank\r\n\r\n",
      "NATS/1.0\r\nA\xff\xfe: \x01\x80\xc3\xa4\r\n\r\n",
      "NATS/1.0\r\n\r\n",
      "NATS/1.0 100 Idle\r\nA: 1\r\n\r\n",
      "NATS/1.0\r\nA: " + std::string(60 << 10, 'x') + "\r\n\r\n",
      "NATS/1.0\r\nNats-Msg-Id: one\r\nNats-Expected-Stream: S\r\nTrace: 1\r\n\r\n",
  };
  std::string all_bytes(256, '\0');
  for (std::size_t i = 0; i < all_bytes.size(); i++)
    all_bytes[i] = static_cast<char>(i);
  for (const std::string &block : blocks) {
    client.publish_exactly("s.data", block, all_bytes);
    client.publish_exactly("s.empty", block.find("Msg-Id") == block.npos ? block : "NATS/1.0\r\nA: 1\r\n\r\n", "");
  }
  client.publish_exactly("s.nul", "NATS/1.0\r\nA: a\0b\r\n\r\n"s, "x");
  client.publish_exactly("s.large", "NATS/1.0\r\nA: 1\r\n\r\n", std::string((1 << 20) - 40, '\xff'));
  client.publish(3, [&](std::size_t i) {
    return Message{"s.plain", i == 1 ? "" : i == 2 ? "plain \"text\"\n\xc3\xa4" : std::string((1 << 20) - 100, '"')};
  });
}

void comes_back(const std::string &writer, std::vector<std::string> more) {
  CAPTURE(writer);
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  publish_hard_messages(client);
  const std::uint64_t last = client.api("STREAM.INFO.S")["state"]["last_seq"];
  Host host(server);
  more.insert(more.begin(), {"--create-consumer", "--once"});
  REQUIRE(host.run(more, {"message", writer, "file"}) == 0);
  const Printed printed = cat(host);
  CHECK(printed.err == "");
  CHECK(printed.status == 0);
  REQUIRE(printed.lines.size() == last);
  for (std::uint64_t sequence = 1; sequence <= last; sequence++)
    CHECK(in_line(printed.lines[sequence - 1]) == in_stream(client, sequence));
}

} // namespace

TEST_CASE("messages captured as NDJSON come back as the stream has them, byte by byte") {
  comes_back("ndjson", {});
  comes_back("ndjson", {"--compression", "gzip", "--decoder-opt", "key=token:2"});
  comes_back("ndjson", {"--compression", "zstd", "--pipelines", "3"});
  comes_back("ndjson", {"--compression", "snappy", "--max-messages", "5"});
}

#ifdef JETCAPTURE_HAS_PARQUET
TEST_CASE("messages captured as Parquet come back as the stream has them, byte by byte") {
  comes_back("parquet", {});
  comes_back("parquet", {"--decoder-opt", "key=none", "--max-messages", "5"});
}
#endif

TEST_CASE("ordinary messages have no header block in their lines") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(10, [](std::size_t i) {
    return Message{"s.a", std::to_string(i), {{"Trace", "a b"}, {"Empty", ""}, {"Nats-Msg-Id", std::to_string(i)}}};
  });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once"}) == 0);
  const Printed printed = cat(host);
  REQUIRE(printed.lines.size() == 10);
  for (const nlohmann::json &line : printed.lines) {
    CHECK(line.contains("headers"));
    CHECK_FALSE(line.contains("header_block"));
  }
}

TEST_CASE("cat prints what several hosts have captured over keys, blocks and the quarantine, in the stream's order") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(2000, over_three_subjects);
  Host one(server);
  REQUIRE(one.run({"--create-consumer", "--max-messages", "100", "--once", "--decoder-opt", "key=subject"}) == 0);
  client.publish(500, over_three_subjects);
  // Another host with a state directory of its own, and messages that its decoder refuses.
  Host other(server);
  REQUIRE(other.run({"--once", "--max-messages", "70", "--store-opt", "root=" + one.root(), "--decoder-opt",
                     "key=token:9", "--decoder-opt", "key-missing=refuse"}) == 0);
  const Printed printed = cat(one);
  CHECK(printed.err == "");
  CHECK(printed.status == 0);
  CHECK(sequences_of(printed) == from_to(1, 2500));

  CHECK(sequences_of(cat(one, {"--from-sequence", "100", "--up-to", "2100"})) == from_to(100, 2100));
  CHECK(sequences_of(cat(one, {"--subject", "s.1", "--up-to", "9"})).size() == 3);
  CHECK(sequences_of(cat(one, {"--key", "s.2"})).size() > 600);
  const std::string from = printed.lines[1200]["timestamp"];
  const Printed later = cat(one, {"--from", from});
  CHECK(sequences_of(later).size() <= 1300);
  CHECK(sequences_of(later).back() == 2500);
  CHECK(sequences_of(cat(one, {"--to", from})).size() + later.lines.size() == 2500);
}

TEST_CASE("cat prints a backup of ordered delivery") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(1000, over_three_subjects);
  Host host(server);
  REQUIRE(host.run({"--delivery", "ordered", "--once", "--max-messages", "90", "--decoder-opt", "key=subject"}) == 0);
  const Printed printed = cat(host);
  CHECK(printed.err == "");
  CHECK(printed.status == 0);
  CHECK(sequences_of(printed) == from_to(1, 1000));
}

TEST_CASE("cat names what is damaged or missing, prints the rest, and its exit status tells") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(300, [](std::size_t i) { return Message{"s.a", std::to_string(i)}; });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--max-messages", "100"}) == 0);
  std::vector<std::string> files = host.files();
  std::erase_if(files, [](const std::string &file) { return file.starts_with("_manifest/"); });
  REQUIRE(files.size() == 3);
  std::filesystem::remove(std::filesystem::path(host.root()) / files[0]);
  write_file(std::filesystem::path(host.root()) / files[1], "other bytes\n");
  const Printed printed = cat(host);
  CHECK(printed.status == 1);
  CHECK(printed.lines.size() == 100);
  CHECK(printed.err.find("wrong: " + files[0] + " is not in the store; 100 messages within") != std::string::npos);
  CHECK(printed.err.find("wrong: " + files[1] + " is not what was stored") != std::string::npos);

  CHECK(cat(host, {"--from-sequence", "0"}).status == 2);
  CHECK(cat(host, {"--store-opt", "root=" + (host.folder() / "nothing")}).status != 0);
}

TEST_CASE(
    "cat and a restore without --yes refuse a backup that was captured with another decoder, and name its blocks") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(10, [](std::size_t i) { return Message{"s.a", "{\"id\":" + std::to_string(i) + "}"}; });
  client.publish(1, [](std::size_t) { return Message{"s.a", "no JSON"}; });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once"}, {"json", "csv", "file"}) == 0);
  const Printed printed = cat(host);
  CHECK(printed.status == 1);
  CHECK(sequences_of(printed) == std::vector<std::uint64_t>{11});
  CHECK(printed.err.find("has no whole messages: it was captured with the decoder json") != std::string::npos);

  client.make_stream("INTO", {"into.>"});
  const std::string err = host.folder() / "restore.err";
  for (const std::string way : {"--exact --to-stream BACK --to-subject back.x", "--publish --to-stream INTO"}) {
    const std::string command = "'" + host.binary + "' restore " + way + " --stream S --store file --store-opt root='" +
                                host.root() + "' --plugin-dir '" JETCAPTURE_PLUGINS "' --server " + server.url() +
                                " >/dev/null 2>'" + err + "'";
    CHECK(WEXITSTATUS(std::system(command.c_str())) == 1);
    CHECK(read_file(err).find("has no whole messages") != std::string::npos);
  }
}

TEST_CASE("cat ends as other programs do when nobody reads on") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(20000, [](std::size_t i) { return Message{"s.a", std::to_string(i)}; });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once"}) == 0);
  const std::string err = host.folder() / "cat.err";
  const std::string command = "bash -c '\"" + host.binary + "\" cat --stream S --store file --store-opt root=\"" +
                              host.root() + "\" --plugin-dir \"" JETCAPTURE_PLUGINS "\" 2>\"" + err +
                              "\" | head -n 1; test ${PIPESTATUS[0]} = 141' >/dev/null";
  CHECK(std::system(command.c_str()) == 0);
  CHECK(read_file(err) == "");
}
