#include "app/http/head_check.hpp"
#include "core/text/ascii.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <charconv>

namespace pawl::app {
namespace {

using boost::beast::iequals;

std::string_view without_port(std::string_view host) {
    const std::size_t from = host.starts_with('[') ? host.find(']') : 0;
    return from == std::string_view::npos ? host : host.substr(0, host.find(':', from));
}

} // namespace

bool is_well_formed_host(std::string_view host) {
    std::string_view name = without_port(host);
    std::string_view port = host.substr(name.size());
    if (!port.empty()) {
        port.remove_prefix(1);
        unsigned number = 0;
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (port.empty() || port.size() > 5 || !is_digit(port[0]) || error != std::errc() ||
            end != port.data() + port.size() || number > 65535) {
            return false;
        }
    }
    constexpr std::size_t name_size_max = 253;
    if (name.empty() || name.size() > name_size_max) {
        return false;
    }
    if (name.front() == '[') {
        name.remove_prefix(1);
        return name.size() >= 3 && name.back() == ']' &&
               std::all_of(name.begin(), name.end() - 1, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
    }
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_address_host(std::string_view host) {
    const std::string_view name = without_port(host);
    return name.starts_with('[') ||
           std::all_of(name.begin(), name.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool host_list::add(std::string_view entry) {
    if (entry == "*") {
        any_ = true;
        return true;
    }
    if (!is_well_formed_host(entry)) {
        return false;
    }
    std::string lower(entry);
    std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
    if (std::find(entries_.begin(), entries_.end(), lower) == entries_.end()) {
        entries_.push_back(std::move(lower));
    }
    return true;
}

bool host_list::allows(std::string_view host) const {
    const std::string_view name = without_port(host);
    return any_ ||
           std::any_of(entries_.begin(), entries_.end(),
                       [&](const std::string& entry) { return iequals(entry, name) || iequals(entry, host); }) ||
           (also_ && also_(host));
}

} // namespace pawl::app
