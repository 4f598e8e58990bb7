// Where mails go: the relay of --smtp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

enum class smtp_security : std::uint8_t {
    starttls, // required: a relay that does not offer it gets no mail
    tls,      // from the first byte
    none,     // with --smtp-plain, to loopback alone
};

struct smtp_target {
    smtp_security security = smtp_security::starttls;
    std::string host, port; // host without brackets
    std::string user;       // empty: no sign-in

    bool is_loopback() const;
    std::string place() const; // for logs and answers
};

// smtp://[USER@]HOST[:PORT] (587) or smtps:// (465): no password, no path, nothing after it.
std::optional<smtp_target> smtp_target_from_url(std::string_view url);

} // namespace pawl::app
