#include "storage/store/memory_log.hpp"

#include "storage/log/frame.hpp"
#include "storage/store/embedded_store.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace pawl::storage {

void memory_image::add(std::uint16_t type, std::uint16_t version, std::span<const std::uint8_t> body) {
    records.push_back({type, version, static_cast<std::uint32_t>(body.size())});
    bytes.insert(bytes.end(), body.begin(), body.end());
}

memory_image_ptr memory_log::image(embedded_store& owner) {
    return image([&owner] { owner.snapshot_now(); });
}

memory_image_ptr memory_log::image(const std::function<void()>& snapshot) {
    {
        const std::lock_guard lock(mutex_);
        wants_image_ = true;
        image_.reset();
    }
    snapshot();
    const std::lock_guard lock(mutex_);
    wants_image_ = false;
    return std::exchange(image_, nullptr);
}

void memory_log::hold_until(steady_time until) {
    const std::lock_guard lock(mutex_);
    if (!holds_nothing_) {
        hold_until_ = std::max(hold_until_.value_or(until), until);
    }
}

void memory_log::let_go() {
    const std::lock_guard lock(mutex_);
    holds_nothing_ = true;
    release_all();
}

std::optional<memory_log::steady_time> memory_log::release(steady_time now) {
    const std::lock_guard lock(mutex_);
    if (hold_until_ && now < *hold_until_) {
        return hold_until_;
    }
    release_all();
    return std::nullopt;
}

// Under mutex_, as every call of on_durable: what is said to be durable never goes back.
void memory_log::release_all() {
    hold_until_.reset();
    if (!held_.empty()) {
        tell(held_);
        held_.clear();
    }
}

void memory_log::tell(std::span<const record_tag> batch) {
    if (callbacks_.on_batch) {
        callbacks_.on_batch(
            {sequence_ + 1 - batch.size(), static_cast<std::uint32_t>(batch.size()), callbacks_.now(), unseen_});
    }
    unseen_.clear();
    callbacks_.on_durable(batch, sequence_);
}

recovery_report memory_log::recover(const recovery_target& target) {
    recovery_report found;
    found.fresh = true; // also from an image: no time has passed in which nothing was served
    found.clean = true;
    found.restore_mark = mark_;
    target.expect(from_ ? from_->counts : snapshot_counts{});
    if (from_) {
        found.next_user_id = from_->counts.next_user_id;
        found.records = from_->records.size();
        std::size_t begin = 0; // as a log: what was changed while it was made stands behind it
        for (const memory_image::entry& e : from_->records) {
            target.apply({e.type, e.version, std::span(from_->bytes).subspan(begin, e.size), 0, from_->time});
            begin += e.size;
        }
        from_.reset();
    }
    return found;
}

bool memory_log::stop(milliseconds /*limit*/) {
    stopped_.store(true);
    let_go();
    return true;
}

bool memory_log::reserve(log_room /*room*/, std::uint32_t /*records*/) noexcept {
    return !stopped_.load(std::memory_order_relaxed);
}

const char* memory_log::why_not_ready() const noexcept {
    return stopped_.load(std::memory_order_relaxed) ? "the server is stopping" : nullptr;
}

void memory_log::release(log_room /*room*/, std::uint32_t /*records*/) noexcept {}

std::uint64_t memory_log::enqueue_group(log_room /*room*/, log_urgency /*urgency*/,
                                        std::span<const new_record> group) noexcept {
    const std::lock_guard lock(mutex_);
    std::array<record_tag, group_records_max> tags{};
    std::size_t count = 0;
    for (const new_record& r : group) {
        const auto type = static_cast<std::uint16_t>(r.type);
        ++sequence_;
        bytes_ += record_header_size + r.body.size();
        if (tape_) {
            tape_->add(type, r.version, r.body);
        }
        const std::size_t at = unseen_.size();
        unseen_.resize(at + record_header_size + r.body.size());
        encode_record(unseen_.data() + at, type, r.version, r.body);
        tags.at(count++) = r.tag;
    }
    if (hold_until_) {
        held_.insert(held_.end(), tags.begin(), tags.begin() + count);
    } else {
        tell(std::span(tags).first(count));
    }
    return sequence_;
}

std::optional<log_position> memory_log::seal() {
    const std::lock_guard lock(mutex_);
    if (wants_image_) {
        tape_ = std::make_shared<memory_image>();
    }
    bytes_at_snapshot_ = bytes_;
    return log_position{.lsn = sequence_ + 1};
}

// What the walk sees, and behind it what was changed meanwhile: read in this order they are the state at the end.
std::optional<std::uint64_t> memory_log::write_snapshot(const log_position& /*at*/, timestamp_ms now,
                                                        const produce_function& produce, std::string& why) {
    std::shared_ptr<memory_image> made;
    {
        const std::lock_guard lock(mutex_);
        if (tape_) {
            made = std::make_shared<memory_image>();
        }
    }
    snapshot_counts counts;
    try {
        counts = produce([&](std::uint16_t type, std::uint16_t version, std::span<const std::uint8_t> body) {
            if (made) {
                made->add(type, version, body);
            }
        });
    } catch (const std::exception& e) {
        const std::lock_guard lock(mutex_);
        tape_.reset();
        why = e.what();
        return std::nullopt;
    }
    if (!made) {
        return 0;
    }
    made->counts = counts;
    made->time = now;
    const std::lock_guard lock(mutex_);
    made->records.insert(made->records.end(), tape_->records.begin(), tape_->records.end());
    made->bytes.insert(made->bytes.end(), tape_->bytes.begin(), tape_->bytes.end());
    tape_.reset();
    image_ = made;
    return made->bytes.size();
}

log_stats memory_log::stats() const noexcept {
    const std::lock_guard lock(mutex_);
    log_stats out;
    out.records = out.batches = sequence_;
    out.bytes = bytes_;
    out.sealed_bytes_since_snapshot = bytes_ - bytes_at_snapshot_;
    return out;
}

} // namespace pawl::storage
