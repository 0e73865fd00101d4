#include "ledger/manifest.hpp"

#include "ledger/manifest_values.hpp"
#include "ledger/packed_lines.hpp"
#include "ledger/sequence_planes.hpp"
#include "log/time_text.hpp"
#include "strings/base64.hpp"

#include <algorithm>
#include <span>
#include <tuple>

namespace jetcapture::host {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t items_a_line = 100'000; // of runs, and of messages of several blocks

void append(const Json &line, std::string &text) {
  text += line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json json_of(const ManifestStage &stage) {
  return {{"name", stage.name}, {"version", stage.version}};
}

Json json_of(const ManifestHeader &header) {
  const bool is_first = header.previous == Sha256{};
  Json json = {{"type", "header"},
               {"jetcapture_manifest", manifest_version},
               {"kind", header.kind == ManifestHeader::Kind::start ? "start" : "commit"},
               {"number", header.number},
               {"stream", header.chain.stream},
               {"capture", header.chain.capture},
               {"host", header.chain.host},
               {"stream_created", header.stream_created},
               {"consumer_created", time_text(header.consumer_created)},
               {"epoch", header.epoch},
               {"run", header.run},
               {"previous", is_first ? Json(nullptr) : Json(text_of_hash(header.previous))},
               {"written", time_text(header.written)},
               {"first_sequence", header.first_sequence},
               {"last_sequence", header.last_sequence},
               {"highest_sequence", header.highest_sequence},
               {"unsettled_from", header.unsettled_from},
               {"ack_floor", header.ack_floor},
               {"begins_at", header.begins_at},
               {"memory_in", header.memory_in},
               {"program", header.program},
               {"decoder", json_of(header.decoder)},
               {"writer", json_of(header.writer)},
               {"compression", json_of(header.compression)},
               {"options", header.options},
               {"path_template", header.path_template},
               {"interval_nanoseconds", header.interval},
               {"path_null", header.path_null},
               {"on_decode_error", header.on_decode_error}};
  if (is_ordered(header.chain)) {
    json["floor"] = header.floor;
    json["ends"] = header.ends;
    json["owner"] = header.owner;
    json["starts"] = header.starts;
    json["filters"] = header.filters;
    if (header.rewound_to) {
      json["rewound_to"] = *header.rewound_to;
      json["rewound_to_time"] = time_text(header.rewound_to_timestamp);
    }
    if (header.claim_messages > 0) {
      json["claim_messages"] = header.claim_messages;
      json["claim_last_sequence"] = header.claim_last;
      json["claims_done_up_to"] = header.claims_done_up_to;
    }
  }
  return json;
}

constexpr std::size_t block_members = 18;

// Member by member: an initializer list would copy each, for each block.
Json json_of(const BlockLine &line, std::size_t place) {
  Json json = Json::object();
  json.get_ref<Json::object_t &>().reserve(block_members);
  json["type"] = "block";
  json["line"] = place;
  json["name"] = line.name;
  json["bytes"] = line.bytes;
  json["sha256"] = text_of_hash(line.sha256);
  json["written_bytes"] = line.written_bytes;
  json["messages"] = line.messages();
  json["rows"] = line.payloads;
  json["first_sequence"] = line.first_sequence;
  json["last_sequence"] = line.last_sequence;
  json["first_time"] = time_text(line.first_timestamp);
  json["last_time"] = time_text(line.last_timestamp);
  json["last_sequence_time"] = time_text(line.last_sequence_timestamp);
  json["interval_start"] = time_text(line.place.interval_start);
  json["reason"] = line.reason;
  json["quarantine"] = line.place.quarantine;
  put_key(line.place.key, json);
  return json;
}

// Messages of several blocks, each once with the blocks of this manifest that it is in.
void append_shared(std::span<const BlockLine> lines, std::string &text) {
  std::vector<std::tuple<std::uint64_t, std::uint32_t, std::size_t>> all; // sequence, parts, block
  for (std::size_t i = 0; i < lines.size(); i++)
    for (const SharedMessage &message : lines[i].shared)
      all.emplace_back(message.sequence, message.parts, i);
  std::sort(all.begin(), all.end());
  Json sequences = Json::array();
  Json parts = Json::array();
  Json blocks = Json::array();
  const auto end_line = [&] {
    if (!sequences.empty())
      append({{"type", "shared"}, {"sequences", sequences}, {"parts", parts}, {"blocks", blocks}}, text);
    sequences.clear();
    parts.clear();
    blocks.clear();
  };
  for (std::size_t i = 0; i < all.size(); i++) {
    const auto &[sequence, count, block] = all[i];
    const bool same = i > 0 && std::get<0>(all[i - 1]) == sequence && std::get<1>(all[i - 1]) == count;
    if (!same) {
      if (sequences.size() == items_a_line)
        end_line();
      sequences.push_back(sequence);
      parts.push_back(count);
      blocks.push_back(Json::array());
    }
    blocks.back().push_back(block);
  }
  end_line();
}

Json json_of(const SequenceRun &run) {
  return Json::array({run.first, run.last});
}
Json json_of(const LineRun &run) {
  return Json::array({run.manifest, run.first, run.last});
}

template <class Run>
void append_runs(const char *type, const char *member, std::span<const Run> runs, std::string &text,
                 const Json &more = Json::object()) {
  while (!runs.empty()) {
    const std::size_t count = std::min(runs.size(), items_a_line);
    Json list = Json::array();
    for (const Run &run : runs.first(count))
      list.push_back(json_of(run));
    Json line = {{"type", type}};
    line.update(more);
    line[member] = std::move(list);
    append(line, text);
    runs = runs.subspan(count);
  }
}

ManifestStage stage_in(const nlohmann::json &line, const char *name) {
  const auto found = line.find(name);
  if (found == line.end() || !found->is_object())
    throw ManifestError(std::string("its first line has no \"") + name + '"');
  return {text_in(*found, "name"), text_in(*found, "version")};
}

ManifestHeader header_of(const nlohmann::json &line) {
  if (!line.is_object() || !line.contains("jetcapture_manifest"))
    throw ManifestError("its first line is not that of a manifest");
  if (const std::uint64_t version = unsigned_in(line, "jetcapture_manifest"); version != manifest_version)
    throw NewerManifest("it has version " + std::to_string(version) +
                        " of the format, and this program reads version " + std::to_string(manifest_version) +
                        ": use a newer jetcapture");
  const std::string &kind = text_in(line, "kind");
  if (kind != "start" && kind != "commit")
    throw ManifestError("its first line has an unknown kind \"" + kind + '"');
  ManifestHeader header;
  header.kind = kind == "start" ? ManifestHeader::Kind::start : ManifestHeader::Kind::commit;
  header.number = unsigned_in(line, "number");
  header.chain = {text_in(line, "stream"), text_in(line, "capture"), text_in(line, "host")};
  header.stream_created = text_in(line, "stream_created");
  header.consumer_created = time_in(line, "consumer_created");
  header.epoch = small_in(line, "epoch");
  header.run = text_in(line, "run");
  if (!line.contains("previous") || !line["previous"].is_null())
    header.previous = hash_in(line, "previous");
  header.written = time_in(line, "written");
  header.first_sequence = unsigned_in(line, "first_sequence");
  header.last_sequence = unsigned_in(line, "last_sequence");
  header.highest_sequence = unsigned_in(line, "highest_sequence");
  header.unsettled_from = unsigned_in(line, "unsettled_from");
  header.ack_floor = line.contains("ack_floor") ? unsigned_in(line, "ack_floor") : 0;
  header.begins_at = line.contains("begins_at") ? unsigned_in(line, "begins_at") : 0;
  header.memory_in = line.contains("memory_in") ? unsigned_in(line, "memory_in") : 0;
  header.program = text_in(line, "program");
  header.decoder = stage_in(line, "decoder");
  header.writer = stage_in(line, "writer");
  header.compression = stage_in(line, "compression");
  header.options = text_in(line, "options");
  header.path_template = text_in(line, "path_template");
  header.interval = signed_in(line, "interval_nanoseconds");
  header.path_null = line.contains("path_null") ? text_in(line, "path_null") : "";
  header.on_decode_error = line.contains("on_decode_error") ? text_in(line, "on_decode_error") : "";
  if (is_ordered(header.chain)) {
    header.floor = unsigned_in(line, "floor");
    header.ends = flag_in(line, "ends");
    header.owner = line.contains("owner") ? text_in(line, "owner") : "";
    header.starts = line.contains("starts") ? unsigned_in(line, "starts") : 0;
    for (const nlohmann::json &filter : list_in(line, "filters")) {
      if (!filter.is_string())
        throw ManifestError("its first line has a filter that is no text");
      header.filters.push_back(filter.get<std::string>());
    }
    if (line.contains("rewound_to")) {
      header.rewound_to = unsigned_in(line, "rewound_to");
      header.rewound_to_timestamp = time_in(line, "rewound_to_time");
    }
    if (line.contains("claim_messages")) {
      header.claim_messages = unsigned_in(line, "claim_messages");
      header.claim_last = unsigned_in(line, "claim_last_sequence");
      header.claims_done_up_to = unsigned_in(line, "claims_done_up_to");
    }
  }
  return header;
}

// A line of a manifest as it is read, with the number of messages that it is to have.
struct ReadBlock {
  BlockLine line;
  std::uint64_t messages = 0;
};

ReadBlock block_of(const nlohmann::json &json, std::size_t place) {
  if (unsigned_in(json, "line") != place)
    throw ManifestError("its blocks are not numbered one after the other");
  ReadBlock read;
  BlockLine &line = read.line;
  line.name = text_in(json, "name");
  line.bytes = unsigned_in(json, "bytes");
  line.sha256 = hash_in(json, "sha256");
  line.written_bytes = unsigned_in(json, "written_bytes");
  line.payloads = unsigned_in(json, "rows");
  line.reason = text_in(json, "reason");
  line.place = {time_in(json, "interval_start"), flag_in(json, "quarantine"), key_in(json)};
  line.first_sequence = unsigned_in(json, "first_sequence");
  line.last_sequence = unsigned_in(json, "last_sequence");
  line.last_sequence_timestamp = time_in(json, "last_sequence_time");
  line.first_timestamp = time_in(json, "first_time");
  line.last_timestamp = time_in(json, "last_time");
  read.messages = unsigned_in(json, "messages");
  return read;
}

void read_shared(const nlohmann::json &json, std::span<BlockLine> lines) {
  const std::vector<std::uint64_t> sequences = unsigned_list_in(json, "sequences");
  const std::vector<std::uint64_t> parts = unsigned_list_in(json, "parts");
  const nlohmann::json &blocks = list_in(json, "blocks");
  if (parts.size() != sequences.size() || blocks.size() != sequences.size())
    throw ManifestError("its messages of several blocks have lists of several lengths");
  for (std::size_t i = 0; i < sequences.size(); i++) {
    if (!blocks[i].is_array() || parts[i] > UINT32_MAX)
      throw ManifestError("its messages of several blocks have no lists of blocks, or too many parts");
    for (const nlohmann::json &block : blocks[i]) {
      if (!block.is_number_unsigned() || block.get<std::uint64_t>() >= lines.size())
        throw ManifestError("its messages of several blocks name a block that it does not have");
      lines[block.get<std::uint64_t>()].shared.push_back({sequences[i], static_cast<std::uint32_t>(parts[i])});
    }
  }
}

// The numbers of each run, count of them, the last two being from and to.
std::vector<std::vector<std::uint64_t>> runs_in(const nlohmann::json &json, const char *member, std::size_t count) {
  std::vector<std::vector<std::uint64_t>> runs;
  for (const nlohmann::json &run : list_in(json, member)) {
    const auto is_number = [](const nlohmann::json &number) { return number.is_number_unsigned(); };
    if (!run.is_array() || run.size() != count || !std::all_of(run.begin(), run.end(), is_number))
      throw ManifestError(std::string("it has a run in \"") + member + "\" that is none");
    runs.push_back(run.get<std::vector<std::uint64_t>>());
    if (runs.back()[count - 2] > runs.back()[count - 1])
      throw ManifestError(std::string("it has a run in \"") + member + "\" that ends before it begins");
  }
  return runs;
}

void read_sequence_runs(const nlohmann::json &json, std::vector<SequenceRun> &runs) {
  for (const auto &run : runs_in(json, "runs", 2))
    runs.push_back({run[0], run[1]});
}

void read_line_runs(const nlohmann::json &json, std::vector<LineRun> &runs) {
  for (const auto &run : runs_in(json, "lines", 3)) {
    if (run[2] > UINT32_MAX)
      throw ManifestError("it has a run of lines that no manifest has");
    runs.push_back({run[0], static_cast<std::uint32_t>(run[1]), static_cast<std::uint32_t>(run[2])});
  }
}

// What stands behind the first line.
class Body {
public:
  // messages: of each block, as its line says.
  Body(Manifest &manifest, std::vector<std::uint64_t> &messages) : manifest_(manifest), messages_(messages) {}

  void take(const nlohmann::json &line) {
    const std::string &type = text_in(line, "type");
    if (type == "block") {
      ReadBlock block = block_of(line, manifest_.lines.size());
      manifest_.lines.push_back(std::move(block.line));
      messages_.push_back(block.messages);
    } else if (type == "sequences") {
      read_sequences(line, manifest_.lines);
    } else if (type == "shared") {
      read_shared(line, manifest_.lines);
    } else if (type == "filtered") {
      read_sequence_runs(line, manifest_.filtered);
    } else if (type == "terminated") {
      read_sequence_runs(line, manifest_.terminated);
    } else if (type == "absent") {
      read_sequence_runs(line, manifest_.absent);
    } else if (type == "skipped") {
      read_sequence_runs(line, manifest_.skipped);
    } else if (type == "done") {
      read_line_runs(line, manifest_.done);
    } else if (type == "void") {
      read_line_runs(line, manifest_.voided);
    } else if (type == "retired") {
      manifest_.retired.push_back({text_in(line, "host"), {}});
      read_line_runs(line, manifest_.retired.back().lines);
    } else if (type == "configuration") {
      manifest_.configurations.push_back({text_in(line, "of"), text_in(line, "name"), text_in(line, "json")});
    } else if (type == "memory") {
      manifest_.memory[text_in(line, "stage")] = base64_in(line, "bytes");
    }
    // Others are of a later minor version.
  }

  void end() const {
    for (std::size_t i = 0; i < messages_.size(); i++)
      if (manifest_.lines[i].messages() != messages_[i])
        throw ManifestError("its block " + manifest_.lines[i].name + " has " + std::to_string(messages_[i]) +
                            " messages and " + std::to_string(manifest_.lines[i].messages()) + " sequences");
  }

private:
  Manifest &manifest_;
  std::vector<std::uint64_t> &messages_;
};

nlohmann::json parsed(const std::string &line) {
  nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object())
    throw ManifestError("it has a line that is no JSON object");
  return json;
}

// Without parsing it, which is what takes the time.
bool tells_of_sequences(std::string_view line) {
  return line.starts_with(R"({"type":"sequences",)") || line.starts_with(R"({"type":"shared",)");
}

ManifestHeader first_line(PackedLines &lines) {
  std::string line;
  if (!lines.next(line))
    throw ManifestError("it is empty");
  return header_of(parsed(line));
}

} // namespace

std::string encode(const Manifest &manifest) {
  std::string head;
  append(json_of(static_cast<const ManifestHeader &>(manifest)), head);
  std::string rest;
  for (std::size_t i = 0; i < manifest.lines.size(); i++)
    append(json_of(manifest.lines[i], i), rest);
  append_sequences(manifest.lines, rest);
  append_shared(manifest.lines, rest);
  append_runs<SequenceRun>("filtered", "runs", manifest.filtered, rest);
  append_runs<SequenceRun>("terminated", "runs", manifest.terminated, rest);
  append_runs<SequenceRun>("absent", "runs", manifest.absent, rest);
  append_runs<SequenceRun>("skipped", "runs", manifest.skipped, rest);
  append_runs<LineRun>("done", "lines", manifest.done, rest);
  append_runs<LineRun>("void", "lines", manifest.voided, rest);
  for (const RetiredLines &one : manifest.retired)
    append_runs<LineRun>("retired", "lines", one.lines, rest, {{"host", one.host}});
  for (const ManifestConfiguration &one : manifest.configurations)
    append({{"type", "configuration"}, {"of", one.of}, {"name", one.name}, {"json", one.json}}, rest);
  for (const auto &[stage, bytes] : manifest.memory)
    append({{"type", "memory"}, {"stage", stage}, {"bytes", to_base64(bytes)}}, rest);
  return pack_lines(head, rest);
}

Manifest decode_manifest(std::string_view bytes) {
  PackedLines lines(bytes);
  Manifest manifest;
  static_cast<ManifestHeader &>(manifest) = first_line(lines);
  std::vector<std::uint64_t> messages;
  Body body(manifest, messages);
  std::string line;
  while (lines.next(line))
    body.take(parsed(line));
  body.end();
  return manifest;
}

ManifestOutline decode_manifest_outline(std::string_view bytes) {
  PackedLines lines(bytes);
  ManifestOutline outline;
  static_cast<ManifestHeader &>(outline.manifest) = first_line(lines);
  Body body(outline.manifest, outline.messages);
  std::string line;
  while (lines.next(line))
    if (!tells_of_sequences(line))
      body.take(parsed(line));
  return outline;
}

ManifestHeader decode_manifest_header(std::string_view bytes) {
  PackedLines lines(bytes);
  return first_line(lines);
}

} // namespace jetcapture::host
