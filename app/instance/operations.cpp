#include "app/instance/operations.hpp"

#include "core/jwt/key_rotation.hpp"
#include "core/service/capsule_key_use.hpp"
#include "core/service/durable_answer.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/directory/key_file.hpp"
#include "storage/history/directory_view.hpp"
#include "storage/snapshot/snapshot_format.hpp"
#include "storage/snapshot/snapshot_writer.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace pawl::app {

namespace {

constexpr seconds busy_retry_after{5};

failure busy() {
    return {errc::operations_busy, busy_retry_after};
}

errc cause_of(key_edit_problem problem) {
    switch (problem) {
    case key_edit_problem::too_many:
        return errc::too_many_keys;
    case key_edit_problem::not_found:
        return errc::key_not_found;
    case key_edit_problem::active:
        return errc::key_active;
    case key_edit_problem::none:
    case key_edit_problem::malformed: // it was read a moment ago: somebody is writing to it
        break;
    }
    return errc::key_file_read_only;
}

key_change refused_change(failure why, std::string detail = {}) {
    key_change change;
    change.refused = std::move(why);
    change.detail = std::move(detail);
    return change;
}

// An algorithm was named that nothing is signed with.
key_change not_in_use(std::span<const jws_algorithm> in_use) {
    std::string names;
    for (const jws_algorithm algorithm : in_use) {
        names.append(names.empty() ? "" : ", ").append(to_text(algorithm));
    }
    field_error error{"alg", "is not in use: tokens are signed with " + names};
    std::vector<field_error> errors;
    errors.push_back(std::move(error));
    return refused_change(failure(errc::validation_failed, std::move(errors)));
}

std::optional<timestamp_ms> time_of(const storage::directory_view& view, const storage::manifest_snapshot& s) {
    std::error_code ec;
    const auto file = view.files().open(storage::snapshot_name(s.lsn), storage::open_mode::read, ec);
    if (ec || s.size < storage::snapshot_footer_size) {
        return std::nullopt;
    }
    storage::snapshot_footer_bytes bytes{};
    const std::size_t got = storage::read_fully(*file, s.size - bytes.size(), bytes, ec);
    const auto footer = ec || got != bytes.size() ? std::nullopt : storage::decode_snapshot_footer(bytes);
    return footer ? std::optional(footer->time) : std::nullopt;
}

// SECRET_KEY is not in the file, and SIGHUP may have changed it since the start: it stays what it is now.
key_ring_ptr with_secret_of(const key_ring& current, const key_ring& edited) {
    auto ring = std::make_shared<key_ring>(edited);
    ring->signing_key = current.signing_key;
    ring->verifying_keys = current.verifying_keys;
    ring->next_signers = current.next_signers;
    ring->signing_created_at = current.signing_created_at;
    ring->signing_from = current.signing_from;
    return ring;
}

// Gives the flag back whatever happens.
class running {
public:
    explicit running(std::atomic<bool>& flag) : flag_(flag) {}
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    ~running() { flag_.store(false); }

private:
    std::atomic<bool>& flag_;
};

} // namespace

std::optional<timestamp> last_minted(const key_ring& ring, std::size_t index) {
    if (index + 1 >= ring.refresh_keys.size()) {
        return std::nullopt;
    }
    return ring.refresh_keys[index + 1].created_at; // which minted from then on
}

namespace {

// std::nullopt if no token of the key at `index` can be good any more.
std::optional<key_change> still_held(const key_ring& ring, std::size_t index, const storage::embedded_store& data,
                                     timestamp now) {
    const std::optional<timestamp> last = last_minted(ring, index);
    if (!last) {
        return std::nullopt; // it mints: the edit says so
    }
    const std::optional<timestamp> until = data.last_expiry(*last);
    if (!until || now >= *until) {
        return std::nullopt;
    }
    return refused_change(errc::key_in_use, "Sessions may hold refresh tokens of this key until " + to_rfc3339(*until) +
                                                ": retiring it before that ends them. Send force to do so.");
}

// std::nullopt if nothing needs the capsule key with that id, as far as clients and factors go.
std::optional<key_change> needed(std::uint8_t id, const record_port& data, const registry* entities, timestamp now) {
    if (id == derived_capsule_key_id) {
        return refused_change(errc::key_active, "Capsule key 0 is made from the log key and stands in no key file: it "
                                                "is there as long as the log key is.");
    }
    const client_ptr needs_it = entities == nullptr ? nullptr : client_of_capsule_key(*entities, id, now);
    if (needs_it != nullptr) {
        return refused_change(errc::key_in_use, "A secret of the client " + needs_it->client_id +
                                                    " is of this key: give it a new one and retire that first.");
    }
    if (const user_ptr has_factor = user_of_factor_key(data, id)) {
        return refused_change(errc::key_in_use, "A second factor of user " + std::to_string(has_factor->id.value) +
                                                    " follows from this key: it has to be set up anew first.");
    }
    return std::nullopt;
}

} // namespace

key_change operations::change_keys_blocking(const key_edit& edit, const key_check& check) {
    const std::lock_guard lock(parts_.keys.changing());
    const storage::key_file_options options = key_file_options_of(parts_.settings);
    try {
        const key_ring_ptr current = parts_.keys.get();
        if (std::optional<key_change> refused = check ? check(*current) : std::nullopt) {
            return *std::move(refused);
        }
        const storage::edited_key_file done = storage::edit_key_file(options, *current, edit);
        if (done.ring == nullptr && done.problem == key_edit_problem::none) {
            // The file was as it should be; the ring may not be, where another process wrote it.
            const parsed_key_file there = storage::reload_key_file(options, *current);
            if (there.ring != nullptr) {
                parts_.keys.set(there.ring);
            }
            return {};
        }
        if (done.problem != key_edit_problem::none) {
            return refused_change(cause_of(done.problem));
        }
        parts_.keys.set(parts_.settings.algorithm == jws_algorithm::hs256 ? with_secret_of(*current, *done.ring)
                                                                          : done.ring);
        key_change change;
        change.about.push_back(done.about);
        return change;
    } catch (const storage::refused& why) {
        return refused_change(errc::key_file_read_only, std::string(why.what()));
    }
}

task<key_change> operations::change_keys(key_edit edit, key_check check) {
    if (!parts_.data.is_on_disk()) {
        co_return refused_change(errc::not_on_disk);
    }
    if (parts_.settings.key_file_is_credential) {
        co_return refused_change(errc::key_file_read_only);
    }
    key_change change;
    std::function<void()> job = [this, &edit, &check, &change] { change = change_keys_blocking(edit, check); };
    task<bool> running_job = worker_.run(std::move(job));
    const bool ran = co_await std::move(running_job);
    if (!ran) {
        co_return refused_change(busy());
    }
    co_return change;
}

task<key_change> operations::rotate_signing_keys(key_start start, std::optional<jws_algorithm> wanted) {
    std::vector<jws_algorithm> algorithms; // of the ring that is changed, and by its lock
    std::vector<std::string> kids;
    key_check check = [wanted, &algorithms](const key_ring& ring) -> std::optional<key_change> {
        algorithms = algorithms_in_use(ring);
        if (wanted && std::ranges::find(algorithms, *wanted) == algorithms.end()) {
            return not_in_use(algorithms);
        }
        if (ring.signing_key->algorithm() == jws_algorithm::hs256) {
            return refused_change(errc::signing_key_external);
        }
        if (wanted) {
            algorithms = {*wanted};
        }
        return std::nullopt;
    };
    if (std::optional<key_change> refused = check(*parts_.keys.get())) { // before what is said of the key file
        co_return *std::move(refused);
    }
    if (!parts_.data.is_on_disk()) {
        task<key_change> in_memory = rotate_in_memory(start, wanted);
        co_return co_await std::move(in_memory);
    }
    key_edit edit = [this, start, &algorithms, &kids](std::string_view text) {
        return pawl::rotate_signing_keys(text, algorithms, parts_.random, parts_.time.now(), start, kids);
    };
    task<key_change> changing = change_keys(std::move(edit), std::move(check));
    key_change change = co_await std::move(changing);
    if (!change.refused) {
        change.about.clear();
        for (const std::string& kid : kids) {
            change.about.push_back("signing " + kid);
        }
    }
    co_return change;
}

task<key_change> operations::rotate_refresh_key() {
    key_edit edit = [this](std::string_view text) {
        return pawl::rotate_refresh_key(text, parts_.random, parts_.time.now());
    };
    task<key_change> changing = change_keys(std::move(edit), key_check());
    co_return co_await std::move(changing);
}

task<key_change> operations::retire_signing_key(std::string kid) {
    key_edit edit = [this, kid = std::move(kid)](std::string_view text) {
        return pawl::retire_signing_key(text, kid, parts_.time.now());
    };
    task<key_change> changing = change_keys(std::move(edit), key_check());
    co_return co_await std::move(changing);
}

task<key_change> operations::retire_refresh_key(std::uint8_t id, bool force) {
    key_check check = [this, id, force](const key_ring& ring) -> std::optional<key_change> {
        const auto found = std::ranges::find(ring.refresh_keys, id, &refresh_key::id);
        if (force || found == ring.refresh_keys.end()) {
            return std::nullopt;
        }
        const auto index = static_cast<std::size_t>(found - ring.refresh_keys.begin());
        return still_held(ring, index, parts_.data, parts_.time.now());
    };
    key_edit edit = [id](std::string_view text) { return pawl::retire_refresh_key(text, id); };
    task<key_change> changing = change_keys(std::move(edit), std::move(check));
    co_return co_await std::move(changing);
}

task<key_change> operations::rotate_capsule_key() {
    key_edit edit = [this](std::string_view text) {
        return pawl::rotate_capsule_key(text, parts_.random, parts_.time.now());
    };
    task<key_change> changing = change_keys(std::move(edit), key_check());
    co_return co_await std::move(changing);
}

task<key_change> operations::retire_capsule_key(std::uint8_t id) {
    key_check check = [this, id](const key_ring& /*ring*/) {
        const registry* const entities = parts_.services == nullptr ? nullptr : parts_.services->entities;
        return needed(id, parts_.data, entities, parts_.time.now());
    };
    key_edit edit = [id](std::string_view text) { return pawl::retire_capsule_key(text, id); };
    task<key_change> changing = change_keys(std::move(edit), std::move(check));
    co_return co_await std::move(changing);
}

storage::view_options operations::view() const {
    storage::view_options options;
    options.path = parts_.settings.data_dir;
    return options;
}

std::vector<snapshot_facts> operations::list_snapshots_blocking() {
    const key_ring_ptr ring = parts_.keys.get();
    storage::view_options options = view();
    options.log_key = &ring->log_key;
    const storage::directory_view directory(options);
    std::vector<snapshot_facts> out;
    for (const storage::manifest_snapshot& s : directory.current().snapshots) {
        out.push_back({storage::snapshot_name(s.lsn), s.lsn, s.size, time_of(directory, s)});
    }
    return out;
}

task<result<storage::snapshot_report>> operations::take_snapshot() {
    if (!parts_.data.is_on_disk()) {
        co_return errc::not_on_disk;
    }
    if (snapshot_runs_.exchange(true)) {
        co_return errc::snapshot_under_way;
    }
    storage::snapshot_report report;
    std::function<void()> job = [this, &report] {
        const running until_done(snapshot_runs_);
        report = parts_.data.take_snapshot();
        if (report.taken || report.lsn == 0) {
            return;
        }
        // Refused because nothing was logged since the last one: then that one is what was asked for.
        for (const snapshot_facts& s : list_snapshots_blocking()) {
            if (s.lsn == report.lsn) {
                report.taken = true;
                report.bytes = s.size;
            }
        }
    };
    task<bool> running_job = worker_.run(std::move(job));
    const bool ran = co_await std::move(running_job);
    if (!ran) {
        snapshot_runs_.store(false);
        co_return busy();
    }
    if (!report.taken) {
        co_return storage_failure();
    }
    co_return report;
}

task<result<bool>> operations::raise_next_user_id(std::uint64_t next) {
    result<bool> raised = false;
    std::function<void()> job = [this, next, &raised] { raised = parts_.data.raise_next_user_id(next); };
    task<bool> running_job = worker_.run(std::move(job));
    const bool ran = co_await std::move(running_job);
    if (!ran) {
        co_return busy();
    }
    co_return raised;
}

task<result<std::vector<snapshot_facts>>> operations::list_snapshots() {
    if (!parts_.data.is_on_disk()) {
        co_return errc::not_on_disk;
    }
    std::vector<snapshot_facts> found;
    std::function<void()> job = [this, &found] { found = list_snapshots_blocking(); };
    task<bool> running_job = worker_.run(std::move(job));
    const bool ran = co_await std::move(running_job);
    if (!ran) {
        co_return busy();
    }
    co_return found;
}

task<result<storage::timeline>> operations::read_timeline(family_id id) {
    if (!parts_.data.is_on_disk()) {
        co_return errc::not_on_disk;
    }
    result<storage::timeline> out = storage::timeline{};
    std::function<void()> job = [this, id, &out] {
        const key_ring_ptr ring = parts_.keys.get();
        storage::view_options options = view();
        options.log_key = &ring->log_key;
        try {
            storage::directory_view directory(options);
            out = storage::read_timeline(directory, id, parts_.time.now());
        } catch (const storage::refused&) {
            out = storage_failure(); // what recovery would refuse, too
        }
    };
    task<bool> running_job = worker_.run(std::move(job));
    const bool ran = co_await std::move(running_job);
    if (!ran) {
        co_return busy();
    }
    co_return out;
}

} // namespace pawl::app
