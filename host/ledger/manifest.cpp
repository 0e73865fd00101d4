#include "ledger/manifest.hpp"
