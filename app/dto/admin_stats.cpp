#include "app/dto/admin_stats.hpp"

#include "core/service/token_report.hpp"
#include "core/text/json_text.hpp"
#include "storage/directory/manifest.hpp"

namespace pawl::app {

namespace {

std::string by_status_json(const storage::store_statistics& s) {
    std::string out;
    json_object_writer object(out);
    for (std::size_t i = 0; i <= static_cast<std::size_t>(last_family_status); ++i) {
        object.member(to_text(static_cast<family_status>(i)), s.families_by_status.at(i));
    }
    object.end();
    return out;
}

std::string snapshots_json(const storage::store_statistics& s) {
    std::string out;
    json_object_writer(out)
        .member("taken", s.snapshots)
        .member("failed", s.snapshots_failed)
        .member("last_bytes", s.snapshot_bytes)
        .member("last_ms", s.snapshot_ms)
        .end();
    return out;
}

std::string recovery_json(const storage::store_statistics& s) {
    std::string out;
    json_object_writer(out)
        .member("fresh", s.recovery.fresh)
        .member("clean", s.recovery.clean)
        .member("snapshot_lsn", s.recovery.snapshot_lsn)
        .member("snapshot_fell_back", s.recovery.snapshot_fell_back)
        .member("records", s.recovery.records)
        .member("frames", s.recovery.frames)
        .member("bytes_cut", s.recovery.bytes_cut)
        .member("users", s.recovered_users)
        .member("families", s.recovered_families)
        .member("words_without_family", s.words_without_family)
        .member("families_without_user", s.families_without_user)
        .member("ms", s.recovery_ms)
        .end();
    return out;
}

std::string log_json(const storage::log_stats& s) {
    std::string out;
    json_object_writer(out)
        .member("records", s.records)
        .member("batches", s.batches)
        .member("bytes", s.bytes)
        .member("syncs", s.syncs)
        .member("sync_ns_total", s.sync_ns_total)
        .member("sync_ns_max", s.sync_ns_max)
        .member("queue_records", s.queue_records)
        .member("segments_created", s.segments_created)
        .member("bytes_since_snapshot", s.sealed_bytes_since_snapshot)
        .end();
    return out;
}

} // namespace

std::string stats_json(const storage::store_statistics& s) {
    std::string out;
    json_object_writer(out)
        .member("families", s.families)
        .member("families_alive", s.families_alive)
        .raw("families_by_status", by_status_json(s))
        .member("users", s.users)
        .member("tombstones", s.tombstones)
        .member("login_names", s.login_names)
        .member("user_agents", s.user_agents)
        .member("next_user_id", s.next_user_id)
        .member("restore_mark", storage::mark_text(s.recovery.restore_mark))
        .member("family_buckets", s.family_buckets)
        .member("family_bytes", s.family_bytes)
        .member("slabs_given_back", s.slabs_given_back)
        .member("retired_pending", s.retired_pending)
        .member("waiting", s.waiting)
        .member("sweeps", s.sweeps)
        .member("families_dropped", s.families_dropped)
        .member("users_dropped", s.users_dropped)
        .member("events_lost", s.events_lost)
        .raw("snapshots", snapshots_json(s))
        .raw("recovery", recovery_json(s))
        .raw("log", log_json(s.log))
        .end();
    return out;
}

} // namespace pawl::app
