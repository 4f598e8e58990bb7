#include "app/dto/account_copy.hpp"

#include "app/dto/factor_json.hpp"
#include "app/dto/responses.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

#include <algorithm>

namespace pawl::app {

namespace {

void add_time(json_object_writer& object, std::string_view name, timestamp at) {
    if (at != timestamp{}) {
        object.member(name, to_rfc3339(at));
    }
}

std::string record_json(const user& u) {
    std::string out;
    json_object_writer object(out);
    add_members(object, u);
    object.member("locale", u.locale).member("no_notices", u.no_notices);
    add_time(object, "email_verified_at", u.email_verified_at);
    add_time(object, "password_changed_at", u.password_changed_at);
    if (!u.attributes.empty()) {
        object.raw("attributes", u.attributes);
    }
    std::string former = "[";
    for (const former_address& one : u.former_addresses) {
        former += former.size() > 1 ? "," : "";
        json_object_writer(former).member("email", one.email).member("until", to_rfc3339(one.until)).end();
    }
    object.raw("former_addresses", former + "]").end();
    return out;
}

std::string event_json(std::span<const happening> all, std::size_t n) {
    const happening& h = all[n];
    std::string out;
    json_object_writer object(out);
    object.member("id", to_text(place_of(all, n))).member("at", to_rfc3339(h.at)).member("event", to_text(h.what));
    if (h.what == happening_kind::factor_set_up || h.what == happening_kind::factor_used) {
        object.member("factor", name_of(h.of_kind)).member("name", h.about);
    } else if (h.what == happening_kind::signed_in) {
        object.member("session", to_hex(h.session)).member("user_agent", h.about);
    }
    if (!h.network.empty()) {
        object.member("network", h.network);
    }
    object.end();
    return out;
}

std::string list_of_events(std::span<const happening> all, std::size_t first, std::size_t end) {
    std::string list = "[";
    for (std::size_t n = first; n < end; ++n) {
        list += n > first ? "," : "";
        list += event_json(all, n);
    }
    return list + "]";
}

} // namespace

std::string events_json(std::span<const happening> all, std::size_t first, std::size_t limit) {
    const std::size_t end = std::min(first + limit, all.size());
    std::string out;
    json_object_writer object(out);
    object.raw("events", list_of_events(all, first, end));
    if (end < all.size()) { // then there is one before it: `limit` is not 0
        object.member("next", to_text(place_of(all, end - 1)));
    }
    object.end();
    return out;
}

std::string to_json(const account_copy& copy, const registry* entities) {
    std::string out;
    json_object_writer(out)
        .member("copied_at", to_rfc3339(copy.at))
        .raw("user", record_json(*copy.owner))
        .raw("second_factors", to_json(copy.factors))
        .raw("sessions", to_json(copy.sessions, copy.asking, entities))
        .raw("ended_sessions", to_json(copy.ended, copy.asking, entities))
        .raw("applications", copy.consents)
        .raw("events", list_of_events(copy.happened, 0, copy.happened.size()))
        .end();
    return out;
}

} // namespace pawl::app
