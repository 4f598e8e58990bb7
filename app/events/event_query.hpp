// What GET /admin/events is asked for.
#pragma once

#include "app/events/event_line.hpp"
#include "app/events/event_place.hpp"
#include "app/http/parameters.hpp"
#include "core/failure.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::app {

struct event_query {
    event_filter filter;
    std::optional<event_place> since;
};

// ?type=KIND,KIND &user=ID &since=PLACE; validation_failed. `last_event_id`: of the header, where a client that was cut
// off says how far it came; it goes before `since`, which is still in the URL then.
result<event_query> read_event_query(const parameters& query, std::string_view last_event_id);

// The value of Last-Event-ID in a header block that has passed the gate; empty where there is none.
std::string_view last_event_id_of(std::string_view head);

} // namespace pawl::app
