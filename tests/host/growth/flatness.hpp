// What is measured of a running capture hour by hour, and whether it grows.
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
  double an_hour = 0; // by so much it may grow in an hour; negative: it goes up and down, most alone counts
  double most = 0;    // it is never above that; 0: no limit
};

// The figures at the end of one hour. usual: nothing was wrong then, so it can be compared with others.
struct Hour {
  unsigned number = 0;
  bool usual = true;
  std::vector<double> figures;
};

// By how much a figure grows from hour to hour: the median of the slopes between any two of the usual hours, so that a
// few odd ones change nothing. 0: there are fewer than two.
double slope(const std::vector<Hour> &hours, std::size_t figure);

// A sentence for each figure that grows over the second half of the hours, or is above its limit in any of them.
std::vector<std::string> what_grows(const std::vector<Figure> &figures, const std::vector<Hour> &hours);

// The hours as rows, and below them the slopes over the second half.
std::string table(const std::vector<Figure> &figures, const std::vector<Hour> &hours);

} // namespace jetcapture::test
