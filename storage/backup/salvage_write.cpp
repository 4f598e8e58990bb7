#include "storage/backup/fresh_ids.hpp"
#include "storage/backup/new_directory.hpp"
#include "storage/backup/restore.hpp"
#include "storage/backup/salvage.hpp"
#include "storage/backup/store_filler.hpp"
#include "storage/directory/directory_state.hpp"
#include "storage/exit_code.hpp"
#include "storage/store/embedded_store.hpp"

#include <algorithm>

namespace pawl::storage {
namespace {

constexpr milliseconds stop_max{60'000};

void fill(embedded_store& data, salvage_report& report) {
    store_filler filler(data, &data);
    const auto left_out = [&report](const std::string& what) {
        report.notes.push_back(what + " can't be held by a store and is left out");
    };
    for (const auto& [id, u] : report.image.users) {
        if (filler.add(u).outcome != import_outcome::added) {
            left_out("user " + std::to_string(id));
        }
    }
    // All other entities, by their declarations: one that store_filler can't add does not compile. What others name
    // comes before them, and clients before their families.
    for_each_record_back([&]<class Record>(as<Record>) {
        if constexpr (plain_entity<Record>) {
            for_each_plain(report.image.plain->of<Record>(), [&](const Record& r) {
                if (filler.add(r).outcome != import_outcome::added) {
                    left_out(std::string(declaration<Record>::name) + " " + text_of(declaration<Record>::key(r)));
                }
            });
        }
    });
    for (const past_family* const family : report.image.sorted_families()) {
        if (filler.add(image_of(*family)).outcome != import_outcome::added) {
            left_out("session " + pawl::to_hex(family->facts.id));
        }
    }
    filler.wait();
}

// A directory that was made here can't be refused for what it is, only for want of room.
std::unique_ptr<embedded_store> open_new(embedded_store_options options, const clock& time) {
    try {
        return embedded_store::open(std::move(options), time);
    } catch (const refused& why) {
        throw refused(exit_code::storage_failed, why.what());
    }
}

// Ids that the damaged store gave are not given again, though their users and events are lost.
void raise_manifest(file_system& files, const log_keys& keys, const salvage_result& ids) {
    decoded_manifest head = read_manifest(files, manifest_name_a, keys);
    std::error_code ec = std::make_error_code(std::errc::io_error);
    if (head.fault == manifest_fault::none) {
        ++head.value.seq;
        head.value.restore_epoch = ids.restore_mark;
        head.value.next_user_id = std::max(head.value.next_user_id, ids.next_user_id);
        ec = write_manifests(files, head.value, keys);
    }
    if (ec) {
        throw refused(exit_code::storage_failed, files.path() + ": manifests cannot be written: " + ec.message());
    }
}

} // namespace

salvage_result write_salvaged(const salvage_write& request, salvage_report& report) {
    new_directory made(request.target, new_directory::present::refused);
    if (!request.key_file.empty()) {
        made.write(backup_key_name, request.key_file);
    }
    {
        embedded_store_options options;
        options.directory.path = made.path();
        options.directory.log_key = request.log_key;
        options.outages = report.outages;
        const timestamp_ms now = request.time->now_ms();
        options.outages.add({std::min(report.last_time, now), now});
        std::string failure;
        options.on_fatal = [&failure](const std::string& why) { failure = why; };
        options.on_notice = [&report](const std::string& line) { report.notes.push_back(line); };
        const auto data = open_new(std::move(options), *request.time);
        fill(*data, report);
        if (!request.keep_sessions) {
            end_all_sessions(*data, report.image, request.time->now());
        }
        if (!data->snapshot_now() && !report.image.users.empty()) {
            throw refused(exit_code::storage_failed, made.path() + ": no snapshot could be written");
        }
        if (!data->stop(stop_max)) {
            throw refused(exit_code::storage_failed, made.path() + ": " + (failure.empty() ? "is stuck" : failure));
        }
    }
    salvage_result ids;
    ids.restore_mark = draw_restore_mark(*request.random);
    ids.next_user_id =
        user_id_floor(report.image.next_user_id, report.last_time, request.time->now_ms(), ids.restore_mark);
    raise_manifest(made.files(), log_keys(*request.log_key), ids);
    made.files().remove(lock_name);
    made.commit();
    return ids;
}

} // namespace pawl::storage
