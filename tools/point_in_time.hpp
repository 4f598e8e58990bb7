// The state at some point, as state, diff and stats show it.
#pragma once

#include "storage/history/state_builder.hpp"
#include "tools/history_source.hpp"
#include "tools/record_text.hpp"

#include <string>
#include <string_view>

namespace pawl::tools {

struct point_in_time {
    storage::past_state state;
    timestamp at{}; // what counts as now: of a time, that; else of the last frame, and of the end not before the wall
                    // clock
    std::uint64_t orphans = 0; // families whose user is not there: dropped
};
// `text`: a time, a record's number, "now". Settled: names are unique. Throws tool_error (2) that names `option`, and
// refused.
point_in_time read_point_in_time(program& p, storage::directory_view& view, std::string_view option,
                                 std::string_view text);

// "live", "idle_expired" ..., or how it ended.
std::string family_state_name(const storage::past_state& state, const storage::past_family& f, timestamp at);
std::string family_json(const storage::past_state& state, const storage::past_family& f, timestamp at);
// {"users","families","alive","lsn","time", ...}
std::string summary_text(const point_in_time& past);

} // namespace pawl::tools
