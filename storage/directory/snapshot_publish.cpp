// log_directory::write_snapshot: the file, the manifests, then what is no longer needed.
#include "storage/directory/directory_state.hpp"
#include "storage/snapshot/snapshot_writer.hpp"

#include <algorithm>

namespace pawl::storage {
namespace {

constexpr std::size_t generations_kept = 2;

// After manifests could not be written: whether one of them names that snapshot all the same, or cannot be read.
bool may_be_named(log_directory::state& s, std::uint64_t lsn) {
    for (const char* const name : {manifest_name_a, manifest_name_b}) {
        const decoded_manifest m = read_manifest(*s.files, name, s.keys);
        const auto same = [&](const manifest_snapshot& x) { return x.lsn == lsn; };
        if (m.fault != manifest_fault::none || std::any_of(m.value.snapshots.begin(), m.value.snapshots.end(), same)) {
            return true;
        }
    }
    return false;
}

} // namespace

std::optional<std::uint64_t>
log_directory::write_snapshot(const log_start& at, timestamp_ms now,
                              const std::function<snapshot_counts(const record_sink&)>& produce, std::string& why) {
    state& s = *state_;
    const snapshot_identity id{s.uuid, at.lsn};
    const std::string name = snapshot_name(at.lsn);
    const auto failed = [&](const std::string& reason) {
        why = s.files->path() + "/" + name + ": " + reason;
        return std::nullopt;
    };
    {
        const std::lock_guard lock(s.manifest_mutex);
        const auto same = [&](const manifest_snapshot& m) { return m.lsn == at.lsn; };
        if (std::any_of(s.current.snapshots.begin(), s.current.snapshots.end(), same)) {
            return failed("nothing was logged since the last snapshot"); // its file must not be touched
        }
    }
    snapshot_footer footer;
    std::error_code ec;
    {
        snapshot_writer writer{*s.files, id, s.keys, &s.share};
        const snapshot_counts counts = produce(
            [&](std::uint16_t type, std::uint16_t version, bytes_view body) { writer.add(type, version, body); });
        ec = writer.finish(counts, now, footer);
        if (const std::optional<std::uint64_t> wrong_at = writer.wrong_at()) {
            return failed("reads back other than it was written at offset " + std::to_string(*wrong_at));
        }
    }
    if (ec) {
        return failed("cannot be written: " + ec.message());
    }
    {
        const std::lock_guard lock(s.manifest_mutex);
        manifest next = s.current;
        manifest_snapshot entry;
        entry.lsn = at.lsn;
        entry.tag = footer.tag;
        entry.size = footer.file_size();
        entry.start = at;
        std::erase_if(next.snapshots, [&](const manifest_snapshot& m) {
            return std::find(s.bad_snapshots.begin(), s.bad_snapshots.end(), m.lsn) != s.bad_snapshots.end();
        });
        next.snapshots.insert(next.snapshots.begin(), entry);
        if (next.snapshots.size() > generations_kept) {
            next.snapshots.resize(generations_kept);
        }
        if (next.snapshots.size() == generations_kept) {
            next.oldest = next.snapshots.back().start;
        }
        next.floor_batch_seq = std::max(next.floor_batch_seq, at.batch_seq - 1); // the SEAL, or what came before it
        next.next_user_id = std::max(next.next_user_id, footer.counts.next_user_id);
        next.time = now; // service time goes back only where the clock was set: then with it
        ec = s.publish(next);
        if (!ec) {
            s.bad_snapshots.clear();
        }
    }
    if (ec) {
        if (!may_be_named(s, at.lsn)) {
            s.files->remove(name); // or a full disk would gather one at each try
        }
        return failed("was written, but the manifests were not: " + ec.message());
    }
    s.note_snapshot(at.lsn);
    s.remove_unneeded();
    return footer.file_size();
}

} // namespace pawl::storage
