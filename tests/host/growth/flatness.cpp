#include "growth/flatness.hpp"

#include <algorithm>
#include <cstdio>

namespace jetcapture::test {

namespace {

constexpr std::size_t width = 11;

std::vector<Hour> second_half(const std::vector<Hour> &hours) {
  return {hours.begin() + static_cast<std::ptrdiff_t>(hours.size() / 2), hours.end()};
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value == static_cast<double>(static_cast<long long>(value)) ? "%.0f" : "%.1f",
                value);
  return text;
}

std::string cell(std::string text) {
  text.insert(0, width - std::min(width, text.size() + 1), ' ');
  return text + " ";
}

} // namespace

double slope(const std::vector<Hour> &hours, std::size_t figure) {
  std::vector<double> slopes;
  for (auto from = hours.begin(); from != hours.end(); ++from)
    for (auto to = from + 1; to != hours.end(); ++to)
      if (from->usual && to->usual)
        slopes.push_back((to->figures[figure] - from->figures[figure]) / (to->number - from->number));
  if (slopes.empty())
    return 0;
  const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::nth_element(slopes.begin(), middle, slopes.end());
  return *middle;
}

std::vector<std::string> what_grows(const std::vector<Figure> &figures, const std::vector<Hour> &hours) {
  std::vector<std::string> growing;
  for (std::size_t i = 0; i < figures.size(); i++) {
    const Figure &figure = figures[i];
    const double by = slope(second_half(hours), i);
    if (figure.an_hour >= 0 && by > figure.an_hour)
      growing.push_back(figure.name + " grows by " + number(by) + " in an hour; " + number(figure.an_hour) +
                        " is allowed");
    double most = 0;
    for (const Hour &hour : hours)
      most = std::max(most, hour.figures[i]);
    if (figure.most > 0 && most > figure.most)
      growing.push_back(figure.name + " came to " + number(most) + "; " + number(figure.most) + " is the most");
  }
  return growing;
}

std::string table(const std::vector<Figure> &figures, const std::vector<Hour> &hours) {
  std::string text = cell("hour");
  for (const Figure &figure : figures)
    text += cell(figure.heading);
  for (const Hour &hour : hours) {
    text += "\n" + cell(std::to_string(hour.number) + (hour.usual ? "" : "*"));
    for (std::size_t i = 0; i < figures.size(); i++)
      text += cell(number(hour.figures[i] / figures[i].unit));
  }
  text += "\n" + cell("an hour");
  for (std::size_t i = 0; i < figures.size(); i++)
    text += cell(number(slope(second_half(hours), i) / figures[i].unit));
  return text + "\n";
}

} // namespace jetcapture::test
