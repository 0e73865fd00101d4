#include "host/growth/simulated_day.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace jetcapture::test;

namespace {

std::vector<Sample> samples_of(const std::vector<double> &values) {
  std::vector<Sample> samples;
  for (const double value : values)
    samples.push_back({.number = static_cast<unsigned>(samples.size() + 1), .usual = true, .figures = {value}});
  return samples;
}

std::string joined(const std::vector<std::string> &sentences) {
  std::string text;
  for (const std::string &sentence : sentences)
    text += sentence + "\n";
  return text;
}

} // namespace

TEST_CASE("what grows is named with how much it grows each hour, what came up once and stays is not") {
  const std::vector<Figure> figures = {{.name = "memory", .heading = "", .allowed = 1}};
  const auto growing = [&](const std::vector<double> &values) {
    return joined(what_grows(figures, samples_of(values), "hour"));
  };
  CHECK(growing({0, 2, 4, 6, 8, 10}) == "memory grows by 2 each hour; 1 is allowed\n");
  CHECK(growing({0, 50, 90, 100, 100, 101}).empty());
  CHECK(growing({5, 5, 5, 5, 70, 5}).empty());
}

TEST_CASE("an hour in which something was wrong is not compared with others") {
  std::vector<Sample> samples = samples_of({5, 5, 5, 5, 70, 90, 5, 5});
  samples[4].usual = samples[5].usual = false;
  CHECK(slope(samples, 0) == 0);
}

TEST_CASE("a figure that goes up and down is judged by its most") {
  const std::vector<Figure> figures = {{.name = "the file", .heading = "", .allowed = -1, .most = 9}};
  CHECK(what_grows(figures, samples_of({1, 3, 5, 7, 9}), "hour").empty());
  CHECK(joined(what_grows(figures, samples_of({1, 10, 1, 3, 5}), "hour")) == "the file came to 10; 9 is the most\n");
}

TEST_CASE("nothing grows in twelve hours of a capture whose store fails, whose server restarts and whose stream loses "
          "its end") {
  const Folder folder;
  SimulatedDay day({.hours = 12, .seed = 1, .messages_an_hour = 1500, .folder = folder.path()});
  const std::vector<Sample> hours = day.run();
  std::vector<Figure> figures = SimulatedDay::figures();
  // In so few messages the heap's own ups and downs are larger than in a day of many: the tool itself looks closer.
  for (Figure &figure : figures)
    if (figure.name == "memory in use")
      figure.allowed *= 8;
  const std::string growing = joined(what_grows(figures, hours, "hour"));
  CHECK_MESSAGE(growing.empty(), growing << table(figures, hours, "hour"));
  const SimulatedDay::Happened happened = day.happened();
  CHECK(happened.messages > 10'000);
  CHECK(happened.filtered > 0);
  CHECK(happened.quarantined > 0);
  CHECK(happened.redeliveries > 0);
  CHECK(happened.store_failures > 0);
  CHECK(happened.spooled_bytes > 0);
  CHECK(happened.generations >= 8);
  CHECK(happened.unstored == 0);
}
