// What is said of mail by the configuration.
#pragma once

#include "app/config/smtp_target.hpp"

#include <string>

namespace pawl::app {

struct mail_route {
    smtp_target relay;
    std::string password_file; // empty: none
    std::string ca_file;       // empty: those of the system
    std::string from;          // the address that mails come from
    std::string reply_to;      // empty: none
};

} // namespace pawl::app
