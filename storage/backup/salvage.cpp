#include "storage/backup/salvage.hpp"

#include "storage/backup/frozen_store.hpp"
#include "storage/backup/new_directory.hpp"
#include "storage/backup/salvage_run.hpp"
#include "storage/exit_code.hpp"
#include "storage/snapshot/snapshot_reader.hpp"

#include <algorithm>

namespace pawl::storage {

void salvage_run::learn(const std::string& name, const store_uuid& uuid, const std::array<std::uint8_t, 8>& key_check) {
    if (known_) {
        return;
    }
    if (keys_.key_check(uuid) != key_check) {
        throw refused(exit_code::wrong_key, path(name) + ": this key file is not the one these data were written with");
    }
    uuid_ = uuid;
    known_ = true;
}

// The store's identity: of a manifest, else of the first header that is whole. It is proven by its key_check.
void salvage_run::identify() {
    std::error_code ec;
    const std::vector<std::string> names = files_.list(ec);
    for (const char* const name : {manifest_name_a, manifest_name_b}) {
        const decoded_manifest m = read_manifest(files_, name, keys_);
        if (m.fault == manifest_fault::none) {
            learn(name, m.value.uuid, m.value.key_check);
            if (!has_head_ || head_.seq < m.value.seq) {
                head_ = m.value;
                has_head_ = true;
            }
        } else if (m.fault == manifest_fault::wrong_key) {
            throw refused(exit_code::wrong_key,
                          path(name) + ": this key file is not the one these data were written with");
        } else if (m.fault == manifest_fault::newer_format) {
            throw refused(exit_code::newer_format, path(name) + ": written by a newer version of pawl");
        } else {
            out_.losses.push_back({.file = name,
                                   .what = "the manifest copy is missing or damaged",
                                   .costs_state = false,
                                   .maybe_acknowledged = false});
        }
    }
    for (const std::string& name : names) {
        const bool is_snapshot = parse_snapshot_name(name).has_value();
        if (known_ || !(is_snapshot || parse_segment_name(name))) {
            continue;
        }
        std::array<std::uint8_t, segment_header_size> head{};
        const std::unique_ptr<file> f = files_.open(name, open_mode::read, ec);
        if (!f || read_fully(*f, 0, head, ec) != head.size()) {
            continue;
        }
        // Both headers have the uuid at 16 and key_check at 48; a wrong CRC shows as a fault other than foreign.
        store_uuid uuid{};
        std::array<std::uint8_t, 8> check{};
        std::copy_n(head.begin() + 16, uuid.size(), uuid.begin());
        std::copy_n(head.begin() + 48, check.size(), check.begin());
        segment_header header;
        const header_fault fault = is_snapshot ? decode_snapshot_header(head, {uuid, *parse_snapshot_name(name)}, check)
                                               : decode_segment_header(head, uuid, check, header);
        if (fault == header_fault::newer_format) {
            throw refused(exit_code::newer_format, path(name) + ": written by a newer version of pawl");
        }
        if (fault == header_fault::none) {
            learn(name, uuid, check);
        }
    }
    if (!known_) {
        throw refused(exit_code::corrupt, files_.path() +
                                              ": nothing in it says which store it is of: neither a manifest "
                                              "nor the header of any file is whole");
    }
    out_.uuid = to_hex(uuid_);
    floor_ = head_.floor_batch_seq;
    for (const manifest_snapshot& s : head_.snapshots) {
        highest_listed_lsn_ = std::max(highest_listed_lsn_, s.lsn);
        starts_[s.start.batch_seq] = s.start.chain;
    }
    if (has_head_) {
        starts_[head_.oldest.batch_seq] = head_.oldest.chain;
    }
    starts_[1] = keys_.chain_origin(uuid_);
    out_.image.next_user_id = head_.next_user_id;
    served_.note_time(head_.time);
}

void salvage_run::use_snapshot() {
    std::error_code ec;
    std::vector<std::uint64_t> lsns;
    for (const std::string& name : files_.list(ec)) {
        if (const auto lsn = parse_snapshot_name(name)) {
            lsns.push_back(*lsn);
        }
    }
    for (const manifest_snapshot& s : head_.snapshots) {
        if (std::find(lsns.begin(), lsns.end(), s.lsn) == lsns.end()) {
            lsns.push_back(s.lsn);
        }
    }
    std::sort(lsns.rbegin(), lsns.rend());
    for (const std::uint64_t lsn : lsns) {
        const snapshot_identity id{uuid_, lsn};
        const auto listed = std::find_if(head_.snapshots.begin(), head_.snapshots.end(),
                                         [lsn](const manifest_snapshot& s) { return s.lsn == lsn; });
        const tag16* const tag = listed == head_.snapshots.end() ? nullptr : &listed->tag;
        const snapshot_check check = verify_snapshot(files_, id, keys_, tag);
        if (check.fault != snapshot_fault::none) {
            salvage_loss loss;
            loss.file = snapshot_name(lsn);
            loss.offset = check.offset;
            loss.what = std::string("the snapshot is ") + describe(check.fault);
            loss.lsn_to = lsn - 1;
            loss.maybe_acknowledged = true;
            out_.losses.push_back(loss);
            continue;
        }
        read_snapshot(files_, id, check.footer, check.footer.time, [this](const record_view& record) {
            out_.image.apply(record);
            note_serving(record, true);
        });
        served_.snapshot_read();
        out_.snapshot = snapshot_name(lsn);
        out_.snapshot_lsn = lsn;
        served_.note_time(check.footer.time);
        out_.image.next_user_id = std::max(out_.image.next_user_id, check.footer.counts.next_user_id);
        break;
    }
}

void salvage_run::finish() {
    // What is known to have been there beyond the last frame.
    const std::uint64_t next_batch = expected_ ? expected_->batch_seq : 1;
    const std::uint64_t next_lsn = expected_ ? expected_->lsn : 1;
    const bool below_floor = next_batch <= floor_;
    const bool below_snapshot = next_lsn < std::max(highest_listed_lsn_, std::uint64_t{1});
    const bool damaged = !damage_file_.empty() && damage_what_ != zeros;
    if (below_floor || below_snapshot || damaged) {
        salvage_loss loss;
        loss.file = damage_file_.empty() ? "the end of the log" : damage_file_;
        loss.offset = damage_offset_;
        loss.what = damaged ? damage_what_ : "frames that the manifest says were durable are missing";
        loss.batch_from = next_batch;
        loss.batch_to = below_floor ? floor_ : 0;
        loss.lsn_from = next_lsn;
        loss.lsn_to = below_snapshot ? highest_listed_lsn_ - 1 : 0;
        loss.from = last_time_;
        // Everything up to the floor is in the snapshot where that was taken at the floor.
        loss.costs_state = !(below_snapshot && out_.snapshot_lsn >= highest_listed_lsn_ && !damaged);
        out_.losses.push_back(std::move(loss));
    }
    for (salvage_loss& loss : out_.losses) {
        const bool in_snapshot = loss.lsn_to != 0 && loss.lsn_to < out_.snapshot_lsn;
        loss.costs_state = loss.costs_state && !in_snapshot;
        // A snapshot is a copy: what it held is lost only where the log has it no more.
        if (parse_snapshot_name(loss.file)) {
            loss.costs_state = false;
            loss.maybe_acknowledged = false;
        }
        loss.maybe_acknowledged = loss.maybe_acknowledged && loss.costs_state;
    }
    out_.last_time = served_.last_time();
    out_.outages = served_.outages();
    const std::uint64_t without_user = out_.image.settle();
    out_.notes.insert(out_.notes.end(), out_.image.notes.begin(), out_.image.notes.end());
    const auto count = [&](std::uint64_t n, const char* what) {
        if (n > 0) {
            out_.notes.push_back(std::to_string(n) + " " + what);
        }
    };
    count(out_.image.words_without_family, "changes of sessions whose beginning is lost");
    count(without_user, "sessions whose user is lost");
    count(out_.malformed_records, "records are malformed and were left out");
    count(out_.unproven_frames, "frames follow a damaged place: right by their checksums, but the chain to them is "
                                "broken, so nothing proves that they were not changed");
}

salvage_report read_salvage(const std::string& directory, const secret_bytes& log_key) {
    salvage_report out;
    try {
        const frozen_store store = read_store(directory, log_key);
        out.healthy = true;
        out.uuid = to_hex(store.head.uuid);
        out.notes = store.report.notes;
        return out;
    } catch (const refused& why) {
        if (why.kind() == exit_code::usage || why.kind() == exit_code::wrong_key ||
            why.kind() == exit_code::newer_format) {
            throw;
        }
        out.why = why.what();
    }
    frozen_directory files(directory, frozen_directory::kind::still);
    salvage_run run(files, log_key, out);
    run.identify();
    run.use_snapshot();
    run.read_log();
    run.finish();
    return out;
}

} // namespace pawl::storage
