#include "storage/history/directory_view.hpp"

#include "storage/directory/directory_state.hpp"
#include "storage/exit_code.hpp"
#include "storage/log/frame.hpp"

#include <algorithm>

namespace pawl::storage {

directory_view::directory_view(const view_options& options)
    : files_(options.files ? options.files : open_posix_directory_to_read(options.path, options.direct)) {
    if (options.log_key != nullptr) {
        if (options.log_key->size() != log_key_size) {
            throw refused(exit_code::wrong_key, "the key file holds no log key of 32 bytes");
        }
        keys_.emplace(*options.log_key);
    }
    refresh();
}

bool directory_view::read_current() {
    manifests_ = read_manifests(*files_, keys_ ? &*keys_ : nullptr);
    return manifests_.exists();
}

void directory_view::refresh() {
    if (read_current()) {
        return;
    }
    for (const std::uint64_t segno : segments()) {
        std::error_code ec;
        const std::vector<std::uint8_t> bytes = read_small_file(*files_, segment_name(segno), segment_size_max, ec);
        if (bytes.size() <= segment_header_size || all_zero(bytes_view{bytes}.subspan(segment_header_size))) {
            continue;
        }
        if (read_current()) { // a first start was at work: manifests come before the first frame
            return;
        }
        throw refused(exit_code::corrupt,
                      path_of(segment_name(segno)) + ": holds data, but both manifests are missing; " + run_verify);
    }
    throw refused(exit_code::usage, "data directory " + files_->path() + ": holds no data of pawld");
}

bool directory_view::has_moved_on() const {
    try {
        const manifest_pair now = read_manifests(*files_, keys_ ? &*keys_ : nullptr);
        return now.exists() && now.value != manifests_.value;
    } catch (const refused&) {
        return false; // no newer state can be read: what was found stands
    }
}

bool directory_view::is_in_use() const {
    return files_->is_locked(lock_name);
}

bool is_in_use(const std::string& directory) {
    try {
        return open_posix_directory_to_read(directory)->is_locked(lock_name);
    } catch (const refused&) {
        return false; // no such directory
    }
}

void refuse_unsettled(const directory_view& view) {
    throw refused(exit_code::locked, view.files().path() + ": a server replaced files " + std::to_string(readings_max) +
                                         " times while they were read, so this reading is not whole and is not shown; "
                                         "try again");
}

std::vector<std::uint64_t> directory_view::segments() const {
    std::error_code ec;
    const std::vector<std::string> names = files_->list(ec);
    if (ec) {
        throw refused(exit_code::storage_failed, files_->path() + ": cannot be listed: " + ec.message());
    }
    std::vector<std::uint64_t> out;
    for (const std::string& name : names) {
        if (const auto segno = parse_segment_name(name)) {
            out.push_back(*segno);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

bool directory_view::load(std::uint64_t segno, loaded_segment& out, std::uint64_t size_max) const {
    return load_segment(*files_, segno, current().uuid, current().key_check, out, size_max);
}

snapshot_check directory_view::verify(const manifest_snapshot& s, open_mode mode) const {
    const snapshot_identity id{current().uuid, s.lsn};
    return keys_ ? verify_snapshot(*files_, id, *keys_, &s.tag, mode)
                 : verify_snapshot_crcs(*files_, id, current().key_check, &s.tag, mode);
}

reading_start directory_view::start_of(std::uint64_t segno) const {
    if (segno == current().oldest.segno) {
        return {current().oldest, true};
    }
    for (const manifest_snapshot& s : current().snapshots) {
        if (s.start.segno == segno) {
            return {s.start, true};
        }
    }
    if (segno == 1) {
        return {{1, 1, 1, keys_ ? keys_->chain_origin(current().uuid) : tag16{}}, true};
    }
    return {{segno, 0, 0, {}}, false};
}

// Segments kept for audit lie before the oldest that recovery needs, without a gap up to it.
reading_start directory_view::first_kept() const {
    const std::vector<std::uint64_t> there = segments();
    std::uint64_t first = current().oldest.segno;
    for (auto it = std::lower_bound(there.begin(), there.end(), first);
         it != there.begin() && *std::prev(it) == first - 1; --it) {
        --first;
    }
    return start_of(first);
}

template <class Before>
reading_start directory_view::last_that(const Before& before) const {
    const reading_start first = first_kept();
    std::uint64_t chosen = first.at.segno;
    loaded_segment head;
    for (const std::uint64_t segno : segments()) {
        if (segno <= chosen) {
            continue;
        }
        const auto header =
            load(segno, head, segment_head_size)
                ? decode_frame_header(head.bytes.view().subspan(head.header.first_frame()), current().uuid)
                : std::nullopt;
        if (segno != chosen + 1 || !header || !before(header->fields)) {
            break;
        }
        chosen = segno;
    }
    return chosen == first.at.segno ? first : start_of(chosen);
}

reading_start directory_view::at_lsn(std::uint64_t lsn) const {
    return last_that([lsn](const frame_fields& f) { return f.first_lsn <= lsn; });
}

reading_start directory_view::at_time(timestamp_ms time) const {
    return last_that([time](const frame_fields& f) { return f.time < time; });
}

} // namespace pawl::storage
