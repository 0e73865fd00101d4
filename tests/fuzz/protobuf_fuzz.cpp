// The protobuf decoder, with a type that has every kind of field, and with each framing.
#include "fuzz/decoder.hpp"

extern "C" const jetcapture_decoder jetcapture_decoder_1_protobuf;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using jetcapture::fuzz::Decoder;
  const std::string set = JETCAPTURE_PROTOS "/orders.pb";
  static Decoder all(jetcapture_decoder_1_protobuf,
                     {{"descriptors", {set}}, {"message", {"shop.Kinds"}}, {"unknown", {"refuse"}}});
  static Decoder chosen(jetcapture_decoder_1_protobuf, {{"descriptors", {set}},
                                                        {"message", {"shop.Kinds"}},
                                                        {"framing", {"delimited"}},
                                                        {"key", {"field:/inner/text", "field:/time"}},
                                                        {"fields", {"/inner/inner/raw:text", "/maybe", "/more"}}});
  static Decoder old(jetcapture_decoder_1_protobuf,
                     {{"descriptors", {set}}, {"message", {"legacy.Reading"}}, {"framing", {"confluent"}}});
  for (Decoder *const decoder : {&all, &chosen, &old})
    decoder->decode(data, size);
  return 0;
}
