#include "storage/directory/directory_state.hpp"

#include <boost/assert.hpp>

#include <utility>

namespace pawl::storage {

file_system& directory_supply::files() const noexcept {
    return *state_.files;
}

const log_keys& directory_supply::keys() const noexcept {
    return state_.keys;
}

const store_uuid& directory_supply::uuid() const noexcept {
    return state_.uuid;
}

const append_point& directory_supply::begin() const noexcept {
    BOOST_ASSERT(state_.recovered && state_.at);
    return *state_.at;
}

timestamp_ms directory_supply::last_time() const noexcept {
    return state_.time_found;
}

segment_pool& directory_supply::spares() noexcept {
    return *state_.shelf;
}

io_throttle& directory_supply::throttle() noexcept {
    return state_.share;
}

std::uint32_t directory_supply::wal_pad() const noexcept {
    return state_.options.wal_pad;
}

std::uint64_t directory_supply::first_segment_size() const noexcept {
    return state_.options.first_segment_size;
}

std::uint64_t directory_supply::segment_size() const noexcept {
    return state_.options.segment_size;
}

bool directory_supply::is_torn() const noexcept {
    return state_.repair.has_value();
}

std::error_code directory_supply::try_repair() {
    return state_.try_repair();
}

void directory_supply::count_log_bytes(std::uint64_t bytes) {
    state_.count_log_bytes(bytes);
}

void directory_supply::note_seal(std::uint64_t lsn) {
    state_.note_seal(lsn);
}

std::uint64_t directory_supply::log_bytes_since_snapshot() {
    return state_.log_bytes_since_snapshot();
}

// Where it fails (a full disk) all is synced still.
void directory_supply::note_clean_stop(std::uint64_t batch_seq, timestamp_ms now) {
    const std::lock_guard lock(state_.manifest_mutex);
    manifest next = state_.current;
    next.floor_batch_seq = batch_seq;
    next.time = now; // service time goes back only where the clock was set: then with it
    static_cast<void>(state_.publish(std::move(next)));
}

} // namespace pawl::storage
