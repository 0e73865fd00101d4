// Reader "parquet": the whole messages that the writer wrote.
#include "jetcapture/plugin.hpp"
#include "parquet/message_rows.hpp"

namespace jetcapture::plugins {

class ParquetReader {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "Whole messages from Parquet files of the writer";

  explicit ParquetReader(const Options &) {}

  class Object {
  public:
    Object(ParquetReader &, Input input) : rows_(input) {}
    bool next(jetcapture_whole_message &message) { return rows_.next(message); }

  private:
    MessageRows rows_;
  };
};

} // namespace jetcapture::plugins

JETCAPTURE_CPP_READER(parquet, jetcapture::plugins::ParquetReader);
