#include "app/http/router.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace pawl::app {
namespace {

constexpr std::string_view parameter_suffix = "/{id}", second_parameter_segment = "/{serial}";

// Sorted, as Allow lists them.
constexpr std::array<std::pair<http_method, std::string_view>, 7> methods_by_name{{
    {http_method::delete_, "DELETE"},
    {http_method::get, "GET"},
    {http_method::head, "HEAD"},
    {http_method::options, "OPTIONS"},
    {http_method::patch, "PATCH"},
    {http_method::post, "POST"},
    {http_method::put, "PUT"},
}};

constexpr std::size_t slot(http_method m) {
    return static_cast<std::size_t>(m);
}

// FNV-1a: keys are ours, so collisions can't be chosen; what clients ask for only costs a look.
std::size_t hash_of(std::string_view key, bool has_parameter) {
    std::uint64_t h = 0xcbf29ce484222325U + (has_parameter ? 1 : 0);
    for (const char c : key) {
        h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return static_cast<std::size_t>(h ^ (h >> 32));
}

[[noreturn]] void refuse_table(const route& row, const char* why) {
    std::fprintf(stderr, "route table: %.*s: %s\n", static_cast<int>(row.path.size()), row.path.data(), why);
    std::abort();
}

// The first segment of what is left of a path, which it leaves without it; both begin with a slash.
std::string_view take_segment(std::string_view& path) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

bool is_good_pattern(std::string_view path) {
    std::string_view next_parameter = parameter_suffix;
    if (!path.starts_with('/')) {
        return false;
    }
    while (!path.empty()) {
        const std::string_view segment = take_segment(path);
        if (segment == next_parameter) {
            next_parameter = next_parameter == parameter_suffix ? second_parameter_segment : std::string_view();
        } else if (segment.find_first_of("{}?#%") != std::string_view::npos) {
            return false;
        }
    }
    return true;
}

bool has_inner_parameter(std::string_view path) {
    return path.find('{') < path.size() - std::min(path.size(), parameter_suffix.size() - 1);
}

// Whether `path` is of this pattern, and what its parameters are then.
bool match_pattern(std::string_view pattern, std::string_view path, route_match& found) {
    while (!pattern.empty() && path.starts_with('/')) {
        const std::string_view wanted = take_segment(pattern);
        const std::string_view given = take_segment(path);
        if (wanted == parameter_suffix && given.size() > 1) {
            found.path_parameter = given.substr(1);
        } else if (wanted == second_parameter_segment && given.size() > 1) {
            found.second_parameter = given.substr(1);
        } else if (wanted != given) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

} // namespace

router::router(std::span<const route> rows) {
    if (rows.size() >= no_row) {
        std::abort();
    }
    std::array<bool, method_count> any{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const route& row = rows[i];
        if (!is_good_pattern(row.path) || row.method == http_method::other || row.handle == nullptr) {
            refuse_table(row, "not a path, method and handler");
        }
        const bool has_parameter = row.path.ends_with(parameter_suffix);
        const std::string_view key =
            has_parameter ? row.path.substr(0, row.path.size() - parameter_suffix.size()) : row.path;
        auto e = std::find_if(entries_.begin(), entries_.end(), [&](const entry& other) {
            return other.key == key && other.has_parameter == has_parameter;
        });
        if (e == entries_.end()) {
            entries_.push_back({key, has_parameter, {}, {}});
            e = entries_.end() - 1;
            e->rows.fill(no_row);
        }
        if (e->rows[slot(row.method)] != no_row) {
            refuse_table(row, "two rows for one method");
        }
        e->rows[slot(row.method)] = static_cast<std::uint16_t>(i);
        any[slot(row.method)] = true;
    }
    const auto names_where = [](auto&& has) {
        std::string names;
        for (const auto& [method, name] : methods_by_name) {
            if (has(method) || method == http_method::options ||
                (method == http_method::head && has(http_method::get))) {
                names.append(names.empty() ? "" : ", ").append(name);
            }
        }
        return names;
    };
    for (entry& e : entries_) {
        e.allow = names_where([&](http_method m) { return e.rows[slot(m)] != no_row; });
    }
    allow_any_ = names_where([&](http_method m) { return any[slot(m)]; });

    table_.assign(std::bit_ceil(entries_.size() * 4 + 1), no_row);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (has_inner_parameter(entries_[i].key)) {
            inner_.push_back(static_cast<std::uint16_t>(i));
            continue;
        }
        std::size_t at = hash_of(entries_[i].key, entries_[i].has_parameter) & (table_.size() - 1);
        while (table_[at] != no_row) {
            at = (at + 1) & (table_.size() - 1);
        }
        table_[at] = static_cast<std::uint16_t>(i);
    }
    // "/a/{id}/b/c" before "/a/{id}/b/{serial}": what is said word for word comes first.
    std::ranges::sort(inner_, {}, [this](std::uint16_t i) {
        return std::pair(entries_[i].key.find(second_parameter_segment) != std::string_view::npos, i);
    });
}

const router::entry* router::lookup(std::string_view key, bool has_parameter) const {
    for (std::size_t at = hash_of(key, has_parameter);; ++at) {
        const std::uint16_t i = table_[at & (table_.size() - 1)];
        if (i == no_row) { // the table is never full
            return nullptr;
        }
        if (entries_[i].key == key && entries_[i].has_parameter == has_parameter) {
            return &entries_[i];
        }
    }
}

route_match router::match(const entry& e, http_method method) const {
    route_match found;
    found.allow = e.allow;
    std::uint16_t row = method == http_method::other ? no_row : e.rows[slot(method)];
    if (row == no_row && method == http_method::head) {
        row = e.rows[slot(http_method::get)];
    }
    if (row != no_row) {
        found.outcome = route_outcome::found;
        found.index = row;
    } else {
        found.outcome = method == http_method::options ? route_outcome::options : route_outcome::method_not_allowed;
    }
    return found;
}

route_match router::find(http_method method, std::string_view path) const {
    if (path == "*" && method == http_method::options) {
        return {route_outcome::options, 0, {}, {}, allow_any_};
    }
    if (const entry* e = lookup(path, false)) {
        return match(*e, method);
    }
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == path.size()) {
        return {};
    }
    if (const entry* e = lookup(path.substr(0, slash), true)) {
        route_match found = match(*e, method);
        found.path_parameter = path.substr(slash + 1);
        return found;
    }
    for (const std::uint16_t i : inner_) {
        route_match parameters;
        if (match_pattern(entries_[i].key, path, parameters)) {
            route_match found = match(entries_[i], method);
            found.path_parameter = parameters.path_parameter;
            found.second_parameter = parameters.second_parameter;
            return found;
        }
    }
    return {};
}

} // namespace pawl::app
