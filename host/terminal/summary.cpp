#include "terminal/summary.hpp"

#include "terminal/figures.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace jetcapture::host {

namespace {

constexpr std::size_t name_width = 24;
constexpr std::size_t figure_width = 16;

std::string row(std::string name, const std::string &figure, const std::string &remark = "") {
  name.resize(std::max(name.size(), name_width), ' ');
  const std::size_t pad = figure.size() < figure_width ? figure_width - figure.size() : 0;
  return "  " + name + std::string(pad, ' ') + figure + (remark.empty() ? "" : "   " + remark) + '\n';
}

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  return text.data();
}

} // namespace

std::string summary_table(const Summary &summary) {
  const double seconds = std::chrono::duration<double>(summary.took).count();
  const auto rate = [&](std::uint64_t count) { return seconds > 0 ? static_cast<double>(count) / seconds : 0.0; };
  std::string table = "\nStream " + summary.stream + " through consumer " + summary.consumer +
                      (summary.failure.empty() ? "" : ": ended by a failure, " + summary.failure) + "\n\n";
  table += row("time", seconds_text(seconds));
  table += row("messages taken", count_text(summary.messages),
               count_text(static_cast<std::uint64_t>(rate(summary.messages) + 0.5)) + " a second");
  table += row("messages acked", count_text(summary.acked));
  table += row("blocks stored", count_text(summary.blocks));
  table +=
      row("bytes stored", count_text(summary.bytes_stored),
          summary.bytes_stored == summary.bytes_written ? bytes_text(rate(summary.bytes_written)) + " a second"
                                                        : count_text(summary.bytes_written) + " before compression");
  const auto row_of_some = [&](const char *name, std::uint64_t count, const std::string &remark = "") {
    if (count > 0)
      table += row(name, count_text(count), remark);
  };
  row_of_some("filtered", summary.filtered, "acked, in no block");
  row_of_some("quarantined", summary.quarantined, "stored whole, with the reason, under _quarantine/");
  row_of_some("terminated", summary.terminated, "never delivered again");
  row_of_some("redeliveries dropped", summary.redeliveries, "delivered again while in flight or stored");
  row_of_some("lost", summary.lost, "left the stream before they were captured");
  row_of_some("possibly lost", summary.possibly_lost, "may have left the stream before: at most so many");
  row_of_some("failed stores", summary.store_failures, "retried");
  row_of_some("returned", summary.returned, "not stored: they are delivered again");
  row_of_some("not confirmed", summary.unconfirmed, "stored, and their acks are not confirmed");
  return table;
}

} // namespace jetcapture::host
