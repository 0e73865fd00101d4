#include "tools/tool.hpp"

#include "support/program.hpp"

#include <chrono>
#include <filesystem>
#include <stdexcept>

namespace jetcapture::test {

ToolRun run_tool(const std::vector<std::string> &arguments, const std::string &input,
                 const std::vector<std::string> &before) {
  using namespace std::chrono_literals;
  const Folder folder;
  write_file(folder / "in", input);
  std::vector<std::string> command = {"sh", "-c", R"(exec "$@" <"$0/in" >"$0/out" 2>"$0/err")", folder.path()};
  command.insert(command.end(), before.begin(), before.end());
  command.emplace_back(JETCAPTURE_BINARY);
  command.insert(command.end(), arguments.begin(), arguments.end());
  Program program(command, folder / "shell");
  const auto status = program.wait(280s);
  if (!status)
    throw std::runtime_error("the program does not end");
  return {*status, read_file(folder / "out"), read_file(folder / "err")};
}

bool needs_a_service(const std::string &plugin) {
  return plugin == "s3" || plugin == "azure";
}

std::vector<std::string> needs_of(const std::string &plugin) {
  if (plugin == "csv_decoder")
    return {"--opt", "header=true"};
  if (plugin != "protobuf" || !std::filesystem::exists(JETCAPTURE_PROTOS "/orders.pb"))
    return {};
  return {"--opt",    "descriptors=" JETCAPTURE_PROTOS "/orders.pb",
          "--opt",    "message=shop.Order",
          "--sample", JETCAPTURE_PROTOS "/order.bin",
          "--whole"};
}

} // namespace jetcapture::test
