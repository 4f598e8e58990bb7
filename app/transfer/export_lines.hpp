// The export format, written: JSON Lines, one record each. docs/export-format.md is its specification; the reader is
// import_line.
#pragma once

#include "storage/move/store_image.hpp"

#include <cstdint>
#include <string>

namespace pawl::app {

inline constexpr int export_version = 1;

struct export_head {
    std::string uuid; // of the store, hex
    std::uint64_t lsn = 0;
    timestamp_ms time{};
    std::uint64_t next_user_id = 1, users = 0, families = 0;
    bool users_only = false;
};

// Each without the newline.
std::string export_line(const export_head& head);
std::string export_line(const user& u);
std::string export_line(const storage::family_image& family);
// The last one: whoever does not see it has not seen all.
std::string export_end_line(std::uint64_t users, std::uint64_t families);

// "live", "logout" ...; "none", "logout_all" ...: as the contract spells reasons. Null for a value of no name.
const char* name_of(family_status status);
const char* name_of(gate_reason reason);

} // namespace pawl::app
