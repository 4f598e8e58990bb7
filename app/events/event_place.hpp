// Where a reader of events is: the number of a record, in the history that a restore mark names. A restore goes back to
// an earlier state and gives the same numbers again, to other records; with the mark no id names two events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

struct event_place {
    std::uint64_t mark = 0; // 0: of a store that no restore made
    std::uint64_t lsn = 0;

    friend bool operator==(const event_place&, const event_place&) = default;
};

// "43" where the mark is 0, else "9f86d081884c7d65-43".
std::string to_text(const event_place& place);
// std::nullopt for anything that to_text() does not write. Pure.
std::optional<event_place> event_place_from_text(std::string_view text);

} // namespace pawl::app
