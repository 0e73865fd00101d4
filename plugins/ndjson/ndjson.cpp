// Writer "ndjson": one JSON object a line, from records or from whole messages. Options and results: README.md.
#include "jetcapture/plugin.hpp"
#include "ndjson/message_line.hpp"
#include "ndjson/record_line.hpp"
#include "text/checked.hpp"
#include "text/schema_layouts.hpp"

namespace jetcapture::plugins {

namespace {

constexpr const char *null_choices[] = {"keep", "omit", nullptr};

} // namespace

class NdjsonWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "One JSON object a line, from records or from whole messages";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_RECORD, JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr const char *suffix = ".ndjson";
  static constexpr const char *content_type = "application/x-ndjson";
  static constexpr jetcapture_option options[] = {
      choice_option("nulls", null_choices, "keep", "Write the nulls of a record, or leave their keys out.")};

  explicit NdjsonWriter(const Options &given)
      : whole_messages_(given.payload() == JETCAPTURE_PAYLOAD_MESSAGE),
        nulls_(given.text("nulls") == "omit" ? Nulls::omit : Nulls::keep) {}

  // A line depends on its payload alone: there is no state to note or to take back.
  class Block {
  public:
    Block(NdjsonWriter &writer, const jetcapture_block_info &, Out out) : writer_(writer), out_(out) {}

    void write(const void *payload) {
      if (writer_.whole_messages_)
        write_message(*static_cast<const jetcapture_message *>(payload));
      else
        write_record(*static_cast<const jetcapture_record *>(payload));
      out_.put('\n');
    }
    void finish() {}
    void mark() {}
    void rollback() {}

  private:
    void write_message(const jetcapture_message &message) {
      check(message);
      put_message(out_, message);
    }

    void write_record(const jetcapture_record &record) {
      check(record);
      if (const SchemaIdentity schema(*record.schema); keys_ == nullptr || schema != schema_) {
        keys_ = writer_.keys_.of(*record.schema);
        schema_ = schema;
      }
      put_record(out_, record, *keys_, writer_.nulls_);
    }

    NdjsonWriter &writer_;
    Out out_;
    SchemaIdentity schema_;
    std::shared_ptr<const JsonKeys> keys_;
  };

private:
  const bool whole_messages_;
  const Nulls nulls_;
  SchemaLayouts<JsonKeys> keys_;
};

} // namespace jetcapture::plugins

JETCAPTURE_CPP_WRITER(ndjson, jetcapture::plugins::NdjsonWriter);
