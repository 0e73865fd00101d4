// What single steps of a message's way cost, by Google Benchmark: tests/bench/run.sh --micro.
#include "blocks/block_output.hpp"
#include "blocks/codec.hpp"
#include "capture/spare_message.hpp"
#include "commit/in_flight.hpp"
#include "commit/journal.hpp"
#include "delivery/sequence_list.hpp"
#include "nats/ack_subject.hpp"
#include "plugins/emitted.hpp"
#include "plugins/stages.hpp"
#include "support/folder.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <string>

namespace {

using namespace jetcapture::host;

constexpr std::string_view object =
    R"({"id":123456,"key":"k07","price":12.75,"ok":true,"text":"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua."})";

Log &quiet() {
  static Log log(Level::error);
  return log;
}
const std::atomic<bool> not_cancelled{false};

jetcapture_text text(std::string_view view) {
  return {view.data(), view.size()};
}

jetcapture_message message_of(std::string_view data) {
  jetcapture_message message{};
  message.size = sizeof message;
  message.subject = text("orders.k07");
  message.data = text(data);
  message.stream = text("ORDERS");
  message.consumer = text("capture");
  message.stream_sequence = 123456;
  message.consumer_sequence = 123456;
  message.deliveries = 1;
  message.timestamp = 1'764'000'000'123'456'789;
  return message;
}

StageFile plugin(StageKind kind, const std::string &name) {
  return find_stage({JETCAPTURE_PLUGINS}, kind, name, true);
}

// A decoder with its options, and a writer that it fits, into a block.
class Pipeline {
public:
  Pipeline(const std::string &decoder, const std::vector<std::string> &options, const std::string &writer)
      : loaded_decoder_(load_decoder(plugin(StageKind::decoder, decoder))),
        loaded_writer_(load_writer(plugin(StageKind::writer, writer))),
        payload_(agree_on_payload(loaded_decoder_, loaded_writer_)),
        decoder_(loaded_decoder_.description, StageKind::decoder, options, payload_, quiet(), not_cancelled),
        writer_(loaded_writer_.description, StageKind::writer, {}, payload_, quiet(), not_cancelled),
        meter_(1ull << 30), output_(meter_), sink_{{sizeof(jetcapture_sink), 0, &Pipeline::emit}, this} {
    const jetcapture_block_info info = {sizeof info, 0, nullptr, text("ORDERS"), 0, 1};
    if (writer_.description().open(writer_.self(), &info, output_.out(), &block_) != JETCAPTURE_OK)
      throw std::runtime_error("no block");
  }
  ~Pipeline() { writer_.description().close(block_); }
  Pipeline(const Pipeline &) = delete;
  Pipeline &operator=(const Pipeline &) = delete;

  // write: into the block; else the item is dropped.
  void pass(const jetcapture_message &message, bool write) {
    write_ = write;
    if (decoder_.description().decode(decoder_.self(), &message, &sink_.sink) != JETCAPTURE_OK)
      throw std::runtime_error("not decoded");
    if (output_.has_full())
      output_.take(false);
  }

private:
  struct Sink {
    jetcapture_sink sink; // first: a pointer to it is a pointer to this
    Pipeline *owner;
  };
  static jetcapture_status emit(const jetcapture_sink *sink, const jetcapture_item *item) {
    Pipeline &self = *reinterpret_cast<const Sink *>(sink)->owner;
    return self.write_ ? self.writer_.description().write(self.block_, item->payload) : JETCAPTURE_OK;
  }

  LoadedDecoder loaded_decoder_;
  LoadedWriter loaded_writer_;
  std::string payload_;
  Decoder decoder_;
  Writer writer_;
  MemoryMeter meter_;
  BlockOutput output_;
  Sink sink_;
  void *block_ = nullptr;
  bool write_ = true;
};

const std::vector<std::string> fields = {"key=field:/key", "fields=/id:integer,/key,/price:number,/ok:flag,/text"};

void pass(benchmark::State &state, const std::string &decoder, const std::string &writer, bool write) {
  Pipeline pipeline(decoder, decoder == "json" ? fields : std::vector<std::string>{}, writer);
  const jetcapture_message message = message_of(object);
  for ([[maybe_unused]] auto round : state)
    pipeline.pass(message, write);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(pass, decode_json, "json", "csv", false);
BENCHMARK_CAPTURE(pass, decode_json_write_csv, "json", "csv", true);
BENCHMARK_CAPTURE(pass, decode_json_write_ndjson, "json", "ndjson", true);
BENCHMARK_CAPTURE(pass, whole_message_write_ndjson, "message", "ndjson", true);
BENCHMARK_CAPTURE(pass, whole_message_write_raw, "message", "raw", true);

// The copy that a decoder is given.
void copy_for_decoder(benchmark::State &state) {
  const std::string data(static_cast<std::size_t>(state.range(0)), 'x');
  const jetcapture_message message = message_of(data);
  SpareMessage spare;
  for ([[maybe_unused]] auto round : state)
    benchmark::DoNotOptimize(spare.copy_of(message).data.data);
}
BENCHMARK(copy_for_decoder)->Arg(200)->Arg(64 << 10);

// What the host looks at of a record, of which a text and an integer are the usual values.
void check_record(benchmark::State &state) {
  static constexpr jetcapture_column number = JETCAPTURE_COLUMN(JETCAPTURE_INTEGER, "number");
  static constexpr jetcapture_column name = JETCAPTURE_COLUMN(JETCAPTURE_TEXT, "text");
  static constexpr const jetcapture_column *columns[] = {&number, &name, &number, &name, &number};
  static constexpr jetcapture_schema schema = {sizeof(jetcapture_schema), 5, 1, columns};
  const jetcapture_message message = message_of(object);
  const jetcapture_value values[] = {jetcapture_integer(1), jetcapture_text_value(JETCAPTURE_TEXT, text("a")),
                                     jetcapture_integer(2), jetcapture_text_value(JETCAPTURE_TEXT, text("b")),
                                     jetcapture_null()};
  const jetcapture_record record = {sizeof record, 5, &schema, values, &message};
  PayloadCheck check(JETCAPTURE_PAYLOAD_RECORD);
  for ([[maybe_unused]] auto round : state) {
    benchmark::DoNotOptimize(&record);
    benchmark::DoNotOptimize(check.breach(&record, &message));
  }
}
BENCHMARK(check_record);

// A chunk of NDJSON as a block has it.
void compress(benchmark::State &state, Compression compression) {
  MemoryMeter meter(1ull << 30);
  const auto codec = make_codec(compression, -1);
  std::string lines;
  for (unsigned i = 0; lines.size() < (256u << 10); i++)
    lines += R"({"id":)" + std::to_string(i * 7919) + R"(,"key":"k)" + std::to_string(i % 10) + R"(","price":)" +
             std::to_string(i % 997) + ".5}\n";
  for ([[maybe_unused]] auto round : state) {
    Chunk chunk(lines.size(), meter);
    std::copy(lines.begin(), lines.end(), chunk.data());
    chunk.size = lines.size();
    benchmark::DoNotOptimize(codec->compress(std::move(chunk), ChunkPlace::later, meter));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(lines.size()));
}
BENCHMARK_CAPTURE(compress, gzip, Compression::gzip);
BENCHMARK_CAPTURE(compress, zstd, Compression::zstd);
BENCHMARK_CAPTURE(compress, snappy, Compression::snappy);

// A block's whole life in the journal: two fsyncs.
void journal(benchmark::State &state) {
  const jetcapture::test::Folder folder;
  Journal journal(
      folder.path(), {}, {"S", "", "C", 0}, [](const CaptureIdentity &) { return JournalOrigin::this_consumer; },
      quiet());
  MemoryMeter meter(1ull << 30);
  Spool spool(folder.path() / "spool", 0);
  std::uint64_t sequence = 0;
  for ([[maybe_unused]] auto round : state) {
    SealedBlock block;
    block.id = ++sequence;
    block.name = "eu/2026/11/24/12/00/ORDERS-000000000001-000000001000-0123456789ab.csv";
    block.body = std::make_shared<BlockBody>(meter, spool);
    block.body->close([] {});
    for (int i = 0; i < 1000; i++)
      block.own.append(sequence * 1000 + static_cast<std::uint64_t>(i));
    journal.intent(block);
    journal.stored(block.id);
    journal.done(block.id);
  }
}
BENCHMARK(journal);

void sequence_list(benchmark::State &state) {
  SequenceList list;
  std::uint64_t sequence = 0;
  for ([[maybe_unused]] auto round : state)
    list.append(sequence += 10);
  benchmark::DoNotOptimize(list.size());
}
BENCHMARK(sequence_list);

void in_flight(benchmark::State &state) {
  const jetcapture::test::Folder folder;
  InFlight in_flight(folder.path() / "in-flight", "S C", quiet());
  std::uint64_t sequence = 0;
  for ([[maybe_unused]] auto round : state) {
    in_flight.insert(0, ++sequence);
    if (sequence > 100'000)
      in_flight.erase(0, sequence - 100'000);
  }
  benchmark::DoNotOptimize(in_flight.size());
}
BENCHMARK(in_flight);

void ack_subject_parsed(benchmark::State &state) {
  const std::string reply = "$JS.ACK.ORDERS.capture.1.123456.123456.1764000000123456789.42";
  AckSubjectReader reader;
  for ([[maybe_unused]] auto round : state)
    benchmark::DoNotOptimize(reader.read(reply));
}
BENCHMARK(ack_subject_parsed);

void ack_subject_written(benchmark::State &state) {
  AckSubjectWriter writer(plain_ack_prefix("ORDERS", "capture"), plain_ack_tokens);
  std::uint64_t sequence = 1'000'000;
  for ([[maybe_unused]] auto round : state)
    benchmark::DoNotOptimize(writer.subject(++sequence));
}
BENCHMARK(ack_subject_written);

} // namespace

BENCHMARK_MAIN();
