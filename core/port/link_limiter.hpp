// Port: the count of mails with links that were asked for. app/worker/link_limiter does it over
// core/account/link_limits.hpp, which says what is counted.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"

#include <optional>
#include <string_view>

namespace pawl {

class link_limiter {
public:
    virtual ~link_limiter() = default;
    // As link_limits::take_of_network() and take_of_address(), at the time it is now. Any thread.
    virtual std::optional<seconds> take_of_network(const peer_address& from) = 0;
    virtual bool take_of_address(std::string_view address, const std::optional<peer_address>& familiar) = 0;
};

} // namespace pawl
