// Which records a command shows: --user, --family, --type, --since, --until, --lsn.
#pragma once

#include "core/ids.hpp"
#include "storage/history/directory_view.hpp"
#include "tools/history_source.hpp"
#include "tools/record_text.hpp"

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace CLI {
class App;
}

namespace pawl::tools {

struct filter_options { // as given; empty: not given
    std::string user, family, since, until, lsn;
    std::vector<std::string> types;
};
void add_filter_options(CLI::App& command, filter_options& o);

class record_filter {
public:
    // Throws tool_error (2) for what makes no sense.
    explicit record_filter(const filter_options& o);

    // A user's families created before the log that is kept: their words say not whose they are.
    void learn_families(storage::directory_view& view);
    // Where reading begins, so that nothing asked for is missed.
    storage::reading_start start(const storage::directory_view& view) const;
    // Frames from here on are not asked for.
    bool is_past(timestamp_ms time, std::uint64_t first_lsn) const;
    // By time and number, before a record is decoded.
    bool may_pass(const storage::record_view& record) const;
    bool passes(const storage::record_view& record, const record_text& text);

private:
    bool in_range(const storage::record_view& record) const;

    std::optional<user_id> user_;
    std::optional<family_id> family_;
    std::vector<std::string> types_;
    std::optional<timestamp_ms> since_, until_;
    lsn_range lsn_;
    std::unordered_set<family_id, storage::family_id_hash> families_; // of the user
};

} // namespace pawl::tools
