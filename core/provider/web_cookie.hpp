// The cookie of a browser session: a capsule of its family, the generation, and what the last sign-in was. A successor
// is made of the cookie that was shown, so an old one never gains what a newer sign-in proved.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl {

// A browser writes cookies to disk within about 30 s. One that is shown this long after it was set is there to stay:
// its generation is confirmed, and the one before it is reuse from then on.
inline constexpr seconds web_confirmation{60};

struct web_cookie {
    family_id session;
    std::uint32_t generation = 0;
    timestamp set_at{};    // service time
    timestamp auth_time{}; // of the last sign-in
    std::uint8_t acr = 0;
    std::uint16_t amr = 0;

    friend bool operator==(const web_cookie&, const web_cookie&) = default;
};

// Whether it confirms its generation, shown at `now`. Not where it was set in the future.
constexpr bool is_confirmed_by(const web_cookie& cookie, timestamp now) {
    return now - cookie.set_at >= web_confirmation;
}
// Whether a page at `now` replaces it. `rotation`: the age from which it does; 0: never.
constexpr bool is_replaced_by_page(const web_cookie& cookie, seconds rotation, timestamp now) {
    return rotation > seconds(0) && now - cookie.set_at >= rotation;
}

secret_string seal_web_cookie(const capsule_ring& ring, const web_cookie& cookie, random_source& random);
// std::nullopt if it is not ours.
std::optional<web_cookie> open_web_cookie(const capsule_ring& ring, std::string_view text);

} // namespace pawl
