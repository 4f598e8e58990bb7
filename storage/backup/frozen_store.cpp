#include "storage/backup/frozen_store.hpp"

#include "storage/directory/directory_state.hpp"
#include "storage/exit_code.hpp"
#include "storage/history/directory_view.hpp"

#include <algorithm>

namespace pawl::storage {
namespace {

frozen_store read_once(const std::shared_ptr<frozen_directory>& files, const secret_bytes& log_key) {
    frozen_store out;
    out.files = files;
    directory_options options;
    options.path = files->path();
    options.log_key = &log_key;
    options.files = files;
    options.log_retention_bytes = UINT64_MAX;
    options.log_retention_age = retention_forever;
    log_directory log(options);
    out.report = log.recover([](const snapshot_counts& /*counts*/) {},
                             [&](const record_view& record) { out.image.apply(record); });
    log_directory::state& s = log.internals();
    out.image.next_user_id = std::max(out.image.next_user_id, out.report.next_user_id);
    static_cast<void>(out.image.settle());
    out.last_segno = s.at->segment.segno;
    out.last_lsn = s.at->next.lsn - 1;
    if (!s.bad_snapshots.empty()) {
        manifest next = s.current;
        std::erase_if(next.snapshots, [&](const manifest_snapshot& m) {
            return std::find(s.bad_snapshots.begin(), s.bad_snapshots.end(), m.lsn) != s.bad_snapshots.end();
        });
        if (const std::error_code ec = s.publish(next)) {
            throw refused(exit_code::storage_failed, files->path() + ": " + ec.message());
        }
    }
    out.head = s.current;
    return out;
}

} // namespace

frozen_store read_store(const std::string& path, const secret_bytes& log_key) {
    for (int left = reads_max;; --left) {
        const auto files = std::make_shared<frozen_directory>(path);
        if (!files->holds_data()) {
            throw refused(exit_code::usage, "directory " + path + " holds no data of Pawl");
        }
        try {
            return read_once(files, log_key);
        } catch (const refused& why) {
            // A key and a format do not change; all else may be a file that went while it was wanted.
            const bool final = why.kind() == exit_code::wrong_key || why.kind() == exit_code::newer_format;
            const bool moved_on = files->has_moved_on();
            if (final || !(moved_on || is_in_use(path)) || (left <= 1 && !moved_on)) {
                throw;
            }
            if (left <= 1) { // what was found is of no state that stands
                throw refused(exit_code::locked, path + ": a server replaced files " + std::to_string(reads_max) +
                                                     " times while they were read; try again");
            }
        }
    }
}

} // namespace pawl::storage
