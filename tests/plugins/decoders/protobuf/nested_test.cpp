// Repeated fields, maps and messages as lists and structs: the option nested.
#include "plugins/decoders/decoder.hpp"
#include "plugins/decoders/protobuf/orders.hpp"

using namespace jetcapture::test;

TEST_CASE("protobuf: repeated fields are lists, messages structs, with the types of their fields") {
  Decoder decoder("protobuf", {"descriptors=" + set_file(), "message=shop.Order", "nested=structs"});
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  CHECK(decoder.values(encoded("shop.Order", "id: 1 customer { name: 'Ada' age: 36 } lines { sku: 'a' quantity: 2 } "
                                             "lines { }")) ==
        Texts{"integer 1", "text ", "number 0.0", "text OPEN", "struct {text Ada, text , integer 36}",
              "list [struct {text a, unsigned 2}, struct {text , unsigned 0}]", "null", "null"});
  CHECK(decoder.items.front().types == Texts{"id 2", "region 5", "total 4", "state 5",
                                             "customer struct<name 5, region 5, age 2>",
                                             "lines list<item struct<sku 5, quantity 3>>", "placed 7", "note 5"});
  CHECK(decoder.values("") ==
        Texts{"integer 0", "text ", "number 0.0", "text OPEN", "null", "list []", "null", "null"});
}

TEST_CASE("protobuf: lists hold each type of element, and maps are lists of keys and values in the order of the keys") {
  Decoder decoder("protobuf", {"descriptors=" + set_file(), "message=shop.Kinds", "nested=structs",
                               "fields=/numbers,/states,/raws,/lines,/weights,/times,/singles,/by_code"});
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  CHECK(decoder.values(encoded("shop.Kinds", "numbers: 3 numbers: -4 states: PAID raws: '\\377' times { seconds: 1 } "
                                             "singles: 0.5 weights { key: 10 value: 1 } weights { key: -2 value: 0.5 } "
                                             "lines { key: 'b' value { sku: 'x' } } lines { key: 'a' } "
                                             "by_code { key: 4 value: PAID }")) ==
        Texts{"list [integer 3, integer -4]", "list [text PAID]", "list [kind 6]",
              "list [struct {text a, struct {text , unsigned 0}}, struct {text b, struct {text x, unsigned 0}}]",
              "list [struct {integer -2, number 0.5}, struct {integer 10, number 1.0}]", "list [timestamp 1000000000]",
              "list [number 0.5]", "list [struct {unsigned 4, text PAID}]"});
  CHECK(decoder.items.front().types[3] == "lines list<item struct<key 5, value struct<sku 5, quantity 3>>>");
  // Field 15 twice with the key 1: the last counts.
  Decoder weights("protobuf", {"descriptors=" + set_file(), "message=shop.Kinds", "nested=structs", "fields=/weights"});
  CHECK(weights.values(std::string("\x7a\x0b\x08\x01\x11\0\0\0\0\0\0\0\0\x7a\x0b\x08\x01\x11\0\0\0\0\0\0\xf0\x3f",
                                   26)) == Texts{"list [struct {integer 1, number 1.0}]"});
}

TEST_CASE("protobuf: what has no tree of columns is JSON: a message inside of itself, and free-form structs") {
  Decoder decoder("protobuf", {"descriptors=" + set_file(), "message=shop.Kinds", "nested=structs",
                               "fields=/inner,/more,/maybe,/pause,j=/numbers:json"});
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  const Texts values = decoder.values(encoded(
      "shop.Kinds", "more { fields { key: 'a' value { bool_value: true } } } maybe { value: 7 } pause { seconds: 1 } "
                    "numbers: 1"));
  CHECK(values == Texts{"null", "json {\"a\":true}", "integer 7", "text 1s", "json [1]"});
  CHECK(decoder.items.front().types == Texts{"inner 8", "more 8", "maybe 2", "pause 5", "j 8"});
  Decoder tree("protobuf",
               {"descriptors=" + set_file(), "message=shop.Kinds", "nested=structs", "fields=/tree,/nothing"});
  REQUIRE_MESSAGE(tree.created() == JETCAPTURE_OK, tree.sentence());
  CHECK(tree.values(encoded("shop.Kinds", "tree { name: 'r' branches { name: 'b' } } nothing { }")) ==
        Texts{"struct {text r, json [{\"name\":\"b\",\"branches\":[]}]}", "json [{}]"});
  CHECK(tree.items.front().types == Texts{"tree struct<name 5, branches 8>", "nothing 8"});
}

TEST_CASE(
    "protobuf: text inside of structs that is not UTF-8 is refused, and nothing of it is left in the next message") {
  Decoder decoder("protobuf",
                  {"descriptors=" + set_file(), "message=legacy.Reading", "nested=structs", "fields=/labels,/extra"});
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  CHECK(decoder.refusal(encoded("legacy.Reading", "id: 1 labels: 'a' labels: '\\377'")) ==
        "field legacy.Reading.labels: its text is not UTF-8");
  CHECK(decoder.values(encoded("legacy.Reading", "id: 1 labels: 'a' Extra { code: 4 }")) ==
        Texts{"list [text a]", "struct {integer 4}"});
  CHECK(decoder.values(encoded("legacy.Reading", "id: 1")) == Texts{"list []", "null"});
}

TEST_CASE(
    "protobuf: keys and chosen fields are as without lists and structs, and JSON is what is asked for by default") {
  Decoder decoder("protobuf", {"descriptors=" + set_file(), "message=shop.Order", "nested=structs",
                               "fields=/customer/name,/lines", "key=field:/customer/region,field:/lines"});
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  CHECK(decoder.values(encoded("shop.Order", "customer { name: 'Ada' region: 'eu' } lines { sku: 'a' }")) ==
        Texts{"text Ada", "list [struct {text a, unsigned 0}]"});
  CHECK(decoder.items.front().key == Texts{"eu", "[{\"sku\":\"a\",\"quantity\":0}]"});
  Decoder json("protobuf", {"descriptors=" + set_file(), "message=shop.Order", "nested=json", "fields=/lines"});
  CHECK(json.values(encoded("shop.Order", "lines { sku: 'a' }")) == Texts{"json [{\"sku\":\"a\",\"quantity\":0}]"});
}
