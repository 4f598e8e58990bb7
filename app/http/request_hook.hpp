// What --dev puts between connections and handlers: faults, realms, a record of what was asked. Absent otherwise.
#pragma once

#include "app/http/context.hpp"

#include <string_view>

namespace pawl::app {

class request_hook {
public:
    virtual ~request_hook() = default;
    // In place of row.handle(): awaited directly, `row` and `request` outlive it. An io thread.
    virtual task<http_response> handle(const route& row, const http_request& request) = 0;
    // An answer is about to be sent, also one that no handler gave. `status` 0: none will be. An io thread.
    virtual void answered(const http_request& request, unsigned status) noexcept = 0;
};

// "/t/{name}/users/me" is "/users/me" of the realm "name"; other paths are of no realm. A name is [A-Za-z0-9_-]{1,64}.
struct realm_path {
    std::string_view realm, path;
};
realm_path split_realm(std::string_view path);
inline constexpr std::size_t dev_name_size_max = 64; // of realms and snapshots
inline constexpr std::string_view dev_name_rule = "must be 1 to 64 of A-Z, a-z, 0-9, _ and -";
bool is_dev_name(std::string_view name);
// A sentence if the path means a realm by a name that is not allowed; else empty.
std::string_view why_no_realm(std::string_view path);

} // namespace pawl::app
