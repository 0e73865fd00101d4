// Writer "parquet": records, or whole messages, as Parquet files. Options and results: README.md.
#include "jetcapture/plugin.hpp"
#include "parquet/arrow_file.hpp"
#include "parquet/capture_types.hpp"
#include "parquet/file_properties.hpp"
#include "parquet/message_record.hpp"
#include "parquet/origin.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

namespace jetcapture::plugins {

namespace {

constexpr const char *compression_choices[] = {"zstd", "snappy", "gzip", "none", nullptr};
constexpr const char *unit_choices[] = {"ns", "us", nullptr};
constexpr const char *data_choices[] = {"bytes", "text", nullptr};
constexpr const char *nested_choices[] = {"structs", "json", nullptr};
constexpr std::uint64_t least_size = 64 << 10;
constexpr std::size_t piece_size = 64 << 10; // asked of the host at once

std::uint64_t size_of(const Options &options, const char *name) {
  const std::uint64_t size = options.bytes(name);
  if (size < least_size)
    throw Misconfigured(std::string("the option ") + name + " is less than 64KiB; give more");
  return size;
}

} // namespace

class ParquetWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "Parquet files, from records or from whole messages";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_RECORD, JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr const char *suffix = ".parquet";
  static constexpr const char *content_type = "application/vnd.apache.parquet";
  static constexpr std::uint32_t flags = JETCAPTURE_WRITER_COMPRESSES;
  static constexpr jetcapture_option options[] = {
      choice_option("compression", compression_choices, "zstd", "How the pages of the file are compressed."),
      integer_option("compression-level", nullptr,
                     "Fast to small: zstd 1..19, gzip 1..9; the codec's own when not given."),
      choice_option("timestamps", unit_choices, "ns",
                    "Unit of timestamps: ns is exact, us is read by more programs and leaves out the rest."),
      choice_option("data", data_choices, "bytes",
                    "Of whole messages: the data as bytes, or as text; what is not UTF-8 is refused then."),
      choice_option("nested", nested_choices, "structs",
                    "Objects and arrays in JSON: structs and lists, as Parquet's own, or json text."),
      size_option("row-group-size", "32MiB", "Bytes of rows, before encoding, that end a row group."),
      size_option("memory", "128MiB",
                  "Bytes of rows in all open blocks above which row groups end early, the larger ones first.")};

  explicit ParquetWriter(const Options &given)
      : whole_messages_(given.payload() == JETCAPTURE_PAYLOAD_MESSAGE), data_as_text_(given.text("data") == "text"),
        unit_(given.text("timestamps") == "us" ? TimeUnit::microseconds : TimeUnit::nanoseconds),
        group_size_(size_of(given, "row-group-size")), memory_(size_of(given, "memory")),
        properties_(file_properties(given, version)),
        // The columns of whole messages are always the same: what the options say.
        types_(whole_messages_ ? nullptr : given.host(),
               given.text("nested") == "json" ? NestedJson::text : NestedJson::structs) {}

  // Rows are buffered here, and encoded bytes wait for the host in file_.bytes(). Of those, sent_ are with the host
  // already but may still be taken back: they stay here until the next message begins.
  class Block {
  public:
    Block(ParquetWriter &writer, const jetcapture_block_info &info, Out out)
        : writer_(writer), out_(out), origin_(info), file_(writer.properties_, writer.unit_) {
      if (writer.whole_messages_)
        message_record_ = std::make_unique<MessageRecord>(writer.data_as_text_);
      writer_.open_blocks_++;
    }
    ~Block() {
      writer_.open_blocks_--;
      writer_.buffered_ -= counted_;
    }
    Block(const Block &) = delete;
    Block &operator=(const Block &) = delete;

    void write(const void *payload) {
      const jetcapture_record &record = message_record_ != nullptr
                                            ? message_record_->of(*static_cast<const jetcapture_message *>(payload))
                                            : *static_cast<const jetcapture_record *>(payload);
      // Only between messages: what is in a row group can't be taken back.
      if (rows_.rows() > 0 && rows_.rows_since_mark() == 0 && group_is_full())
        write_group();
      rows_.append(record);
      origin_.add(record.message);
      count();
      send();
    }

    void finish() {
      if (rows_.rows() > 0)
        write_group();
      if (!rows_.settled())
        return;
      file_.finish(origin_.metadata());
      send();
    }

    std::uint64_t pending() { return counted_ + file_.bytes().size() - sent_; }

    void mark() {
      file_.bytes().erase(0, sent_);
      sent_ = 0;
      rows_.mark();
      origin_.mark();
    }
    void rollback() {
      sent_ = 0;
      rows_.rollback();
      origin_.rollback();
      count();
    }

  private:
    bool group_is_full() const {
      if (counted_ >= writer_.group_size_)
        return true;
      const std::uint64_t share = writer_.memory_ / std::max<std::uint64_t>(writer_.open_blocks_, 1);
      return writer_.buffered_ >= writer_.memory_ && counted_ >= share;
    }

    void write_group() {
      if (!rows_.settled())
        rows_.settle(writer_.types_);
      file_.write_group(rows_);
      count();
    }

    void count() {
      const std::uint64_t now = rows_.bytes();
      writer_.buffered_ += now - counted_;
      counted_ = now;
    }

    void send() {
      std::string_view rest = file_.bytes();
      rest.remove_prefix(sent_);
      for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), piece_size)))
        out_.put(rest.substr(0, piece_size));
      sent_ = file_.bytes().size();
    }

    ParquetWriter &writer_;
    Out out_;
    std::unique_ptr<MessageRecord> message_record_;
    RowBuffer rows_;
    Origin origin_;
    ArrowFile file_;
    std::size_t sent_ = 0;
    std::uint64_t counted_ = 0; // of this block in writer_.buffered_
  };

private:
  const bool whole_messages_;
  const bool data_as_text_;
  const TimeUnit unit_;
  const std::uint64_t group_size_;
  const std::uint64_t memory_;
  const std::shared_ptr<::parquet::WriterProperties> properties_;
  CaptureTypes types_;
  std::atomic<std::uint64_t> open_blocks_ = 0;
  std::atomic<std::uint64_t> buffered_ = 0;
};

} // namespace jetcapture::plugins

JETCAPTURE_CPP_WRITER(parquet, jetcapture::plugins::ParquetWriter);
