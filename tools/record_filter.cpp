#include "tools/record_filter.hpp"

#include "app/config/values.hpp"
#include "storage/entity/all.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace pawl::tools {

namespace {
constexpr int exit_usage = static_cast<int>(storage::exit_code::usage);
}

void add_filter_options(CLI::App& command, filter_options& o) {
    command.add_option("--user", o.user, "records about this user (its number)")->type_name("ID");
    command.add_option("--family", o.family, "records about this family (32 hex digits)")->type_name("FAMILY");
    command
        .add_option("--type", o.types,
                    "records of this type: user, family_created, family_word, event, serving; repeatable")
        ->type_name("TYPE");
    command.add_option("--since", o.since, "from this time on: 2026-11-22T05:30:00Z, -2h")->type_name("TIME");
    command.add_option("--until", o.until, "up to this time")->type_name("TIME");
    command.add_option("--record", o.lsn, "records of these numbers: 17, 17.., ..40, 17..40")->type_name("RANGE");
    command.add_option("--lsn", o.lsn, "")->group(""); // as it was called before
}

record_filter::record_filter(const filter_options& o) : types_(o.types) {
    const timestamp_ms now = wall_now();
    if (!o.user.empty()) {
        const auto id = app::parse_count(o.user);
        if (!id || *id < 1) {
            throw tool_error(exit_usage, "--user \"" + clean(o.user) + "\": is no user's number");
        }
        user_ = user_id{static_cast<std::uint64_t>(*id)};
    }
    if (!o.family.empty()) {
        family_ = family_id_from_hex(o.family);
        if (!family_) {
            throw tool_error(exit_usage,
                             "--family \"" + clean(o.family) + "\": is no family: 32 lower-case hex digits");
        }
    }
    for (const std::string& type : types_) {
        if (!is_record_type(type)) {
            throw tool_error(exit_usage, "--type \"" + clean(type) +
                                             "\": is none of user, family_created, family_word, event, serving");
        }
    }
    if (!o.since.empty()) {
        since_ = parse_time("--since", o.since, now);
    }
    if (!o.until.empty()) {
        until_ = parse_time("--until", o.until, now);
    }
    if (!o.lsn.empty()) {
        lsn_ = parse_lsn_range("--record", o.lsn);
    }
}

void record_filter::learn_families(storage::directory_view& view) {
    if (!user_) {
        return;
    }
    const auto learn = [this](const storage::record_view& r) {
        storage::family_created_record created;
        if (r.type == storage::type_of<storage::family_created_record> && decode(r, created) == storage::decoding::ok &&
            created.facts.user == *user_) {
            families_.insert(created.facts.id);
        }
    };
    storage::read_settled(view, [&] {
        for (const storage::manifest_snapshot& s : view.current().snapshots) {
            const storage::snapshot_check check = view.verify(s);
            if (check.fault != storage::snapshot_fault::none) {
                if (view.has_moved_on()) {
                    return false;
                }
                continue;
            }
            storage::read_snapshot(view.files(), {view.current().uuid, s.lsn}, check.footer, check.footer.time, learn);
        }
        return true;
    });
}

storage::reading_start record_filter::start(const storage::directory_view& view) const {
    const storage::reading_start by_lsn = lsn_.first > 0 ? view.at_lsn(lsn_.first) : view.first_kept();
    const storage::reading_start by_time = since_ ? view.at_time(*since_) : view.first_kept();
    if (user_) { // who owns a family is said at its creation
        return view.first_kept();
    }
    return by_lsn.at.segno > by_time.at.segno ? by_lsn : by_time;
}

bool record_filter::is_past(timestamp_ms time, std::uint64_t first_lsn) const {
    return (until_ && time > *until_) || first_lsn > lsn_.last;
}

bool record_filter::in_range(const storage::record_view& record) const {
    return record.lsn >= lsn_.first && record.lsn <= lsn_.last && (!since_ || record.time >= *since_);
}

bool record_filter::may_pass(const storage::record_view& record) const {
    const bool tells_owner = record.type == storage::type_of<storage::family_created_record>;
    return in_range(record) || (user_ && tells_owner); // passes() learns from it
}

bool record_filter::passes(const storage::record_view& record, const record_text& text) {
    if (user_) {
        const bool about = text.user ? *text.user == *user_ : text.family && families_.contains(*text.family);
        if (!about) {
            return false;
        }
        if (text.type == "family_created") {
            families_.insert(*text.family);
        }
    }
    if (family_ && text.family != family_) {
        return false;
    }
    return in_range(record) && (types_.empty() || std::find(types_.begin(), types_.end(), text.type) != types_.end());
}

} // namespace pawl::tools
