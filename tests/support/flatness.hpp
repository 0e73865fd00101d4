// What is measured of a running capture from time to time, and whether it grows.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace jetcapture::test {

// One figure that is measured. unit: what it is divided by in the table.
struct Figure {
  std::string name;
  std::string heading;
  double unit = 1;
  double allowed = 0; // by so much it may grow from one sample to the next; negative: up and down, most alone counts
  double most = 0;    // it is never above that; 0: no limit
};

// usual: nothing was wrong then, so it can be compared with others.
struct Sample {
  unsigned number = 0;
  bool usual = true;
  std::vector<double> figures;
};

// By how much a figure grows from sample to sample: the median of the slopes between any two of the usual ones, so that
// a few odd ones change nothing. 0: there are fewer than two.
double slope(const std::vector<Sample> &samples, std::size_t figure);

// A sentence for each figure that grows over the second half of the samples, or is above its limit in any of them.
// period: from one sample to the next, "hour".
std::vector<std::string> what_grows(const std::vector<Figure> &figures, const std::vector<Sample> &samples,
                                    const std::string &period);

// Prints those sentences, a line each. False: there are none.
bool tell_what_grows(const std::vector<Figure> &figures, const std::vector<Sample> &samples, const std::string &period);

// The samples as rows, those that are not usual with a *, and below them the slopes over the second half.
std::string table(const std::vector<Figure> &figures, const std::vector<Sample> &samples, const std::string &period);

} // namespace jetcapture::test
