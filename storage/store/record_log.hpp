// What the store needs of a log, as an interface: the data directory with its writer in production (directory_log.cpp),
// a list in memory in tests, whose durability the test decides about.
#pragma once

#include "storage/directory/log_directory.hpp"
#include "storage/log/log_writer.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>

namespace pawl::storage {

// See log_writer and log_directory for what each promises.
class record_log {
public:
    using produce_function = std::function<snapshot_counts(const log_directory::record_sink&)>;

    virtual ~record_log() = default;
    // Once, before start().
    virtual recovery_report recover(const recovery_target& target) = 0;
    virtual void start(log_writer::callbacks callbacks) = 0;
    virtual bool stop(milliseconds limit) = 0;

    [[nodiscard]] virtual bool reserve(log_room room, std::uint32_t records) noexcept = 0;
    virtual void release(log_room room, std::uint32_t records) noexcept = 0;
    virtual std::uint64_t enqueue(log_room room, log_urgency urgency, record_type type, std::uint16_t version,
                                  std::span<const std::uint8_t> body, const record_tag& tag) noexcept = 0;
    virtual const char* why_not_ready() const noexcept = 0;
    virtual bool is_on_disk() const noexcept { return false; }

    virtual std::optional<log_position> seal() = 0;
    virtual std::optional<std::uint64_t> write_snapshot(const log_position& at, timestamp_ms now,
                                                        const produce_function& produce, std::string& why) = 0;
    // See log_directory. Nothing to do where nothing outlives the process.
    virtual std::error_code keep_next_user_id(std::uint64_t /*next*/) { return {}; }
    virtual log_stats stats() const noexcept = 0;
};

} // namespace pawl::storage
