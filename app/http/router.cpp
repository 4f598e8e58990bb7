#include "app/http/router.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>

namespace pawl::app {
namespace {

constexpr std::string_view parameter_suffix = "/{id}";

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

// FNV-1a: keys are ours, so nobody can choose collisions; what clients ask for only costs a look.
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

bool is_good_pattern(std::string_view path) {
    const std::string_view fixed =
        path.ends_with(parameter_suffix) ? path.substr(0, path.size() - parameter_suffix.size()) : path;
    return path.starts_with('/') && fixed.find_first_of("{}?#%") == std::string_view::npos;
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
        std::size_t at = hash_of(entries_[i].key, entries_[i].has_parameter) & (table_.size() - 1);
        while (table_[at] != no_row) {
            at = (at + 1) & (table_.size() - 1);
        }
        table_[at] = static_cast<std::uint16_t>(i);
    }
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
        return {route_outcome::options, 0, {}, allow_any_};
    }
    if (const entry* e = lookup(path, false)) {
        return match(*e, method);
    }
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == path.size()) {
        return {};
    }
    const entry* e = lookup(path.substr(0, slash), true);
    if (e == nullptr) {
        return {};
    }
    route_match found = match(*e, method);
    found.path_parameter = path.substr(slash + 1);
    return found;
}

} // namespace pawl::app
