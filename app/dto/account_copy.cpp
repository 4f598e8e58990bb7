#include "app/dto/account_copy.hpp"

#include "app/dto/factor_json.hpp"
#include "app/dto/responses.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

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

} // namespace

std::string to_json(const account_copy& copy, const registry* entities) {
    std::string out;
    json_object_writer(out)
        .member("copied_at", to_rfc3339(copy.at))
        .raw("user", record_json(*copy.owner))
        .raw("second_factors", to_json(copy.factors))
        .raw("sessions", to_json(copy.sessions, copy.asking, entities))
        .raw("ended_sessions", to_json(copy.ended, copy.asking, entities))
        .raw("applications", copy.consents)
        .end();
    return out;
}

} // namespace pawl::app
