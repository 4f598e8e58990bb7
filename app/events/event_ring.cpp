#include "app/events/event_ring.hpp"

#include <algorithm>
#include <new>

namespace pawl::app {

void event_ring::begin(std::uint64_t durable_lsn) {
    const std::lock_guard lock(mutex_);
    if (batches_.empty()) {
        first_lsn_ = next_lsn_ = durable_lsn + 1;
    }
}

void event_ring::clear() {
    const std::lock_guard lock(mutex_);
    batches_.clear();
    bytes_ = 0;
    first_lsn_ = next_lsn_ = 0;
}

void event_ring::add(listener& l) {
    const std::lock_guard lock(mutex_);
    listeners_.push_back(&l);
}

void event_ring::remove(listener& l) {
    const std::lock_guard lock(mutex_);
    std::erase(listeners_, &l);
}

void event_ring::wake_all() noexcept {
    for (listener* const l : listeners_) {
        l->wake();
    }
}

void event_ring::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    wake_all();
}

event_ring::found event_ring::after(std::uint64_t lsn) const {
    const std::lock_guard lock(mutex_);
    if (closed_) {
        return {place::closed, nullptr};
    }
    if (lsn + 1 < first_lsn_) {
        return {place::behind, nullptr};
    }
    if (lsn + 1 >= next_lsn_) {
        return {place::nothing_yet, nullptr};
    }
    const auto next = std::ranges::upper_bound(batches_, lsn + 1, {}, [](const auto& b) { return b->first_lsn; });
    return {place::here, *std::prev(next)};
}

// Batches that were durable when begin() was called are of no use, but do no harm.
void event_ring::keep(const storage::durable_batch& batch) {
    if (batches_.empty() || batch.first_lsn != next_lsn_) {
        if (batch.first_lsn < next_lsn_) {
            return;
        }
        batches_.clear();
        bytes_ = 0;
        first_lsn_ = batch.first_lsn;
    }
    auto kept = std::make_shared<kept_batch>();
    kept->first_lsn = batch.first_lsn;
    kept->next_lsn = batch.first_lsn + batch.records;
    kept->time = batch.time;
    kept->payload.assign(batch.payload.begin(), batch.payload.end());
    bytes_ += kept->payload.size();
    next_lsn_ = kept->next_lsn;
    batches_.push_back(std::move(kept));
    while (bytes_ > bytes_max_ && batches_.size() > 1) {
        bytes_ -= batches_.front()->payload.size();
        batches_.pop_front();
        first_lsn_ = batches_.front()->first_lsn;
    }
}

void event_ring::on_batch(const storage::durable_batch& batch) noexcept {
    const std::lock_guard lock(mutex_);
    try {
        keep(batch);
    } catch (const std::bad_alloc&) { // the log goes on; readers take it from the disk
        batches_.clear();
        bytes_ = 0;
        first_lsn_ = next_lsn_ = batch.first_lsn + batch.records;
    }
    wake_all();
}

} // namespace pawl::app
