// store_statistics as JSON.
#pragma once

#include "storage/store/embedded_store.hpp"

#include <string>

namespace pawl::app {

std::string stats_json(const storage::store_statistics& s);

} // namespace pawl::app
