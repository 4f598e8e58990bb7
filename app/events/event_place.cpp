#include "app/events/event_place.hpp"

#include "storage/directory/manifest.hpp"

#include <charconv>

namespace pawl::app {

namespace {

constexpr std::size_t mark_size = 16;

template <int Base>
std::optional<std::uint64_t> number_from(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, Base);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(value) : std::nullopt;
}

} // namespace

std::string to_text(const event_place& place) {
    const std::string number = std::to_string(place.lsn);
    return place.mark == 0 ? number : storage::mark_text(place.mark) + "-" + number;
}

std::optional<event_place> event_place_from_text(std::string_view text) {
    std::uint64_t mark = 0;
    std::string_view number = text;
    if (text.size() > mark_size && text[mark_size] == '-') {
        mark = number_from<16>(text.substr(0, mark_size)).value_or(0);
        number.remove_prefix(mark_size + 1);
    }
    const event_place place{mark, number_from<10>(number).value_or(0)};
    return to_text(place) == text ? std::optional(place) : std::nullopt; // one place has one text
}

} // namespace pawl::app
