// The writer "ndjson": one JSON object a line, from records or from whole messages.
#include "text/format.hpp"

#include <jetcapture/plugin.hpp>

#include <simdjson.h>

#include <cmath>
#include <string>
#include <vector>

namespace jetcapture::ndjson {

namespace {

constexpr const char *nulls_choices[] = {"keep", "omit", nullptr};

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

} // namespace

class NdjsonWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "one JSON object a line: records, or whole messages";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_RECORD, JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr const char *suffix = ".ndjson";
  static constexpr const char *content_type = "application/x-ndjson";
  static constexpr jetcapture_option options[] = {
      choice_option("nulls", nulls_choices, "keep", "fields of a record that are null: keep them, or omit them"),
  };

  explicit NdjsonWriter(const Options &given)
      : messages_(given.payload() == JETCAPTURE_PAYLOAD_MESSAGE), omit_nulls_(given.text("nulls") == "omit") {}

  class Block {
  public:
    Block(NdjsonWriter &writer, const jetcapture_block_info &, Out out) : writer_(writer), out_(out) {}

    void write(const void *payload) {
      if (writer_.messages_)
        put_message(*static_cast<const jetcapture_message *>(payload));
      else
        put_record(*static_cast<const jetcapture_record *>(payload));
      out_.put('\n');
    }
    void finish() {}
    // A line does not depend on the lines before it: the host's taking back of bytes is all there is to do.
    void mark() {}
    void rollback() {}

  private:
    void put_message(const jetcapture_message &message) {
      out_.put("{\"subject\":");
      put_text(view(message.subject), "the subject is not UTF-8");
      out_.put(",\"stream\":");
      text_format::put_json_string(out_, view(message.stream));
      out_.put(",\"sequence\":");
      text_format::put_number(out_, message.stream_sequence);
      out_.put(",\"timestamp\":\"");
      text_format::put_time(out_, message.timestamp);
      out_.put('"');
      if (message.reply.size > 0) {
        out_.put(",\"reply\":");
        put_text(view(message.reply), "the reply subject is not UTF-8");
      }
      if (message.header_count > 0)
        put_headers(message);
      const std::string_view data = view(message.data);
      if (is_utf8(data)) {
        out_.put(",\"data\":");
        text_format::put_json_string(out_, data);
      } else {
        out_.put(",\"data_base64\":\"");
        text_format::put_base64(out_, data);
        out_.put('"');
      }
      out_.put('}');
    }

    void put_headers(const jetcapture_message &message) {
      bool utf8 = true;
      for (std::uint32_t i = 0; i < message.header_count && utf8; i++)
        utf8 = is_utf8(view(message.headers[i].name)) && is_utf8(view(message.headers[i].value));
      out_.put(utf8 ? ",\"headers\":[" : ",\"headers_base64\":[");
      const auto put = [&](std::string_view text) {
        if (utf8) {
          text_format::put_json_string(out_, text);
        } else {
          out_.put('"');
          text_format::put_base64(out_, text);
          out_.put('"');
        }
      };
      for (std::uint32_t i = 0; i < message.header_count; i++) {
        out_.put(i == 0 ? "[" : ",[");
        put(view(message.headers[i].name));
        out_.put(',');
        put(view(message.headers[i].value));
        out_.put(']');
      }
      out_.put(']');
    }

    void put_record(const jetcapture_record &record) {
      if (record.schema != schema_ || record.schema->revision != revision_)
        map(*record.schema);
      bool first = true;
      out_.put('{');
      for (std::uint32_t i = 0; i < record.value_count; i++) {
        const jetcapture_value &value = record.values[i];
        if (value.kind == JETCAPTURE_NULL && writer_.omit_nulls_)
          continue;
        if (!first)
          out_.put(',');
        first = false;
        out_.put(names_[i]);
        put_value(value);
      }
      out_.put('}');
    }

    // The columns' names as JSON strings with a colon, made once a schema.
    void map(const jetcapture_schema &schema) {
      names_.clear();
      for (std::uint32_t i = 0; i < schema.column_count; i++) {
        const std::string_view name = view(schema.columns[i]->name);
        if (!is_utf8(name))
          throw BadData("the name of column " + std::to_string(i + 1) + " is not UTF-8");
        std::string quoted = "\"";
        for (const char c : name) {
          if (text_format::needs_json_escape(static_cast<unsigned char>(c))) {
            constexpr char hex[] = "0123456789abcdef";
            quoted += "\\u00";
            quoted += hex[static_cast<unsigned char>(c) >> 4];
            quoted += hex[static_cast<unsigned char>(c) & 15];
          } else {
            quoted += c;
          }
        }
        names_.push_back(quoted + "\":");
      }
      schema_ = &schema;
      revision_ = schema.revision;
    }

    void put_value(const jetcapture_value &value) {
      switch (value.kind) {
      case JETCAPTURE_NULL:
        out_.put("null");
        return;
      case JETCAPTURE_FLAG:
        out_.put(value.as.integer != 0 ? "true" : "false");
        return;
      case JETCAPTURE_INTEGER:
        text_format::put_number(out_, value.as.integer);
        return;
      case JETCAPTURE_UNSIGNED:
        text_format::put_number(out_, value.as.uinteger);
        return;
      case JETCAPTURE_NUMBER:
        // JSON has no number for these.
        if (std::isnan(value.as.number))
          out_.put("\"NaN\"");
        else if (std::isinf(value.as.number))
          out_.put(value.as.number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        else
          text_format::put_number(out_, value.as.number);
        return;
      case JETCAPTURE_TEXT:
        put_text(view(value.as.text), "a text value is not UTF-8");
        return;
      case JETCAPTURE_BYTES:
        out_.put('"');
        text_format::put_base64(out_, view(value.as.text));
        out_.put('"');
        return;
      case JETCAPTURE_TIMESTAMP:
        out_.put('"');
        text_format::put_time(out_, value.as.integer);
        out_.put('"');
        return;
      case JETCAPTURE_JSON:
        out_.put(view(value.as.text));
        return;
      default:
        throw BadData("a value has the kind " + std::to_string(value.kind) + ", which this writer does not know");
      }
    }

    void put_text(std::string_view text, const char *otherwise) {
      if (!is_utf8(text))
        throw BadData(otherwise);
      text_format::put_json_string(out_, text);
    }

    NdjsonWriter &writer_;
    Out out_;
    const jetcapture_schema *schema_ = nullptr;
    std::uint64_t revision_ = 0;
    std::vector<std::string> names_;
  };

private:
  friend class Block;
  const bool messages_;
  const bool omit_nulls_;
};

JETCAPTURE_CPP_WRITER(ndjson, NdjsonWriter);

} // namespace jetcapture::ndjson
