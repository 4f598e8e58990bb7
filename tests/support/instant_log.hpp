// A record_log without a disk and without memory of its own: what the store does to it is done, and what was enqueued
// becomes durable when commit() is called, as one batch. For measurements and for counting allocations; it keeps
// nothing.
#pragma once

#include "storage/record/record_log.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pawl::test {

// One thread at a time.
class instant_log final : public storage::record_log {
public:
    // Everything enqueued so far is durable.
    void commit() {
        bytes_.clear();
        callbacks_.on_durable(tags_, sequence_);
        tags_.clear();
    }
    std::size_t pending() const { return tags_.size(); }

    storage::recovery_report recover(const storage::recovery_target& target) override {
        storage::recovery_report report;
        report.fresh = true;
        target.expect({});
        return report;
    }
    void start(storage::log_callbacks callbacks) override { callbacks_ = std::move(callbacks); }
    bool stop(milliseconds) override {
        commit();
        return true;
    }
    bool reserve(storage::log_room, std::uint32_t) noexcept override { return true; }
    void release(storage::log_room, std::uint32_t) noexcept override {}
    // Copies the records, as the log's writer does.
    std::uint64_t enqueue_group(storage::log_room, storage::log_urgency,
                                std::span<const storage::new_record> group) noexcept override {
        for (const storage::new_record& r : group) {
            bytes_.insert(bytes_.end(), r.body.begin(), r.body.end());
            tags_.push_back(r.tag);
            ++sequence_;
        }
        return sequence_;
    }
    const char* why_not_ready() const noexcept override { return nullptr; }
    std::optional<storage::log_position> seal() override { return std::nullopt; }
    std::optional<std::uint64_t> write_snapshot(const storage::log_position&, timestamp_ms, const produce_function&,
                                                std::string&) override {
        return std::nullopt;
    }
    storage::log_stats stats() const noexcept override { return {}; }

private:
    storage::log_callbacks callbacks_;
    std::vector<std::uint8_t> bytes_;
    std::vector<storage::record_tag> tags_;
    std::uint64_t sequence_ = 0;
};

} // namespace pawl::test
