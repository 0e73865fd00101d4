// The JSON decoder, with all fields and with chosen ones.
#include "fuzz/decoder.hpp"

extern "C" const jetcapture_decoder jetcapture_decoder_1_json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using jetcapture::fuzz::Decoder;
  static Decoder all(jetcapture_decoder_1_json, {{"max-fields", {"50"}}});
  static Decoder chosen(jetcapture_decoder_1_json,
                        {{"fields", {"/a", "/b/c:integer", "t=/t:timestamp", "d=/d:decimal", "day=/day:date"}}});
  for (Decoder *const decoder : {&all, &chosen})
    decoder->decode(data, size);
  return 0;
}
