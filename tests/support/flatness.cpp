#include "support/flatness.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace jetcapture::test {

namespace {

constexpr std::size_t width = 12;

std::vector<Sample> second_half(const std::vector<Sample> &samples) {
  return {samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2), samples.end()};
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value == std::trunc(value) ? "%.0f" : "%.1f", value);
  return text;
}

std::string cell(const std::string &text) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

} // namespace

double slope(const std::vector<Sample> &samples, std::size_t figure) {
  std::vector<double> slopes;
  for (auto from = samples.begin(); from != samples.end(); ++from)
    for (auto to = from + 1; to != samples.end(); ++to)
      if (from->usual && to->usual)
        slopes.push_back((to->figures[figure] - from->figures[figure]) / (to->number - from->number));
  if (slopes.empty())
    return 0;
  const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::nth_element(slopes.begin(), middle, slopes.end());
  return *middle;
}

std::vector<std::string> what_grows(const std::vector<Figure> &figures, const std::vector<Sample> &samples,
                                    const std::string &period) {
  std::vector<std::string> growing;
  for (std::size_t i = 0; i < figures.size(); i++) {
    const Figure &figure = figures[i];
    const double by = slope(second_half(samples), i);
    if (figure.allowed >= 0 && by > figure.allowed)
      growing.push_back(figure.name + " grows by " + number(by) + " each " + period + "; " + number(figure.allowed) +
                        " is allowed");
    double most = 0;
    for (const Sample &sample : samples)
      most = std::max(most, sample.figures[i]);
    if (figure.most > 0 && most > figure.most)
      growing.push_back(figure.name + " came to " + number(most) + "; " + number(figure.most) + " is the most");
  }
  return growing;
}

bool tell_what_grows(const std::vector<Figure> &figures, const std::vector<Sample> &samples,
                     const std::string &period) {
  const std::vector<std::string> growing = what_grows(figures, samples, period);
  for (const std::string &sentence : growing)
    std::printf("%s\n", sentence.c_str());
  return !growing.empty();
}

std::string table(const std::vector<Figure> &figures, const std::vector<Sample> &samples, const std::string &period) {
  std::string text = cell(period);
  for (const Figure &figure : figures)
    text += cell(figure.heading);
  for (const Sample &sample : samples) {
    text += "\n" + cell(std::to_string(sample.number) + (sample.usual ? "" : "*"));
    for (std::size_t i = 0; i < figures.size(); i++)
      text += cell(number(sample.figures[i] / figures[i].unit));
  }
  text += "\n" + cell("each " + period);
  for (std::size_t i = 0; i < figures.size(); i++)
    text += cell(number(slope(second_half(samples), i) / figures[i].unit));
  return text + "\n";
}

} // namespace jetcapture::test
