#include "plugins/decoders/decoder.hpp"

#include <cstdint>

using namespace jetcapture::test;

namespace {

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

// The values of each item of that data.
std::vector<Texts> rows(Decoder &decoder, const std::string &data) {
  REQUIRE_MESSAGE(decoder.decode(data) == JETCAPTURE_OK, decoder.sentence());
  std::vector<Texts> all;
  for (const Item &item : decoder.items)
    all.push_back(item.values);
  return all;
}

const std::vector<std::string> typed = {"columns=id:integer,name,price:number"};

} // namespace

TEST_CASE("csv: each row becomes a record of the columns, by their types") {
  Decoder decoder("csv", {"columns=i:integer,u:unsigned,n:number,f:flag,t:timestamp,j:json,s,a:auto"}, "csv_decoder");
  REQUIRE(decoder.created() == JETCAPTURE_OK);
  CHECK(rows(decoder, "-5,18446744073709551615,1.5,true,2026-11-24T13:00:00.25+01:00,\"{\"\"x\"\":1}\",text,7\n"
                      "1,0,-2e3,0,1970-01-01T00:00:00Z,[],,x\n") ==
        std::vector<Texts>{
            {"integer -5", "unsigned 18446744073709551615", "number 1.5", "flag true", "timestamp 1795521600250000000",
             "json {\"x\":1}", "text text", "integer 7"},
            {"integer 1", "unsigned 0", "number -2000.0", "flag false", "timestamp 0", "json []", "null", "text x"}});
  CHECK(decoder.items.front().columns == Texts{"i", "u", "n", "f", "t", "j", "s", "a"});
  CHECK(decoder.items[0].revision == decoder.items[1].revision);
}

TEST_CASE("csv: auto tells integers, numbers and flags that stand without quotes, and keeps codes as text") {
  Decoder decoder("csv", {"columns=a:auto,b:auto,c:auto,d:auto,e:auto,f:auto,g:auto"}, "csv_decoder");
  CHECK(rows(decoder, "0,-1.5,0.5,007,\"7\",true,1e3") ==
        std::vector<Texts>{
            {"integer 0", "number -1.5", "number 0.5", "text 007", "text 7", "flag true", "number 1000.0"}});
  CHECK(rows(decoder, "nan,inf,0x10,+1,1 ,-,9223372036854775808").front() ==
        Texts{"text nan", "text inf", "text 0x10", "text +1", "text 1 ", "text -", "unsigned 9223372036854775808"});
}

TEST_CASE("csv: numbers that no double holds are decimals, and days are dates") {
  Decoder decoder("csv", {"columns=a:auto,b:auto,c:auto,d:auto,e:decimal,f:date,g:json"}, "csv_decoder");
  CHECK(rows(decoder, "0.1234567890123456789,1e400,.5,5.,1.10,2026-11-27,[1e400]").front() ==
        Texts{"decimal 0.1234567890123456789", "decimal 1e400", "number 0.5", "number 5.0", "decimal 1.10",
              "date 20784", "json [1e400]"});
  CHECK(rows(decoder, ".1234567890123456789,.,-.,1.e,5,0001-01-01,1").front() ==
        Texts{"text .1234567890123456789", "text .", "text -.", "text 1.e", "decimal 5", "date -719162", "json 1"});
}

TEST_CASE("csv: quotes, delimiters and line ends in a field are part of it") {
  Decoder decoder("csv", {"columns=a,b"}, "csv_decoder");
  CHECK(rows(decoder, "\"x,\"\"y\"\"\r\nz\",\"\"\r\n\r\n\"\"\"\",b\rc,d") ==
        std::vector<Texts>{{"text x,\"y\"\r\nz", "text "}, {"text \"", "text b"}, {"text c", "text d"}});
  CHECK(rows(decoder, "\xEF\xBB\xBF"
                      "caf\xC3\xA9,1\n\n") == std::vector<Texts>{{"text caf\xC3\xA9", "text 1"}});
}

TEST_CASE("csv: tab-separated text without quotes is taken as it is") {
  Decoder decoder("csv", {"columns=a,b,c", "delimiter=tab", "quotes=false", "null=\\N"}, "csv_decoder");
  CHECK(rows(decoder, "5\" pipe\t\\N\t\n") == std::vector<Texts>{{"text 5\" pipe", "null", "text "}});
}

TEST_CASE("csv: with header the first row of each message names its fields") {
  Decoder all("csv", {"header=true", "key=field:/region"}, "csv_decoder");
  CHECK(rows(all, "id,region\n1,eu\n2,us\n") == std::vector<Texts>{{"text 1", "text eu"}, {"text 2", "text us"}});
  CHECK(all.items[1].key == Texts{"us"});
  const std::uint64_t revision = all.items.front().revision;
  CHECK(rows(all, "region,more\neu,x\n") == std::vector<Texts>{{"text eu", "text x"}});
  CHECK(all.items.front().columns == Texts{"region", "more"});
  CHECK(all.items.front().revision != revision);
  rows(all, "id,region\n3,eu\n");
  CHECK(all.items.front().revision == revision);
  CHECK(rows(all, "id,region\n").empty());

  Decoder chosen("csv", {"header=true", "columns=region,id:integer"}, "csv_decoder");
  CHECK(rows(chosen, "id,x,region\n1,y,eu\n") == std::vector<Texts>{{"text eu", "integer 1"}});
  CHECK(has(chosen.refusal("id,x\n1,y\n"), "the first row has no field region"));
  Decoder lenient("csv", {"header=true", "columns=region,id:integer", "missing=null"}, "csv_decoder");
  CHECK(rows(lenient, "id\n1\n") == std::vector<Texts>{{"null", "integer 1"}});
}

TEST_CASE("csv: what is not such a row is refused with row, field and reason") {
  Decoder decoder("csv", typed, "csv_decoder");
  // The rows before it are taken back by the host.
  CHECK(decoder.decode("1,a,2\nx,b,3\n") == JETCAPTURE_BAD_DATA);
  CHECK(has(decoder.sentence(), "row 2, column id: expected an integer of 64 bits, found \"x\""));
  CHECK(has(decoder.refusal("1,a"), "row 1 has 2 fields instead of 3"));
  CHECK(has(decoder.refusal("1,a,2,3"), "row 1 has 4 fields instead of 3"));
  CHECK(has(decoder.refusal("1,a\"b,2"), "row 1, field 2: a quote stands inside"));
  CHECK(has(decoder.refusal("1,\"a\"b,2"), "row 1, field 2: something stands behind"));
  CHECK(has(decoder.refusal("1,\"a,2"), "row 1, field 2: its quote is not closed"));
  CHECK(has(decoder.refusal(""), "no row"));
  CHECK(has(decoder.refusal("\n\r\n"), "no row"));
  CHECK(has(decoder.refusal("1,\xff,2"), "not UTF-8"));
  CHECK(has(decoder.refusal("1,a,nan"), "expected a number"));
  CHECK(has(decoder.refusal("9223372036854775808,a,1"), "expected an integer"));
  Decoder header("csv", {"header=true"}, "csv_decoder");
  CHECK(has(header.refusal("a,a\n1,2\n"), "\"a\" twice"));
  CHECK(has(header.refusal(""), "should begin with the names"));
}

TEST_CASE("csv: missing fields and values of another type may be null instead") {
  Decoder decoder("csv", {typed.front(), "missing=null", "mismatch=null"}, "csv_decoder");
  CHECK(rows(decoder, "x,a\n") == std::vector<Texts>{{"null", "text a", "null"}});
}

TEST_CASE("csv: the key has parts of the row and of the message, and columns of the message stand behind the others") {
  Decoder decoder("csv", {"columns=id:integer,region", "key=field:/region,field:/id,token:2", "meta=sequence,subject"},
                  "csv_decoder");
  CHECK(rows(decoder, "007,eu") == std::vector<Texts>{{"integer 7", "text eu", "unsigned 7", "text orders.eu.new"}});
  CHECK(decoder.items.front().key == Texts{"eu", "007", "eu"});
  CHECK(decoder.items.front().columns == Texts{"id", "region", "_sequence", "_subject"});
  REQUIRE(decoder.decode("1,") == JETCAPTURE_OK);
  CHECK(decoder.items.front().key == Texts{"(null)", "1", "eu"});
}

TEST_CASE("csv: wrong options are refused with the fix") {
  const auto refusal = [](const std::vector<std::string> &options) {
    const Decoder decoder("csv", options, "csv_decoder");
    CHECK(decoder.created() == JETCAPTURE_CONFIGURATION);
    return decoder.sentence();
  };
  CHECK(has(refusal({}), "header=true"));
  CHECK(has(refusal({"columns=a:int"}), "there are auto, text, integer"));
  CHECK(has(refusal({"columns=a,a"}), "\"a\" twice"));
  CHECK(has(refusal({"columns=:text"}), "without a name"));
  CHECK(has(refusal({"columns=a", "delimiter=ab"}), "not one byte"));
  CHECK(has(refusal({"columns=a", "key=field:/b"}), "has no b"));
  CHECK(has(refusal({"columns=a", "meta=size"}), "there are subject, stream, sequence and timestamp"));
}

TEST_CASE("csv: UTF-16 without a mark is refused and not taken for text with NUL bytes") {
  for (const bool header : {false, true}) {
    Decoder decoder("csv", {"columns=a,b", header ? "header=true" : "header=false"}, "csv_decoder");
    CHECK(has(decoder.refusal(std::string("\0a\0,\0b\0\n", 8)), "UTF-16"));
    CHECK(has(decoder.refusal(std::string("a\0,\0b\0\n\0", 8)), "UTF-16"));
    CHECK_FALSE(decoder.refusal("\xFE\xFF").empty());
  }
  Decoder by_nul("csv", {"columns=a,b", "delimiter=\\x00"}, "csv_decoder");
  CHECK(rows(by_nul, std::string("a\0b\n", 4)) == std::vector<Texts>{{"text a", "text b"}});
}

TEST_CASE("csv: the first line by which Excel says its delimiter is no row, and one that says another is refused") {
  Decoder header("csv", {"header=true", "delimiter=;"}, "csv_decoder");
  CHECK(rows(header, "\xEF\xBB\xBFsep=;\r\na;b\r\n1;2\r\n") == std::vector<Texts>{{"text 1", "text 2"}});
  CHECK(header.items.front().columns == Texts{"a", "b"});
  Decoder named("csv", {"columns=a,b"}, "csv_decoder");
  CHECK(rows(named, "SEP=,\n1,2") == std::vector<Texts>{{"text 1", "text 2"}});
  CHECK(has(named.refusal("sep=;\n1;2"), "the first line says sep=;, and the option delimiter is another one"));
  CHECK(rows(named, "sep=,2\n") == std::vector<Texts>{{"text sep=", "text 2"}});
}
