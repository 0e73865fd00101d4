// A writer whose rows say which version of units it sees: 2, as a shared library.
#include <jetcapture/plugin.hpp>

extern "C" int units_version(void);

class UnitsWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "the version of units that it sees, a line a message";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr const char *suffix = ".txt";
  static constexpr const char *content_type = "text/plain";
  explicit UnitsWriter(const jetcapture::Options &) {}

  class Block {
  public:
    Block(UnitsWriter &, const jetcapture_block_info &, jetcapture::Out out) : out_(out) {}
    void write(const void *) { out_.put("units " + std::to_string(units_version()) + "\n"); }
    void finish() {}

  private:
    jetcapture::Out out_;
  };
};

JETCAPTURE_CPP_WRITER(units_writer, UnitsWriter);
