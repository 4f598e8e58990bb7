// From method and path to a row of the route table. Paths match as exact text: nothing is decoded, nothing normalised.
#pragma once

#include "app/http/route.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

enum class route_outcome : std::uint8_t { found, not_found, method_not_allowed, options };

struct route_match {
    route_outcome outcome = route_outcome::not_found;
    std::size_t index = 0;             // of the row, where found
    std::string_view path_parameter;   // what {id} matched: one segment, not empty
    std::string_view second_parameter; // what {serial} matched
    std::string_view allow;            // for Allow: sorted, "GET, HEAD, OPTIONS"; not where not_found
};

class router {
public:
    // Rows must outlive the router. Aborts (a defect of ours) on two rows for one method and path, or on a path that
    // is not "/..." with at most one segment {id} and after it at most one {serial}.
    explicit router(std::span<const route> rows);

    // HEAD finds GET's row where it has none of its own. OPTIONS without a row of its own gives `options`; so does
    // "*" (RFC 9110 9.3.7). Views live as long as router and `path`. Any thread.
    route_match find(http_method method, std::string_view path) const;

private:
    static constexpr std::size_t method_count = 8;
    static constexpr std::uint16_t no_row = 0xffff;
    struct entry {            // one path
        std::string_view key; // the path, or what stands before {id} at its end
        bool has_parameter = false;
        std::array<std::uint16_t, method_count> rows{};
        std::string allow;
    };
    const entry* lookup(std::string_view key, bool has_parameter) const;
    route_match match(const entry& e, http_method method) const;

    std::vector<entry> entries_;
    std::vector<std::uint16_t> inner_; // entries whose {id} is not at the end, few: each is held against a path
    std::vector<std::uint16_t> table_; // of the others: open addressing, size a power of two; no_row where free
    std::string allow_any_;
};

} // namespace pawl::app
