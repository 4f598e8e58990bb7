// The records after a place in the log, read from the disk beside the server that writes it, up to what is known to be
// durable. For readers that were away longer than memory goes back.
//
// Blocks; holds one segment in memory. One thread at a time.
#pragma once

#include "core/jwt/key_ring.hpp"
#include "storage/history/directory_view.hpp"
#include "storage/history/log_reader.hpp"
#include "storage/log/frame.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace pawl::storage {

class log_tail {
public:
    // Where reading came to.
    enum class outcome : std::uint8_t {
        more,       // `take` had enough
        reached,    // the record `through` was handed out, or there was none after the place
        gone,       // retention has taken records that come next
        unreadable, // what recovery would refuse, too, or the disk
    };
    // True: go on.
    using take_function = std::function<bool(const record_view&)>;

    // After the record `lsn`. `keys` gives the log key.
    log_tail(std::string directory, key_ring_ptr keys, std::uint64_t lsn);
    log_tail(const log_tail&) = delete;
    log_tail& operator=(const log_tail&) = delete;

    // Hands out what comes next, at most up to the record `through`, which is durable.
    outcome read(std::uint64_t through, const take_function& take);
    // After `gone`: the record that the log goes on with.
    std::uint64_t next_kept() const noexcept { return next_kept_; }
    // The last record handed out.
    std::uint64_t position() const noexcept { return position_; }

private:
    bool next_frame();
    void begin();

    std::string directory_;
    key_ring_ptr keys_;
    std::uint64_t position_;
    std::unique_ptr<directory_view> view_;
    std::unique_ptr<log_reader> log_;
    record_cursor cursor_{{}}; // of the frame handed out last
    record_view record_;
    std::uint64_t next_kept_ = 0;
};

} // namespace pawl::storage
