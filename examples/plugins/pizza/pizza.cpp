#include <jetcapture/plugin.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

class PizzaDecoder {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "pizza orders: kind;count;price";
  static constexpr const char *produces[] = {JETCAPTURE_PAYLOAD_RECORD};
  static constexpr jetcapture_option options[] = {
      jetcapture::text_option("separator", ";", "one byte between the parts"),
  };

  explicit PizzaDecoder(const jetcapture::Options &given) {
    const std::string text = given.text("separator");
    if (text.size() != 1)
      throw jetcapture::Misconfigured("the option separator has to be one byte");
    separator_ = text.front();
  }

  void decode(const jetcapture_message &message, jetcapture::Sink &sink) {
    std::string_view rest = jetcapture::view(message.data);
    const std::string_view kind = next(rest);
    const auto count = number<std::int64_t>(next(rest), "count");
    const auto price = number<double>(rest, "price");
    if (count == 0)
      return;
    if (!std::isfinite(price))
      throw jetcapture::BadData("the price is not finite");
    if (!jetcapture_is_utf8(jetcapture::text(kind)))
      throw jetcapture::BadData("the kind is not UTF-8");
    const jetcapture_value values[] = {jetcapture_text_value(JETCAPTURE_TEXT, jetcapture::text(kind)),
                                       jetcapture_integer(count), jetcapture_number(price)};
    const jetcapture_record record = {sizeof record, 3, &schema_, values, &message};
    sink.emit(kind, &record);
  }

private:
  std::string_view next(std::string_view &rest) const {
    const std::size_t end = rest.find(separator_);
    if (end == std::string_view::npos)
      throw jetcapture::BadData("the order has fewer than three parts");
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return part;
  }

  template <class Number>
  static Number number(std::string_view text, const char *what) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
      throw jetcapture::BadData(std::string("the ") + what + " is not a number");
    return value;
  }

  static constexpr jetcapture_column kind_ = JETCAPTURE_COLUMN(JETCAPTURE_TEXT, "kind");
  static constexpr jetcapture_column count_ = JETCAPTURE_COLUMN(JETCAPTURE_INTEGER, "count");
  static constexpr jetcapture_column price_ = JETCAPTURE_COLUMN(JETCAPTURE_NUMBER, "price");
  static constexpr const jetcapture_column *columns_[] = {&kind_, &count_, &price_};
  static constexpr jetcapture_schema schema_ = {sizeof(jetcapture_schema), 3, 1, columns_};

  char separator_;
};

JETCAPTURE_CPP_DECODER(pizza, PizzaDecoder);
