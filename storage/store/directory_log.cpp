#include "storage/store/directory_log.hpp"

#include "storage/directory/log_directory.hpp"
#include "storage/log/log_writer.hpp"
#include "storage/store/embedded_store.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <thread>
#include <utility>

namespace pawl::storage {

namespace {

// Beyond, threads mostly wait for each other's memory.
constexpr unsigned recovery_threads_max = 4;

class directory_log final : public record_log {
public:
    directory_log(const directory_options& directory, const log_writer_options& writer)
        : directory_(directory), options_(writer) {}

    recovery_report recover(const recovery_target& target) override {
        return directory_.recover(target, std::clamp(std::thread::hardware_concurrency(), 1U, recovery_threads_max));
    }
    void start(log_callbacks callbacks) override {
        writer_ = std::make_unique<log_writer>(directory_.supply(), options_, std::move(callbacks));
        writer_->start();
    }
    bool stop(milliseconds limit) override { return writer_->stop(limit); }

    bool reserve(log_room room, std::uint32_t records) noexcept override { return writer_->reserve(room, records); }
    void release(log_room room, std::uint32_t records) noexcept override { writer_->release(room, records); }
    std::uint64_t enqueue_group(log_room room, log_urgency urgency,
                                std::span<const new_record> group) noexcept override {
        for (const new_record& r : group) {
            directory_.note_record(static_cast<std::uint16_t>(r.type), r.version);
        }
        return writer_->enqueue_group(room, urgency, group);
    }
    const char* why_not_ready() const noexcept override { return writer_->why_not_ready(); }
    bool is_on_disk() const noexcept override { return true; }

    std::optional<log_position> seal() override {
        sealed_ = writer_->seal();
        return sealed_ ? std::optional(log_position{sealed_->lsn}) : std::nullopt;
    }
    std::optional<std::uint64_t> write_snapshot(const log_position& at, timestamp_ms now,
                                                const produce_function& produce, std::string& why) override {
        BOOST_ASSERT(sealed_ && sealed_->lsn == at.lsn);
        return directory_.write_snapshot(*sealed_, now, produce, why);
    }
    std::error_code keep_next_user_id(std::uint64_t next) override { return directory_.keep_next_user_id(next); }
    log_stats stats() const noexcept override { return writer_->stats(); }

private:
    log_directory directory_;
    const log_writer_options options_;
    std::unique_ptr<log_writer> writer_;
    std::optional<log_start> sealed_; // by the last seal()
};

} // namespace

std::unique_ptr<record_log> make_directory_log(const directory_options& directory, const log_writer_options& writer) {
    return std::make_unique<directory_log>(directory, writer);
}

std::unique_ptr<embedded_store> embedded_store::open(embedded_store_options options, const clock& time) {
    if (options.lost_response_window > seconds(0)) {
        options.directory.window = options.writer.window = options.lost_response_window;
    }
    auto log = make_directory_log(options.directory, options.writer);
    return open_on(std::move(log), std::move(options), time);
}

} // namespace pawl::storage
