#include "storage/directory/log_directory.hpp"

#include "storage/directory/directory_state.hpp"
#include "storage/directory/swap_names.hpp"
#include "storage/exit_code.hpp"

#include <sodium/randombytes.h>

#include <sys/stat.h>

#include <algorithm>
#include <stdexcept>

namespace pawl::storage {
namespace {

std::string path_of(const file_system& fs, const std::string& name) {
    return fs.path() + "/" + name;
}

[[noreturn]] void refuse(exit_code kind, const std::string& line) {
    throw refused(kind, line);
}

void check_options(const directory_options& o) {
    if (o.log_key == nullptr || o.log_key->size() != log_key_size) {
        refuse(exit_code::wrong_key, "the key file holds no log key of 32 bytes");
    }
    const bool pad_ok = std::has_single_bit(o.wal_pad) && o.wal_pad >= wal_pad_min && o.wal_pad <= wal_pad_max;
    const auto size_ok = [&](std::uint64_t size) {
        return pad_ok && size % o.wal_pad == 0 && size <= segment_size_max &&
               size >= segment_header_size + 16 * std::uint64_t{o.wal_pad};
    };
    if (!pad_ok || !size_ok(o.first_segment_size) || !size_ok(o.segment_size)) {
        refuse(exit_code::usage, "wal_pad is a power of two from 64 to 65536, segment sizes are multiples of it of at "
                                 "least 16 frames and at most 1 GiB");
    }
}

std::vector<std::string> list_or_refuse(file_system& fs) {
    std::error_code ec;
    std::vector<std::string> names = fs.list(ec);
    if (ec) {
        refuse(exit_code::storage_failed, fs.path() + ": cannot be listed: " + ec.message());
    }
    return names;
}

// No manifest: a first start, or the rest of one that was interrupted before its manifests were written. Anything that
// ever held a frame says otherwise.
void refuse_unless_new(file_system& fs, const std::vector<std::string>& names) {
    const auto missing = [&](const std::string& name) {
        refuse(exit_code::corrupt, path_of(fs, name) + ": holds data, but both manifests are missing; " + run_verify);
    };
    for (const std::string& name : names) {
        if (parse_snapshot_name(name)) {
            missing(name);
        }
        if (!parse_segment_name(name)) {
            continue;
        }
        std::error_code ec;
        const std::vector<std::uint8_t> bytes = read_small_file(fs, name, segment_size_max, ec);
        if (ec) {
            refuse(exit_code::storage_failed, path_of(fs, name) + ": cannot be read: " + ec.message());
        }
        if (bytes.size() > segment_header_size && !all_zero(bytes_view{bytes}.subspan(segment_header_size))) {
            missing(name);
        }
    }
}

} // namespace

void refuse_at(exit_code kind, const std::string& file, std::uint64_t offset, std::uint64_t batch_seq,
               const std::string& what, const std::string& next) {
    throw refused(kind, file + ": offset " + std::to_string(offset) + ", batch " + std::to_string(batch_seq) + ": " +
                            what + "; " + next);
}

log_directory::state::state(const directory_options& o, std::shared_ptr<file_system> fs)
    : options(o), files(std::move(fs)), keys(*o.log_key) {
    options.log_key = nullptr; // the caller's; what is derived from it is here
    if (options.wal_pad >= wal_pad_default) {
        const std::uint32_t block = files->physical_block_size();
        if (block > options.wal_pad && block <= wal_pad_max && std::has_single_bit(block)) {
            options.wal_pad = block;
        }
    }
}

segment_header log_directory::state::new_segment_header(std::uint64_t segno, std::uint64_t size) const {
    segment_header h;
    h.uuid = uuid;
    h.segno = segno;
    h.file_size = size;
    h.key_check = keys.key_check(uuid);
    h.wal_pad = options.wal_pad;
    return h;
}

std::error_code log_directory::state::publish(manifest next) {
    next.seq = current.seq + 1;
    next.major = format_major;
    next.minor = std::max({format_minor, current.minor, minor.load(std::memory_order_relaxed)});
    const std::error_code ec = write_manifests(*files, next, keys);
    if (!ec) {
        current = std::move(next);
        manifest_needs_rewrite = false;
    }
    return ec;
}

void log_directory::note_record(std::uint16_t type, std::uint16_t version) noexcept {
    state_->note_record(type, version);
}

std::error_code log_directory::keep_next_user_id(std::uint64_t next) {
    const std::lock_guard lock(state_->manifest_mutex);
    if (state_->current.next_user_id >= next) {
        return {};
    }
    manifest raised = state_->current;
    raised.next_user_id = next;
    return state_->publish(std::move(raised));
}

void log_directory::state::remove_unneeded() {
    std::error_code ec;
    std::vector<std::string> names = files->list(ec);
    if (ec) {
        return;
    }
    std::uint64_t oldest = 0;
    timestamp_ms now{};
    std::vector<std::uint64_t> listed;
    {
        const std::lock_guard lock(manifest_mutex);
        oldest = current.oldest.segno;
        now = current.time;
        for (const manifest_snapshot& s : current.snapshots) {
            listed.push_back(s.lsn);
        }
    }
    // Newest first, so that retention keeps the newest of what is no longer needed.
    std::sort(names.rbegin(), names.rend());
    std::uint64_t kept = 0;
    std::uint64_t first = oldest; // of those in one piece before `oldest`
    for (const std::string& name : names) {
        const auto segno = parse_segment_name(name);
        if (segno && *segno + 1 == first) {
            --first;
        }
    }
    const std::uint64_t first_kept = remove_aged(first, oldest, now);
    for (const std::string& name : names) {
        if (const auto cut = parse_cut_name(name); cut && *cut < oldest) {
            files->remove(name);
        } else if (const auto segno = parse_segment_name(name); segno && *segno < oldest) {
            if (*segno >= first && *segno < first_kept) {
                continue; // gone by now
            }
            std::error_code size_ec;
            const std::unique_ptr<file> f = files->open(name, open_mode::read, size_ec);
            kept += f ? f->size(size_ec) : 0;
            if (kept > options.log_retention_bytes) {
                files->remove(name);
            }
        } else if (const auto lsn = parse_snapshot_name(name)) {
            if (std::find(listed.begin(), listed.end(), *lsn) == listed.end()) {
                files->remove(name);
            }
        }
    }
}

std::uint64_t log_directory::state::remove_aged(std::uint64_t first, std::uint64_t end, timestamp_ms now) {
    for (; first < end; ++first) {
        // A segment's frames are no later than the first one of the next.
        std::error_code ec;
        const std::unique_ptr<file> next = files->open(segment_name(first + 1), open_mode::read, ec);
        segment_header header;
        segment_header_bytes head{};
        if (!next || read_fully(*next, 0, head, ec) != head.size() ||
            decode_segment_header(head, uuid, keys.key_check(uuid), header) != header_fault::none) {
            break;
        }
        std::array<std::uint8_t, frame_header_size> bytes{};
        read_fully(*next, header.first_frame(), bytes, ec);
        const std::optional<decoded_header> frame = decode_frame_header(bytes, uuid);
        if (!frame || now - frame->fields.time <= options.log_retention_age || files->remove(segment_name(first))) {
            break;
        }
    }
    return first;
}

void log_directory::state::count_log_bytes(std::uint64_t bytes) {
    const std::lock_guard lock(bytes_mutex);
    log_bytes += bytes;
}
void log_directory::state::note_seal(std::uint64_t lsn) {
    const std::lock_guard lock(bytes_mutex);
    seal_lsn = lsn;
    log_bytes_at_seal = log_bytes;
}
void log_directory::state::note_snapshot(std::uint64_t lsn) {
    const std::lock_guard lock(bytes_mutex);
    if (lsn == seal_lsn) {
        log_bytes_at_snapshot = log_bytes_at_seal;
    }
}
std::uint64_t log_directory::state::log_bytes_since_snapshot() {
    const std::lock_guard lock(bytes_mutex);
    return log_bytes - log_bytes_at_snapshot;
}

bool log_directory::has_manifest(const std::string& path) {
    const auto is_there = [&path](const char* name) {
        struct stat st{};
        return ::stat((path + "/" + name).c_str(), &st) == 0;
    };
    return is_there(manifest_name_a) || is_there(manifest_name_b) || is_there(swap_journal_name);
}

log_directory::log_directory(const directory_options& options) {
    check_options(options);
    std::shared_ptr<file_system> fs = options.files ? options.files : open_posix_directory(options.path);
    long holder = 0;
    if (const std::error_code ec = fs->lock(lock_name, holder)) {
        if (ec != std::errc::resource_unavailable_try_again) {
            refuse(exit_code::usage, path_of(*fs, lock_name) + ": cannot be locked: " + ec.message());
        }
        refuse(exit_code::locked, "data directory " + fs->path() + " is in use by process " +
                                      (holder > 0 ? std::to_string(holder) : "(unknown)") + "; stop it first");
    }
    state_ = std::make_unique<state>(options, fs);
    const manifest_pair found = read_manifests(*fs, &state_->keys);
    if (!found.exists()) {
        const std::vector<std::string> names = list_or_refuse(*fs);
        refuse_unless_new(*fs, names);
        for (const std::string& name : names) {
            if (parse_segment_name(name) || name.ends_with(temporary_suffix)) {
                fs->remove(name);
            }
        }
        state_->fresh = true;
        randombytes_buf(state_->uuid.data(), state_->uuid.size());
        manifest first;
        first.uuid = state_->uuid;
        first.key_check = state_->keys.key_check(first.uuid);
        first.oldest.chain = state_->keys.chain_origin(first.uuid);
        std::error_code ec = make_segment(*fs, state_->new_segment_header(1, state_->options.first_segment_size));
        if (!ec) {
            ec = state_->publish(first);
        }
        if (ec) {
            refuse(is_no_space(ec) ? exit_code::usage : exit_code::storage_failed,
                   "data directory " + fs->path() + ": cannot be set up: " + ec.message());
        }
        return;
    }
    state_->current = found.value;
    state_->uuid = state_->current.uuid;
    state_->manifest_needs_rewrite = found.differ;
    state_->notes = found.notes;
}

log_directory::~log_directory() = default;

segment_supply& log_directory::supply() noexcept {
    return state_->supply;
}

} // namespace pawl::storage
