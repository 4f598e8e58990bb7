// What the reading commands share: the directory opened without its lock, points in time or in the log as people write
// them, and a bar while something is read.
#pragma once

#include "core/jwt/key_ring.hpp"
#include "storage/history/directory_view.hpp"
#include "storage/history/state_builder.hpp"
#include "tools/program.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::tools {

enum class need_keys : std::uint8_t { no, yes };

struct history_source {
    std::string path;
    key_ring_ptr keys; // null: without keys
    std::unique_ptr<storage::directory_view> view;
};

// The data directory and keys of the configuration; nothing is made, locked or changed. Throws tool_error and refused:
// 2 where there is no data, 67 where the key file is missing or another's (not with need_keys::no).
history_source open_history(const global_options& global, need_keys keys,
                            storage::direct_reads direct = storage::direct_reads::no);
// The same of a directory named otherwise, with the configuration's keys or, where it has one, its own key file.
history_source open_history_at(const global_options& global, const std::string& path);

// The wall clock.
timestamp_ms wall_now();

// "2026-11-22T05:30:00Z", "-2h" (before `now`), "now". Throws tool_error (2) that names `option`.
timestamp_ms parse_time(std::string_view option, std::string_view text, timestamp_ms now);
// The same, or a record's number: all digits.
storage::state_limit parse_point(std::string_view option, std::string_view text, timestamp_ms now);
// "17", "17..", "..40", "17..40": both ends count. Throws tool_error (2).
struct lsn_range {
    std::uint64_t first = 0, last = ~std::uint64_t{0};
};
lsn_range parse_lsn_range(std::string_view option, std::string_view text);

// Of build_state: a bar named `what`.
storage::read_progress bar_of(output& out, std::string what);

} // namespace pawl::tools
