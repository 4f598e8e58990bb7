// A store small enough to check by hand: records say "key k has value v", values only grow. It writes through the same
// appender as the server, without threads, on a simulated disk.
#pragma once

#include "storage/directory/directory_state.hpp"
#include "storage/directory/log_directory.hpp"
#include "storage/log/appender.hpp"
#include "tests/support/simulated_disk.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pawl::test {

using namespace pawl::storage;

inline const secret_bytes& log_key(std::uint8_t seed = 7) {
    static std::map<std::uint8_t, secret_bytes> keys;
    return keys.try_emplace(seed, secret_bytes(log_key_size, seed)).first->second;
}

inline std::uint64_t test_scale() {
    const char* const text = std::getenv("PAWL_TEST_SCALE");
    return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

struct small_log {
    std::uint32_t wal_pad = 512;
    std::uint64_t first_segment_size = 16 * 1024, segment_size = 16 * 1024;
    std::uint8_t key_seed = 7;
    milliseconds window = outage_list::any_window;
};

inline directory_options options_on(std::shared_ptr<file_system> files, const small_log& shape = {}) {
    directory_options o;
    o.path = "/simulated";
    o.log_key = &log_key(shape.key_seed);
    o.wal_pad = shape.wal_pad;
    o.first_segment_size = shape.first_segment_size;
    o.segment_size = shape.segment_size;
    o.log_retention_bytes = 0;
    o.window = shape.window;
    o.files = std::move(files);
    return o;
}

// The state that the records stand for.
using key_values = std::map<std::uint8_t, std::uint64_t>;

inline std::vector<std::uint8_t> make_body(std::uint8_t key, std::uint64_t value, std::size_t size) {
    std::vector<std::uint8_t> body(std::max<std::size_t>(size, 9), static_cast<std::uint8_t>(value * 31 + 1));
    body[0] = key;
    store_le<std::uint64_t>(body.data() + 1, value);
    return body;
}

inline void apply_to(key_values& state, const record_view& r) {
    BOOST_REQUIRE(r.body.size() >= 9);
    std::uint64_t& v = state[r.body[0]];
    v = std::max(v, load_le<std::uint64_t>(r.body.data() + 1));
}

// An opened and recovered directory.
struct opened_log {
    explicit opened_log(const directory_options& o) : directory(o) {
        report = directory.recover([&](const snapshot_counts& c) { counts = c; },
                                   [&](const record_view& r) {
                                       apply_to(state, r);
                                       last_lsn = r.lsn;
                                   });
    }
    explicit opened_log(simulated_disk& disk, const small_log& shape = {})
        : opened_log(options_on(disk.mount(), shape)) {}

    log_directory directory;
    recovery_report report;
    key_values state;
    snapshot_counts counts;
    std::uint64_t last_lsn = 0;
};

// Opens, and gives the refusal instead where there is one.
inline std::optional<refused> refusal_on_open(simulated_disk& disk, const small_log& shape = {},
                                              key_values* state = nullptr, recovery_report* report = nullptr) {
    try {
        opened_log log(disk, shape);
        if (state != nullptr) {
            *state = log.state;
        }
        if (report != nullptr) {
            *report = log.report;
        }
    } catch (const refused& r) {
        return r;
    }
    return std::nullopt;
}

inline std::string why(const std::optional<refused>& r) {
    return r ? r->what() : "";
}

// Writes batches as the writer's thread does.
class small_store {
public:
    explicit small_store(simulated_disk& disk, const small_log& shape = {})
        : log(disk, shape), state(log.state), s(log.directory.internals()),
          appender(*s.files, s.keys, s.uuid, s.at.value()) {
        BOOST_REQUIRE(!s.repair);
        check(appender.open());
    }

    struct change {
        std::uint8_t key;
        std::uint64_t value;
        std::size_t size = 40;
    };
    // One batch. Goes on in the next segment first where it does not fit; false where there is none.
    bool append(const std::vector<change>& changes) {
        std::size_t size = 0;
        for (const change& c : changes) {
            size += record_header_size + std::max<std::size_t>(c.size, 9);
        }
        while (appender.capacity(segment_zone::ordinary).value_or(0) < size) {
            if (!roll()) {
                return false;
            }
        }
        std::uint8_t* to = appender.payload();
        for (const change& c : changes) {
            to += encode_record(to, static_cast<std::uint16_t>(record_type::family_word), 1,
                                make_body(c.key, c.value, c.size));
        }
        check(appender.append(frame_type::data, static_cast<std::uint32_t>(size),
                              static_cast<std::uint32_t>(changes.size()), now));
        for (const change& c : changes) {
            state[c.key] = std::max(state[c.key], c.value);
        }
        return true;
    }
    void commit() {
        if (appender.capacity(segment_zone::ordinary)) {
            check(appender.append(frame_type::commit, 0, 0, now));
        }
    }
    void make_spare() {
        if (s.shelf->count() < segment_pool::wanted) {
            check(s.shelf->make_one());
        }
    }
    bool roll() {
        while (s.shelf->count() < segment_pool::wanted) {
            make_spare();
        }
        const std::optional<segment_header> next = s.shelf->take();
        if (!next) {
            return false;
        }
        check(appender.roll(*next, now));
        return true;
    }
    // SEAL and a snapshot of what was acknowledged; false where nothing was logged since the last.
    bool snapshot(std::size_t body_size = 40) {
        if (!appender.segment_is_empty()) {
            roll();
        }
        const log_start& next = appender.at().next;
        s.note_seal(next.lsn);
        std::string why;
        const auto size = log.directory.write_snapshot(
            next, now,
            [&](const record_sink& sink) {
                for (const auto& [key, value] : state) {
                    sink(static_cast<std::uint16_t>(record_type::family_word), 1, make_body(key, value, body_size));
                }
                return snapshot_counts{1, state.size(), 42};
            },
            why);
        return size.has_value();
    }
    void stop_cleanly() {
        check(appender.append(frame_type::clean, 0, 0, now));
        manifest next = s.current;
        next.floor_batch_seq = appender.at().next.batch_seq - 1;
        next.time = now;
        check(s.publish(next));
    }

    opened_log log;
    key_values state; // acknowledged
    log_directory::state& s;
    log_appender appender;
    timestamp_ms now{milliseconds{1'700'000'000'000}};

private:
    static void check(const std::error_code& ec) {
        if (ec) {
            throw std::system_error(ec);
        }
    }
};

} // namespace pawl::test
