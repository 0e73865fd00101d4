// Prints the man page. Argument: its date.

#include "manual/man_page.hpp"

#include <iostream>

int main(int argc, char **argv) {
  if (argc != 2) {
    std::cerr << "usage: jetcapture_man_page DATE\n";
    return 2;
  }
  std::cout << jetcapture::host::man_page(JETCAPTURE_VERSION, argv[1]) << std::flush;
  return std::cout.good() ? 0 : 1;
}
