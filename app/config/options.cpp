#include "app/config/options.hpp"

#include "app/config/option_rows_network.hpp"
#include "app/config/option_rows_process.hpp"
#include "app/config/option_rows_service.hpp"

#include <algorithm>
#include <array>

namespace pawl::app {

namespace {

// Its parts, in the order of option_id.
constexpr std::array<option_row, option_count> table = [] {
    static_assert(option_rows::of_service.size() + option_rows::of_network.size() + option_rows::of_process.size() ==
                  option_count);
    std::array<option_row, option_count> all{};
    const auto network = std::ranges::copy(option_rows::of_service, all.begin()).out;
    const auto process = std::ranges::copy(option_rows::of_network, network).out;
    std::ranges::copy(option_rows::of_process, process);
    return all;
}();

constexpr bool rows_are_in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].id != static_cast<option_id>(i)) {
            return false;
        }
    }
    return true;
}
static_assert(rows_are_in_order(), "row_of() indexes the table by id");

constexpr std::array aliases{
    option_alias{"SECRET_KEY", option_id::secret_key, ""},
    option_alias{"ALGORITHM", option_id::algorithm, ""},
    option_alias{"ACCESS_TOKEN_EXPIRE_MINUTES", option_id::access_token_ttl, "m"},
    option_alias{"REFRESH_TOKEN_EXPIRE_MINUTES", option_id::refresh_idle_ttl, "m"},
    option_alias{"REFRESH_TOKEN_EXPIRE_DAYS", option_id::refresh_idle_ttl, "d"},
};

} // namespace

std::span<const option_row> option_table() {
    return table;
}

const option_row& row_of(option_id id) {
    return table.at(static_cast<std::size_t>(id));
}

const option_row* find_option(std::string_view name) {
    const auto found = std::ranges::find(table, name, &option_row::name);
    return found == table.end() ? nullptr : &*found;
}

std::string environment_name(const option_row& row) {
    std::string out = "PAWL_";
    for (const char c : row.name) {
        out += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

std::span<const option_alias> option_aliases() {
    return aliases;
}

} // namespace pawl::app
