// What a webhook is told by the configuration.
#pragma once

#include "app/config/webhook_target.hpp"
#include "core/secret.hpp"

#include <string>
#include <vector>

namespace pawl::app {

struct webhook_settings {
    webhook_target target;
    std::string secret_file;
    std::string ca_file;            // empty: those of the system
    std::vector<std::string> kinds; // of events; never empty
};

} // namespace pawl::app
