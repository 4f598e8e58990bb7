#include "app/events/event_query.hpp"

#include "core/service/validation.hpp"
#include "core/text/ascii.hpp"
#include "core/text/header_text.hpp"

#include <algorithm>
#include <charconv>

namespace pawl::app {

namespace {

constexpr std::string_view not_a_kind = "must be event types with commas between (docs/admin-api.md)";
constexpr std::string_view not_a_place = "must be the id of an event, or 0";

std::optional<std::uint64_t> number_from(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && !text.empty() && (text.front() != '0' || text.size() == 1) ? std::optional(value) : std::nullopt;
}

} // namespace

result<event_query> read_event_query(const parameters& query, std::string_view last_event_id) {
    event_query out;
    validation checks;
    if (const parameter* const given = query.find("type")) {
        std::string_view rest = given->text.reveal();
        for (bool more = true; more;) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            const std::string_view kind = rest.substr(0, comma);
            if (!is_event_kind(kind)) {
                checks.refuse("type", std::string(not_a_kind));
                break;
            }
            out.filter.kinds.emplace_back(kind);
            more = comma < rest.size();
            rest.remove_prefix(more ? comma + 1 : comma);
        }
    }
    if (const parameter* const given = query.find("user")) {
        const auto id = number_from(given->text.reveal());
        if (!id || *id == 0) {
            checks.refuse("user", "must be the number of a user");
        } else {
            out.filter.user = user_id{*id};
        }
    }
    if (const parameter* const given = query.find("since")) {
        out.since = event_place_from_text(given->text.reveal());
        if (!out.since) {
            checks.refuse("since", std::string(not_a_place));
        }
    }
    if (!last_event_id.empty()) {
        out.since = event_place_from_text(last_event_id);
        if (!out.since) {
            checks.refuse("Last-Event-ID", std::string(not_a_place));
        }
    }
    if (checks.failed()) {
        return checks.take();
    }
    return out;
}

std::string_view last_event_id_of(std::string_view head) {
    constexpr std::string_view name = "last-event-id";
    head.remove_prefix(std::min(head.find('\n') + 1, head.size())); // the request line
    while (!head.empty()) {
        const std::size_t end = std::min(head.find('\n'), head.size() - 1);
        std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 1);
        line.remove_suffix(line.ends_with('\r') ? 1 : 0);
        const std::size_t colon = line.find(':');
        if (colon == name.size() && equals_ignoring_case(line.substr(0, colon), name)) {
            return trim(line.substr(colon + 1));
        }
    }
    return {};
}

} // namespace pawl::app
