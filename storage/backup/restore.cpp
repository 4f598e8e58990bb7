#include "storage/backup/restore.hpp"

#include "storage/backup/fresh_ids.hpp"
#include "storage/backup/new_directory.hpp"
#include "storage/backup/store_filler.hpp"
#include "storage/directory/directory_state.hpp"
#include "storage/exit_code.hpp"
#include "storage/store/embedded_store.hpp"

#include <algorithm>
#include <optional>

namespace pawl::storage {
namespace {

constexpr milliseconds stop_max{60'000};

// The manifest of the copy: of a history of its own, and no id that was given since is given again.
void raise_manifest(file_system& files, const log_keys& keys, const manifest& head, std::uint64_t mark,
                    std::uint64_t next_user_id) {
    manifest next = head;
    ++next.seq;
    next.restore_epoch = mark;
    next.next_user_id = std::max(next.next_user_id, next_user_id);
    if (const std::error_code ec = write_manifests(files, next, keys)) {
        throw refused(exit_code::storage_failed, files.path() + ": manifests cannot be written: " + ec.message());
    }
}

// std::nullopt if the store cannot be read whole.
std::optional<std::uint64_t> next_id_of_readable(const std::string& directory, const secret_bytes& log_key) {
    try {
        return read_store(directory, log_key).image.next_user_id;
    } catch (const refused&) {
        return std::nullopt;
    }
}

// What the store that is being replaced would give next, as far as it can be read: a damaged one by its manifests and
// the time since.
std::uint64_t next_id_of(const std::string& directory, const secret_bytes& log_key, timestamp_ms now,
                         std::uint64_t mark) {
    if (const std::optional<std::uint64_t> whole = next_id_of_readable(directory, log_key)) {
        return *whole;
    }
    const log_keys keys(log_key);
    frozen_directory files(directory, frozen_directory::kind::still);
    std::uint64_t next = 1;
    for (const char* const name : {manifest_name_a, manifest_name_b}) {
        const decoded_manifest m = read_manifest(files, name, keys);
        if (m.fault == manifest_fault::none) {
            next = std::max(next, user_id_floor(m.value.next_user_id, m.value.time, now, mark));
        }
    }
    return next;
}

bool is_directory_with_data(const std::string& path) {
    try {
        return frozen_directory(path, frozen_directory::kind::still).holds_data();
    } catch (const refused&) {
        return false;
    }
}

} // namespace

std::uint64_t end_all_sessions(store& data, const state_image& image, timestamp now) {
    store_filler fill(data);
    std::uint64_t ended = 0;
    for (const auto& [id, u] : image.users) {
        const user_ptr current = data.find_user(user_id{id});
        if (!current) {
            continue; // deleted: the gate is closed for good
        }
        user desired = *current;
        ++desired.version;
        desired.gate.raise_epoch();
        desired.gate.survivor = {};
        desired.gate.reason = gate_reason::restored;
        desired.gate.changed_at = now;
        fill.replace(desired);
        ++ended;
    }
    fill.wait();
    return ended;
}

restore_result restore_backup(const restore_request& request) {
    refuse_within(request.target, request.backup, "a restored store");
    new_directory made(request.target,
                       request.replace ? new_directory::present::put_aside : new_directory::present::refused);
    const bool replaces = request.replace && is_directory_with_data(request.target);
    verified_backup from = verify_backup(request.backup, *request.log_key);
    restore_result out;
    out.facts = from.facts;
    frozen_directory files(request.backup, frozen_directory::kind::still);
    const std::uint64_t total = from.facts.bytes();
    std::uint64_t done = 0;
    for (const backup_file& f : from.facts.files) {
        if (f.name == backup_key_name) {
            continue;
        }
        made.copy(files, f.name, [&](std::uint64_t n) {
            done += n;
            if (request.progress) {
                request.progress(done, total);
            }
        });
        if (to_hex(made.sum_of(f.name)) != f.sha256) {
            throw refused(exit_code::storage_failed,
                          made.path() + "/" + f.name + ": does not read back as it was written");
        }
    }
    if (!request.key_file.empty()) {
        made.write(backup_key_name, request.key_file);
    }
    const log_keys keys(*request.log_key);
    out.restore_mark = draw_restore_mark(*request.random);
    const timestamp_ms now = request.time->now_ms();
    const std::uint64_t since_backup =
        user_id_floor(from.store.image.next_user_id, from.store.report.last_time, now, out.restore_mark);
    const std::uint64_t of_replaced =
        replaces ? next_id_of(request.target, *request.log_key, now, out.restore_mark) : 1;
    raise_manifest(made.files(), keys, from.store.head, out.restore_mark, std::max(since_backup, of_replaced));
    {
        embedded_store_options options;
        options.directory.path = made.path();
        options.directory.log_key = request.log_key;
        options.directory.log_retention_bytes = UINT64_MAX;
        options.directory.log_retention_age = retention_forever;
        options.on_recovered = [&](const recovery_report& report) { request.raise(report.last_time); };
        std::string failure;
        options.on_fatal = [&](const std::string& why) { failure = why; };
        const auto data = embedded_store::open(std::move(options), *request.time);
        if (!request.keep_sessions) {
            out.users_closed = end_all_sessions(*data, from.store.image, request.time->now());
        }
        out.next_user_id = data->statistics().next_user_id;
        if (!data->stop(stop_max)) {
            throw refused(exit_code::storage_failed, made.path() + ": " + (failure.empty() ? "is stuck" : failure));
        }
    }
    made.files().remove(lock_name);
    out.aside = made.commit();
    return out;
}

} // namespace pawl::storage
