// How far a webhook came, in the data directory: the last record that needs no delivery any more.
#pragma once

#include "app/events/event_place.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace pawl::app {

inline constexpr std::string_view webhook_position_name = "webhook.position";

struct webhook_position {
    std::string store; // hex of its uuid: of another store's log it says nothing
    event_place at;    // nor does it of a history of another mark
};

// "pawl-webhook 1 STORE LSN", a line, as 0.1 has it; "pawl-webhook 2 STORE MARK-LSN" where there is a mark, which 0.1
// does not understand: then it delivers all that is kept, and leaves nothing out. std::nullopt for anything else.
std::string to_text(const webhook_position& p);
std::optional<webhook_position> webhook_position_from_text(std::string_view text);

// Nothing and no error where there is no such file; invalid_argument for one that is not understood.
std::optional<webhook_position> read_webhook_position(const std::string& directory, std::error_code& ec);
// Durable once it is back without an error: the whole of the new one, or the one before.
std::error_code write_webhook_position(const std::string& directory, const webhook_position& p);

} // namespace pawl::app
