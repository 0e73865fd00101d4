// A decoder that exports a symbol which the loader keeps once in the process, whoever else has one of that name.
#include <jetcapture/plugin.hpp>

template <class T>
struct __attribute__((visibility("default"))) Shared {
  static int count;
};
template <class T>
int Shared<T>::count = 0;

class Filter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "lets nothing through";
  static constexpr const char *produces[] = {JETCAPTURE_PAYLOAD_MESSAGE};
  explicit Filter(const jetcapture::Options &) {}
  void decode(const jetcapture_message &, jetcapture::Sink &) { Shared<int>::count++; }
};

JETCAPTURE_CPP_DECODER(broken, Filter);
