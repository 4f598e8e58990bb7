#include "app/config/options.hpp"
#include "app/config/values.hpp"

#include <boost/assert.hpp>

namespace pawl::app {

namespace {

using enum value_kind;
using enum option_place;

std::string choices_as_list(std::string_view choices) {
    std::string out(choices);
    for (auto bar = out.find('|'); bar != std::string::npos; bar = out.find('|')) {
        out.replace(bar, 1, ", ");
    }
    return out;
}

std::string bounds_of(const option_row& row) {
    switch (row.kind) {
    case duration:
        return format_duration(seconds(row.min)) + " to " + format_duration(seconds(row.max));
    case size:
        return format_size(row.min) + " to " + format_size(row.max);
    case count:
        return std::to_string(row.min) + " to " + std::to_string(row.max);
    default:
        return {};
    }
}

} // namespace

std::string rule_of(const option_row& row) {
    switch (row.kind) {
    case text:
    case path:
        return "must be text, not empty, without control characters";
    case secret:
        return "must not be empty";
    case count:
        return "must be an integer from " + bounds_of(row);
    case duration:
        return "must be from " + bounds_of(row) + ": integer seconds, or with a suffix s, m, h or d";
    case size:
        return "must be from " + bounds_of(row) + ": bytes, or with a suffix KiB, MiB or GiB";
    case choice:
        return "must be one of " + choices_as_list(row.choices);
    case flag:
        return "must be true or false";
    case parent:
        return "must be true, false, or the number of a process, from 2 on";
    case address:
        return "must be IPV4:PORT, [IPV6]:PORT, localhost:PORT or unix:/path";
    case range:
        return "must be an address or a CIDR without host bits, as 10.0.0.0/8, or unix";
    case origin:
        return "must be an origin in lower case, as https://app.example.com";
    case host:
        return "must be a host name or address, with or without a port, as auth.example.com";
    case url:
        return "must be an http or https URL without query, fragment and user";
    case attempts:
        return "must be ATTEMPTS/DURATION, as 10/5m (at most " + std::to_string(attempt_count_max) + "/" +
               format_duration(attempt_window_max) + "), or off";
    case hash_cost:
        return "must be as m=19456,t=2,p=1 (KiB, passes, always one lane)";
    }
    BOOST_ASSERT(false);
    return {};
}

std::string unit_of(const option_row& row) {
    switch (row.kind) {
    case text:
        return "TEXT";
    case path:
        return "PATH";
    case secret:
        return "SECRET";
    case count:
        return "N (" + bounds_of(row) + ")";
    case duration:
        return "DURATION (" + bounds_of(row) + ")";
    case size:
        return "BYTES (" + bounds_of(row) + ")";
    case choice:
        return std::string(row.choices);
    case flag:
        return {};
    case parent:
        return "[=PID]";
    case address:
        return "ADDRESS";
    case range:
        return "CIDR|unix";
    case origin:
        return "ORIGIN";
    case host:
        return "HOST";
    case url:
        return "URL";
    case attempts:
        return "N/DURATION";
    case hash_cost:
        return "m=KIB,t=PASSES,p=1";
    }
    BOOST_ASSERT(false);
    return {};
}

std::string help_text() {
    std::string out =
        "pawld: authentication server whose refresh tokens only turn one way\n\n"
        "usage: pawld [--name value]...\n\n"
        "Command line over environment (PAWL_NAME) over --config FILE (TOML) over .env over the default.\n"
        "SIGHUP reads them again: keys and what is marked below are applied, the rest needs a restart.\n"
        "DURATION: integer seconds, or with a suffix s, m, h, d. BYTES: an integer, or with KiB, MiB, GiB.\n\n";
    for (const option_row& row : option_table()) {
        const std::string unit = unit_of(row);
        out += row.place == outside_only ? "  " + environment_name(row) : "  --" + std::string(row.name);
        out += unit.empty() ? "" : (unit.starts_with('[') ? "" : " ") + unit;
        out += row.repeatable ? " (repeatable)\n" : "\n";
        out += "        " + std::string(row.meaning) + "\n";
        out += "        default: " + std::string(row.default_text) + "\n";
        out += row.reloadable ? "        applied by SIGHUP\n" : "";
    }
    out += "\nAlso read from the environment and .env:\n";
    for (const option_alias& alias : option_aliases()) {
        const option_row& row = row_of(alias.id);
        const std::string name = row.place == outside_only ? environment_name(row) : "--" + std::string(row.name);
        out += "  " + std::string(alias.name) + "  as " + name;
        out += alias.unit.empty() ? "\n" : alias.unit == "m" ? ", in minutes\n" : ", in days\n";
    }
    return out;
}

std::string markdown_table() {
    const auto escaped = [](std::string_view cell) {
        std::string out;
        for (const char c : cell) {
            out += c == '|' ? std::string("\\|") : std::string(1, c);
        }
        return out;
    };
    std::string out = std::string(markdown_begin) + "\n| option | value | default | meaning |\n|---|---|---|---|\n";
    for (const option_row& row : option_table()) {
        const std::string name = row.place == outside_only ? environment_name(row) : "--" + std::string(row.name);
        const std::string unit = unit_of(row);
        out += "| `" + name + "` | " + (unit.empty() ? "" : escaped(unit)) + (row.repeatable ? ", repeatable" : "") +
               " | " + escaped(row.default_text) + " | " + escaped(row.meaning) + " |\n";
    }
    return out + std::string(markdown_end) + "\n";
}

} // namespace pawl::app
