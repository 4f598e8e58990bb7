// What an attempt to send a mail came to.
#pragma once

#include <cstdint>

namespace pawl {

enum class relay_result : std::uint8_t {
    sent,        // 250 after the content
    later,       // 4xx for sender, recipient or content: this mail waits, others do not
    refused,     // 5xx there: this mail is never taken
    relay_fault, // no connection, TLS, 4xx or 5xx at greeting, STARTTLS or AUTH, 421 at any time: all mails wait
};

} // namespace pawl
