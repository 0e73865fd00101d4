#include "ledger/manifest.hpp"

#include "ledger/manifest_values.hpp"
#include "ledger/packed_lines.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <zstd.h>

#include <cmath>
#include <random>

using namespace jetcapture::host;

namespace {

// A key of these parts; nullptr: one that is not there.
std::string key_of(const std::vector<const char *> &parts) {
  std::string key;
  for (const char *part : parts) {
    const std::uint32_t size = part == nullptr ? UINT32_MAX : static_cast<std::uint32_t>(std::string_view(part).size());
    key.append(reinterpret_cast<const char *>(&size), sizeof size);
    key += part == nullptr ? "" : part;
  }
  return key;
}

Sha256 hash_of(std::uint8_t first) {
  Sha256 hash{};
  for (std::size_t i = 0; i < hash.size(); i++)
    hash[i] = static_cast<std::uint8_t>(first + i);
  return hash;
}

BlockLine block_of(const std::string &name, std::vector<std::uint64_t> own) {
  BlockLine line;
  line.name = name;
  line.bytes = 1234;
  line.sha256 = hash_of(7);
  line.written_bytes = 56789;
  line.payloads = 17;
  line.reason = "interval";
  line.place = {1'764'000'000'000'000'000, false, key_of({"eu"})};
  line.first_sequence = own.empty() ? 0 : own.front();
  line.last_sequence = own.empty() ? 0 : own.back();
  line.last_sequence_timestamp = 1'764'000'000'123'456'789;
  line.first_timestamp = -1;
  line.last_timestamp = INT64_MAX;
  line.own = std::move(own);
  return line;
}

Manifest everything() {
  Manifest manifest;
  manifest.kind = ManifestHeader::Kind::start;
  manifest.number = 17;
  manifest.chain = {"ORDERS", "backup \"1\"", "3f9a"};
  manifest.stream_created = "2026-11-24T10:00:00.123Z";
  manifest.consumer_created = 1'795'000'000'000'000'007;
  manifest.epoch = 2;
  manifest.run = "9c1d";
  manifest.previous = hash_of(200);
  manifest.written = 1'764'000'001'000'000'000;
  manifest.first_sequence = 1;
  manifest.last_sequence = 900'000;
  manifest.highest_sequence = UINT64_MAX;
  manifest.unsettled_from = 11;
  manifest.program = "jetcapture 0.5.0";
  manifest.decoder = {"json", "1.2"};
  manifest.writer = {"ndjson", "3"};
  manifest.compression = {"zstd", "1.5.4"};
  manifest.options = "0123";
  manifest.path_template = "{key}/%Y";
  manifest.interval = 900'000'000'000;
  manifest.lines = {block_of("eu/a.ndjson.zst", {1, 2, 4, 900'000}), block_of("us/b", {3, 70, 133}),
                    block_of("empty", {})};
  manifest.lines[0].shared = {{5, 2}, {6, 3}};
  manifest.lines[1].shared = {{5, 2}};
  manifest.lines[1].place = {0, true, ""};
  manifest.lines[2].place.key = key_of({"", nullptr, "caf\xC3\xA9", "a\xFF"});
  manifest.lines[2].shared = {{7, 9}};
  manifest.filtered = {{8, 8}, {10, 20}};
  manifest.terminated = {{9, 9}};
  manifest.absent = {{21, UINT64_MAX}};
  manifest.retired = {{"host-1", {{1, 0, 4}, {3, 2, 2}}}, {"host-2", {{7, 1, 1}}}};
  manifest.skipped = {{22, 30}};
  manifest.ack_floor = 7;
  manifest.begins_at = 3;
  manifest.memory_in = 16;
  manifest.done = {{3, 0, 5}, {16, 2, 2}};
  manifest.voided = {{3, 6, UINT32_MAX}};
  manifest.configurations = {{"stream", "ORDERS", R"({"name":"ORDERS","max_age":0})"}, {"consumer", "backup", "{}"}};
  manifest.memory = {{"writer-parquet", std::string("a\0\xFF\n", 4)}, {"decoder-json", ""}};
  return manifest;
}

void check_same(const Manifest &a, const Manifest &b) {
  CHECK(a.kind == b.kind);
  CHECK(a.number == b.number);
  CHECK(a.chain == b.chain);
  CHECK(a.stream_created == b.stream_created);
  CHECK(a.consumer_created == b.consumer_created);
  CHECK(a.epoch == b.epoch);
  CHECK(a.run == b.run);
  CHECK(a.previous == b.previous);
  CHECK(a.written == b.written);
  CHECK(a.first_sequence == b.first_sequence);
  CHECK(a.last_sequence == b.last_sequence);
  CHECK(a.highest_sequence == b.highest_sequence);
  CHECK(a.unsettled_from == b.unsettled_from);
  CHECK(a.ack_floor == b.ack_floor);
  CHECK(a.begins_at == b.begins_at);
  CHECK(a.memory_in == b.memory_in);
  CHECK(a.skipped == b.skipped);
  CHECK(a.program == b.program);
  CHECK(a.decoder.name == b.decoder.name);
  CHECK(a.writer.version == b.writer.version);
  CHECK(a.compression.name == b.compression.name);
  CHECK(a.options == b.options);
  CHECK(a.path_template == b.path_template);
  CHECK(a.interval == b.interval);
  REQUIRE(a.lines.size() == b.lines.size());
  for (std::size_t i = 0; i < a.lines.size(); i++) {
    const BlockLine &x = a.lines[i];
    const BlockLine &y = b.lines[i];
    CHECK(x.name == y.name);
    CHECK(x.bytes == y.bytes);
    CHECK(x.sha256 == y.sha256);
    CHECK(x.written_bytes == y.written_bytes);
    CHECK(x.payloads == y.payloads);
    CHECK(x.reason == y.reason);
    CHECK(x.place.interval_start == y.place.interval_start);
    CHECK(x.place.quarantine == y.place.quarantine);
    CHECK(x.place.key == y.place.key);
    CHECK(x.first_sequence == y.first_sequence);
    CHECK(x.last_sequence == y.last_sequence);
    CHECK(x.last_sequence_timestamp == y.last_sequence_timestamp);
    CHECK(x.first_timestamp == y.first_timestamp);
    CHECK(x.last_timestamp == y.last_timestamp);
    CHECK(x.own == y.own);
    CHECK(x.shared == y.shared);
  }
  CHECK(a.filtered == b.filtered);
  CHECK(a.terminated == b.terminated);
  CHECK(a.absent == b.absent);
  CHECK(a.retired == b.retired);
  CHECK(a.done == b.done);
  CHECK(a.voided == b.voided);
  REQUIRE(a.configurations.size() == b.configurations.size());
  for (std::size_t i = 0; i < a.configurations.size(); i++) {
    CHECK(a.configurations[i].of == b.configurations[i].of);
    CHECK(a.configurations[i].name == b.configurations[i].name);
    CHECK(a.configurations[i].json == b.configurations[i].json);
  }
  CHECK(a.memory == b.memory);
}

std::string unpacked(const std::string &bytes) {
  std::string text(static_cast<std::size_t>(ZSTD_getFrameContentSize(bytes.data(), bytes.size())), '\0');
  REQUIRE(ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size()) == text.size());
  return text;
}

// The manifest with that changed in its text, packed again.
std::string changed(const std::string &what, const std::string &to) {
  std::string text = unpacked(encode(everything()));
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return pack_lines(text.replace(at, what.size(), to), "");
}

std::string complaint(const std::string &bytes) {
  try {
    static_cast<void>(decode_manifest(bytes));
    return "";
  } catch (const ManifestError &error) {
    return error.what();
  }
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a manifest has a name in a folder of ten thousand, and the name tells its number") {
  const ChainName chain = {"ORDERS", "backup", "3f9a"};
  CHECK(name_of(chain, 17) == "_manifest/ORDERS/backup/3f9a/00000000/000000000017.manifest.zst");
  CHECK(name_of(chain, 12'345'678) == "_manifest/ORDERS/backup/3f9a/00001234/000012345678.manifest.zst");
  CHECK(number_in(name_of(chain, 12'345'678)) == 12'345'678);
  CHECK(number_in("_manifest/ORDERS/backup/3f9a/00000000/000000000017-9c1d.manifest.zst") == 17);
  CHECK(number_in("ORDERS/000000000017.csv") == 0);
  CHECK(number_in("_manifest/ORDERS/backup/3f9a/00000000/x.manifest.zst") == 0);
}

TEST_CASE("a manifest that is written is read as it was") {
  check_same(decode_manifest(encode(everything())), everything());
  check_same(decode_manifest(encode(Manifest())), Manifest());
}

TEST_CASE("where the stream was rewound to stands in a manifest of ordered delivery, also where nothing was left") {
  Manifest manifest = everything();
  manifest.chain.host = ordered_chain;
  CHECK_FALSE(decode_manifest(encode(manifest)).rewound_to.has_value());
  for (const std::uint64_t sequence : {std::uint64_t{0}, std::uint64_t{899'999}}) {
    manifest.rewound_to = sequence;
    manifest.rewound_to_timestamp = static_cast<std::int64_t>(sequence) + 7;
    const Manifest read = decode_manifest(encode(manifest));
    CHECK(read.rewound_to == sequence);
    CHECK(read.rewound_to_timestamp == manifest.rewound_to_timestamp);
  }
}

TEST_CASE("a manifest's first line is read from the beginning of its bytes alone") {
  Manifest manifest = everything();
  for (std::uint64_t i = 0; i < 100'000; i++)
    manifest.lines[0].shared.push_back({1000 + i * i, 2});
  const std::string bytes = encode(manifest);
  REQUIRE(bytes.size() > manifest_head_bytes);
  CHECK(decode_manifest_header(bytes).number == 17);
  CHECK(decode_manifest_header(std::string_view(bytes).substr(0, manifest_head_bytes)).chain == manifest.chain);
  CHECK_THROWS_AS(static_cast<void>(decode_manifest_header(std::string_view(bytes).substr(0, 20))), ManifestError);
}

TEST_CASE("which block has each sequence is read as it was written, for any number of blocks and any gaps") {
  std::mt19937_64 random(11);
  for (const std::size_t blocks : {1u, 2u, 62u, 63u, 64u, 65u, 126u, 127u, 128u, 4159u, 4160u, 5000u}) {
    CAPTURE(blocks);
    Manifest manifest;
    for (std::size_t i = 0; i < blocks; i++)
      manifest.lines.push_back(block_of("block-" + std::to_string(i), {}));
    std::uint64_t sequence = 1;
    for (int i = 0; i < 20'000; i++) {
      manifest.lines[random() % blocks].own.push_back(sequence);
      // A sequence that a rewound stream gave twice, the next one, gaps about the largest digit, and large ones.
      const std::uint64_t steps[] = {0, 1, 1, 1, 61, 62, 63, 64, 1u << 20};
      sequence += steps[random() % std::size(steps)];
    }
    check_same(decode_manifest(encode(manifest)), manifest);
  }
}

TEST_CASE("which block a message is in takes little more than the entropy of the keys") {
  constexpr std::size_t messages = 200'000;
  struct Keys {
    unsigned blocks;
    double exponent; // of Zipf's law
  };
  for (const Keys &keys : {Keys{10, 0.0}, Keys{10, 1.2}, Keys{1000, 0.0}, Keys{1000, 1.0}, Keys{1000, 1.2}}) {
    const unsigned blocks = keys.blocks;
    CAPTURE(blocks);
    CAPTURE(keys.exponent);
    std::vector<double> weights;
    for (unsigned i = 0; i < blocks; i++)
      weights.push_back(std::pow(i + 1.0, -keys.exponent));
    std::discrete_distribution<std::size_t> block_of_message(weights.begin(), weights.end());
    double entropy = 0; // bytes
    for (const double p : block_of_message.probabilities())
      entropy -= p * std::log2(p) / 8;
    Manifest manifest;
    for (std::size_t i = 0; i < blocks; i++)
      manifest.lines.push_back(block_of("object " + std::to_string(i), {}));
    const std::size_t empty = encode(manifest).size();
    std::mt19937_64 random(7);
    for (std::uint64_t sequence = 1; sequence <= messages; sequence++)
      manifest.lines[block_of_message(random) * 7919 % blocks].own.push_back(sequence);
    const double taken = static_cast<double>(encode(manifest).size() - empty) / messages;
    CHECK(taken / entropy < 1.15);
  }
}

TEST_CASE("more messages than a line may have are written in several") {
  Manifest manifest;
  manifest.lines = {block_of("a", {}), block_of("b", {})};
  for (std::uint64_t i = 1; i <= 2'500'000; i++)
    manifest.lines[i % 3 == 0 ? 1 : 0].own.push_back(i);
  const std::string bytes = encode(manifest);
  const std::string text = unpacked(bytes);
  std::size_t lines = 0;
  for (std::size_t at = text.find("\"sequences\""); at != std::string::npos; at = text.find("\"sequences\"", at + 1))
    lines++;
  CHECK(lines == 3);
  const Manifest again = decode_manifest(bytes);
  CHECK(again.lines[0].own == manifest.lines[0].own);
  CHECK(again.lines[1].own == manifest.lines[1].own);
}

TEST_CASE("each line of a manifest is a JSON object with a type, and its values are those that its guide names") {
  const std::string text = unpacked(encode(everything()));
  std::map<std::string, nlohmann::json> lines; // the first one of each type
  for (std::size_t start = 0, end = 0; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    nlohmann::json line = nlohmann::json::parse(text.substr(start, end - start));
    lines.emplace(line["type"], line);
  }
  CHECK(lines["header"]["jetcapture_manifest"] == 1);
  CHECK(lines["block"]["first_time"] == "1969-12-31T23:59:59.999999999Z");
  CHECK(lines["block"]["key"] == nlohmann::json::array({"eu"}));
  CHECK(lines["sequences"]["blocks"] == nlohmann::json::array({0, 1}));
  CHECK(lines["sequences"]["planes"] == nlohmann::json::array({"AABABBA"}));
  CHECK(lines["sequences"]["steps"] == "ABBB/"
                                       "//");
  CHECK(lines["sequences"]["long_steps"] == nlohmann::json::array({66, 63, 899'867}));
  CHECK(lines["shared"]["sequences"] == nlohmann::json::array({5, 6, 7}));
  CHECK(lines["shared"]["blocks"] == nlohmann::json::parse("[[0,1],[0],[2]]"));
  CHECK(lines["done"]["lines"] == nlohmann::json::parse("[[3,0,5],[16,2,2]]"));
  CHECK(text.find("\"key_bytes\"") != std::string::npos);
}

TEST_CASE("members and lines that a later version adds are left out") {
  const std::string text = unpacked(encode(everything()));
  check_same(decode_manifest(pack_lines(text, R"({"type":"of_later","runs":"x"})"
                                              "\n")),
             everything());
  check_same(decode_manifest(changed("\"run\":", "\"region\":[1],\"run\":")), everything());
}

TEST_CASE("a manifest of a newer version is refused with what helps") {
  const std::string wrong = complaint(changed("\"jetcapture_manifest\":1", "\"jetcapture_manifest\":2"));
  CHECK(wrong == "it has version 2 of the format, and this program reads version 1: use a newer jetcapture");
}

TEST_CASE("a manifest that is cut off, has a changed byte, or bytes behind its end, is never read as another one") {
  const std::string bytes = encode(everything());
  for (std::size_t size = 0; size < bytes.size(); size++) {
    CAPTURE(size);
    CHECK(complaint(bytes.substr(0, size)) != "");
  }
  for (std::size_t at = 0; at < bytes.size(); at++)
    for (const int bit : {0, 3, 7}) {
      CAPTURE(at);
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      // Some bits of the packed form say nothing.
      CHECK((complaint(damaged) != "" || unpacked(damaged) == unpacked(bytes)));
    }
  CHECK(complaint(bytes + "x") == "bytes stand behind its end");
  CHECK(complaint(bytes + bytes) == "bytes stand behind its end");
  CHECK(complaint("") == "it is cut off");
  CHECK(has(complaint("a,b\n1,2\n"), "it can't be unpacked"));
  CHECK(complaint(pack_lines("{\"type\":\"x\"}\n", "")) == "its first line is not that of a manifest");
  CHECK(complaint(pack_lines("[1\n", "")) == "it has a line that is no JSON object");
}

TEST_CASE(
    "a manifest whose lines contradict each other, or have other values than they may, is refused with a sentence") {
  CHECK(has(complaint(changed("\"messages\":6", "\"messages\":5")), "has 5 messages and 6 sequences"));
  CHECK(has(complaint(changed("\"line\":1", "\"line\":2")), "not numbered"));
  CHECK(has(complaint(changed("\"planes\":[\"AABABBA\"", "\"planes\":[\"AABABBC\"")), "a block that it does not have"));
  CHECK(has(complaint(changed("\"planes\":[\"AABABBA\"", "\"planes\":[\"AABABB\"")), "more or fewer digits"));
  CHECK(has(complaint(changed("\"planes\":[\"AABABBA\"", "\"planes\":[\"AABABB!\"")), "no digit"));
  CHECK(has(complaint(changed("\"planes\":[\"AABABBA\"]", "\"planes\":[]")), "more or fewer planes"));
  CHECK(has(complaint(changed("\"messages\":7", "\"messages\":18446744073709551615")), "more or fewer digits"));
  CHECK(has(complaint(changed("899867", "18446744073709551615")), "larger than a sequence can be"));
  CHECK(has(complaint(changed("[66,63,899867]", "[66,63]")), "fewer long steps"));
  CHECK(has(complaint(changed("[66,63,899867]", "[66,63,899867,1]")), "more long steps"));
  CHECK(has(complaint(changed("\"blocks\":[[0,1]", "\"blocks\":[[0,9]")), "a block that it does not have"));
  CHECK(has(complaint(changed("[3,0,5]", "[3,5,0]")), "ends before it begins"));
  CHECK(has(complaint(changed("[3,0,5]", "[3,0,-5]")), "a run in \"lines\" that is none"));
  CHECK(has(complaint(changed("\"kind\":\"start\"", "\"kind\":\"stop\"")), "unknown kind \"stop\""));
  CHECK(has(complaint(changed("\"bytes\":1234", "\"bytes\":-1")), "\"bytes\" that is no number from 0 on"));
  CHECK(has(complaint(changed("\"epoch\":2", "\"epoch\":4294967296")), "number of 32 bits"));
  CHECK(has(complaint(changed("\"sha256\":\"07", "\"sha256\":\"0g")), "\"sha256\" that is no SHA-256"));
  CHECK(has(complaint(changed("\"first_time\":\"1969-", "\"first_time\":\"1969/")), "\"first_time\" that is no time"));
  CHECK(has(complaint(changed("\"key_bytes\":\"AAAA", "\"key_bytes\":\"AAA/")), "no encoded key"));
  CHECK(has(complaint(changed("\"run\":\"9c1d\"", "\"ran\":\"9c1d\"")), "has no \"run\""));
}

TEST_CASE("a few bytes that unpack to very many are refused, and take little memory") {
  const std::string bomb(200u << 20, 'x');
  std::string packed(ZSTD_compressBound(bomb.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bomb.data(), bomb.size(), 1));
  CHECK(has(complaint(packed), "longer than a manifest's may be"));
}
