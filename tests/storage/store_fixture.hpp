// A store over a log in memory whose durability the test decides about, and over a clock that the test moves.
#pragma once

#include "core/clock.hpp"
#include "storage/entity/record_codec.hpp"
#include "storage/log/frame.hpp"
#include "storage/on_threads.hpp"
#include "storage/record/record_log.hpp"
#include "storage/record/serving.hpp"
#include "storage/store/embedded_store.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pawl::storage::test {

// How much bigger than by default the heavy tests are.
inline std::size_t scale() {
    const char* const text = std::getenv("PAWL_TEST_SCALE");
    const long n = text == nullptr ? 1 : std::strtol(text, nullptr, 10);
    return n < 1 ? 1 : static_cast<std::size_t>(n);
}

class manual_clock final : public clock {
public:
    timestamp_ms now_ms() const override { return timestamp_ms(milliseconds(now_.load())); }
    void advance(seconds by) { now_ += milliseconds(by).count(); }

private:
    std::atomic<std::int64_t> now_{1'800'000'000'000};
};

// What survives a crash: the records that were synced and the last snapshot.
struct memory_disk {
    struct stored {
        std::uint16_t type = 0, version = 0;
        std::vector<std::uint8_t> body;
        std::uint64_t lsn = 0;
        timestamp_ms time{};
    };
    std::vector<stored> snapshot, log;
    std::vector<std::size_t> splits; // where another thread goes on with reading the snapshot, in ascending order
    snapshot_counts counts;
    std::uint64_t snapshot_lsn = 0, next_lsn = 1;
    timestamp_ms snapshot_time{};
    bool used = false;
};

class memory_log : public record_log {
public:
    explicit memory_log(std::shared_ptr<memory_disk> disk) : disk_(std::move(disk)) {}

    // --- What tests turn.
    std::atomic<std::int64_t> ordinary_room{1'000'000'000}, ending_room{1'000'000'000};
    std::atomic<bool> discards{false};        // nothing is kept: for tests of what memory the store itself takes
    std::atomic<bool> sync_on_enqueue{false}; // every enqueue is durable by the time it returns
    // Everything enqueued so far becomes durable, as one batch.
    void sync() {
        const std::lock_guard one_at_a_time(sync_mutex_);
        std::vector<record_tag> tags;
        std::vector<std::uint8_t> payload;
        durable_batch batch;
        std::uint64_t through = 0;
        {
            const std::lock_guard lock(mutex_);
            if (failed_) {
                return;
            }
            batch.first_lsn = disk_->next_lsn;
            for (queued& q : queue_) {
                tags.push_back(q.tag);
                const std::size_t at = payload.size();
                payload.resize(at + record_header_size + q.record.body.size());
                encode_record(payload.data() + at, q.record.type, q.record.version, q.record.body);
                q.record.lsn = disk_->next_lsn++;
                if (!discards) {
                    disk_->log.push_back(std::move(q.record));
                }
            }
            queue_.clear();
            through = sequence_;
        }
        batch.records = static_cast<std::uint32_t>(tags.size());
        batch.time = callbacks_.now();
        batch.payload = payload;
        if (callbacks_.on_batch && batch.records > 0) {
            callbacks_.on_batch(batch);
        }
        callbacks_.on_durable(tags, through);
    }
    // Called once, by the next reserve or enqueue, before it takes effect: what another thread did in between.
    std::function<void()> before_next_reserve, before_next_enqueue;
    void fail() {
        {
            const std::lock_guard lock(mutex_);
            failed_ = true;
        }
        callbacks_.on_failed("the test says so");
    }
    std::vector<std::pair<log_urgency, memory_disk::stored>> queued_records() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::pair<log_urgency, memory_disk::stored>> out;
        for (const queued& q : queue_) {
            out.emplace_back(q.urgency, q.record);
        }
        return out;
    }
    std::vector<record_tag> queued_tags() const {
        const std::lock_guard lock(mutex_);
        std::vector<record_tag> out;
        for (const queued& q : queue_) {
            out.push_back(q.tag);
        }
        return out;
    }
    std::size_t queue_size() const {
        const std::lock_guard lock(mutex_);
        return queue_.size();
    }

    // --- record_log
    recovery_report recover(const recovery_target& target) override {
        recovery_report report;
        report.fresh = !std::exchange(disk_->used, true);
        report.snapshot_lsn = disk_->snapshot_lsn;
        report.next_user_id = disk_->counts.next_user_id;
        served_time_reader served;
        served.note_time(disk_->snapshot_time);
        target.expect(disk_->counts);
        if (disk_->snapshot_lsn != 0 || !disk_->snapshot.empty()) {
            read_parts(target, served);
            target.snapshot_read();
            served.snapshot_read();
        }
        hand_out(disk_->log, [&](const record_view& r) {
            if (is_serving(r)) {
                served.note_record(r);
            } else {
                target.apply(r);
            }
            served.note_time(r.time);
        });
        report.last_time = served.last_time();
        report.outages = served.outages();
        report.records = disk_->log.size();
        report.next_lsn = disk_->next_lsn;
        return report;
    }
    void start(log_callbacks callbacks) override { callbacks_ = std::move(callbacks); }
    bool stop(milliseconds) override {
        sync();
        stopped_ = true;
        return !failed_;
    }
    bool reserve(log_room room, std::uint32_t records) noexcept override {
        if (const auto hook = std::exchange(before_next_reserve, nullptr)) {
            hook();
        }
        if (stopped_ || failed_) {
            return false;
        }
        std::atomic<std::int64_t>& left = room == log_room::ordinary ? ordinary_room : ending_room;
        if (left.fetch_sub(records) < static_cast<std::int64_t>(records)) {
            left += records;
            return false;
        }
        reserved_ += records;
        return true;
    }
    void release(log_room room, std::uint32_t records) noexcept override {
        reserved_ -= records;
        (room == log_room::ordinary ? ordinary_room : ending_room) += records;
    }
    std::uint64_t enqueue_group(log_room, log_urgency urgency, std::span<const new_record> group) noexcept override {
        if (const auto hook = std::exchange(before_next_enqueue, nullptr)) {
            hook();
        }
        std::uint64_t sequence = 0;
        {
            const std::lock_guard lock(mutex_);
            for (const new_record& r : group) {
                sequence = ++sequence_;
                --reserved_;
                stats_.bytes += r.body.size() + record_header_size;
                stats_.sealed_bytes_since_snapshot += r.body.size() + record_header_size;
                ++stats_.records;
                queue_.push_back({urgency,
                                  r.tag,
                                  {static_cast<std::uint16_t>(r.type), r.version,
                                   std::vector<std::uint8_t>(r.body.begin(), r.body.end()), 0, callbacks_.now()}});
            }
        }
        if (sync_on_enqueue) {
            sync();
        }
        return sequence;
    }
    const char* why_not_ready() const noexcept override {
        return stopped_ || failed_ ? "the log has ended" : ordinary_room > 0 ? nullptr : "the disk is full";
    }
    std::optional<log_position> seal() override {
        sync();
        if (failed_) {
            return std::nullopt;
        }
        const std::lock_guard lock(mutex_);
        log_position at;
        at.lsn = disk_->next_lsn;
        bytes_at_seal_ = stats_.bytes;
        return at;
    }
    std::optional<std::uint64_t> write_snapshot(const log_position& at, timestamp_ms now,
                                                const produce_function& produce, std::string&) override {
        std::vector<memory_disk::stored> records;
        std::uint64_t bytes = 0;
        const snapshot_counts counts =
            produce([&](std::uint16_t type, std::uint16_t version, std::span<const std::uint8_t> body) {
                records.push_back({type, version, std::vector<std::uint8_t>(body.begin(), body.end()), at.lsn, now});
                bytes += body.size();
                if (discards) {
                    records.clear();
                }
            });
        const std::lock_guard lock(mutex_);
        stats_.sealed_bytes_since_snapshot = stats_.bytes - bytes_at_seal_;
        disk_->snapshot = std::move(records);
        disk_->counts = counts;
        disk_->snapshot_lsn = at.lsn;
        disk_->snapshot_time = now;
        std::erase_if(disk_->log, [&](const memory_disk::stored& r) { return r.lsn < at.lsn; });
        return bytes;
    }
    std::error_code keep_next_user_id(std::uint64_t next) override {
        const std::lock_guard lock(mutex_);
        disk_->counts.next_user_id = std::max(disk_->counts.next_user_id, next);
        return {};
    }
    log_stats stats() const noexcept override {
        const std::lock_guard lock(mutex_);
        return stats_;
    }
    // Reservations neither used nor released: 0 whenever no call is under way.
    std::int64_t reserved() const { return reserved_; }

private:
    struct queued {
        log_urgency urgency;
        record_tag tag;
        memory_disk::stored record;
    };
    static bool is_serving(const record_view& r) { return r.type == static_cast<std::uint16_t>(record_type::serving); }
    void read_parts(const recovery_target& target, served_time_reader& served) const {
        std::vector<std::size_t> ends = disk_->splits;
        ends.push_back(disk_->snapshot.size());
        std::atomic<std::size_t> next{0};
        on_threads(static_cast<unsigned>(ends.size()), [&] {
            const recovery_target::record_function apply = target.snapshot_reader();
            for (std::size_t i = next++; i < ends.size(); i = next++) {
                const std::size_t begin = i == 0 ? 0 : ends[i - 1];
                hand_out(std::span(disk_->snapshot).subspan(begin, ends[i] - begin), [&](const record_view& r) {
                    if (is_serving(r)) {
                        served.note_snapshot_record(r);
                    } else {
                        apply(r);
                    }
                });
            }
        });
    }
    static void hand_out(std::span<const memory_disk::stored> records, const recovery_target::record_function& apply) {
        for (const memory_disk::stored& r : records) {
            apply({r.type, r.version, r.body, r.lsn, r.time});
        }
    }

    std::shared_ptr<memory_disk> disk_;
    log_callbacks callbacks_;
    std::mutex sync_mutex_;
    mutable std::mutex mutex_;
    std::vector<queued> queue_;
    std::uint64_t sequence_ = 0;
    std::atomic<std::int64_t> reserved_{0};
    std::atomic<bool> stopped_{false}, failed_{false};
    log_stats stats_;
    std::uint64_t bytes_at_seal_ = 0;
};

// Runs `work(index)` on that many threads at once.
template <class F>
void together(std::size_t count, F work) {
    std::atomic<std::size_t> ready{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([&, i] {
            ++ready;
            while (ready < count) {
                std::this_thread::yield();
            }
            work(i);
        });
    }
    for (std::thread& t : threads) {
        t.join();
    }
}

// Syncs from a thread of its own, as the log's writer does.
class background_sync {
public:
    explicit background_sync(memory_log& log)
        : thread_([this, &log] {
              while (!stop_) {
                  log.sync();
                  std::this_thread::yield();
              }
              log.sync();
          }) {}
    ~background_sync() {
        stop_ = true;
        thread_.join();
    }
    background_sync(const background_sync&) = delete;
    background_sync& operator=(const background_sync&) = delete;

private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

struct store_fixture {
    manual_clock time;
    std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
    embedded_store_options options = without_thread();
    memory_log* log = nullptr; // the store's
    std::unique_ptr<embedded_store> data;

    store_fixture() { start(); }

    static embedded_store_options without_thread() {
        embedded_store_options o;
        o.maintenance_thread = false;
        o.snapshot_min_bytes = o.snapshot_log_bytes = ~std::uint64_t{0}; // only when the test says so
        return o;
    }
    void start() {
        auto fresh = std::make_unique<memory_log>(disk);
        log = fresh.get();
        data = embedded_store::open_on(std::move(fresh), options, time);
    }
    // A clean stop and a start.
    void restart() {
        data->stop(milliseconds(10'000));
        data.reset();
        start();
    }
    // What is not durable is gone. (The old process's memory goes too, but nothing of it reaches the disk.)
    void crash_and_start() {
        auto copy = std::make_shared<memory_disk>(*disk);
        data.reset();
        disk = copy;
        start();
    }

    static user person(const std::string& name) {
        user u;
        u.email = name + "@example.com";
        u.username = name;
        u.first_name = "First";
        u.surname = "Sur";
        u.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA";
        u.roles = {"reader", "writer"};
        u.created_at = timestamp(seconds(1'800'000'000));
        return u;
    }
    user_id sign_up(const std::string& name) { return data->insert_user(person(name)).value().id; }

    family_id random_id() {
        family_id id;
        for (std::uint8_t& b : id.bytes) {
            b = static_cast<std::uint8_t>(random());
        }
        return id;
    }
    family_facts facts_for(user_id of) {
        family_facts f;
        f.id = random_id();
        f.user = of;
        f.created_at = time.now();
        f.idle_ttl = seconds(14 * 86400);
        f.absolute_ttl = seconds(90 * 86400);
        return f;
    }
    family_use use(const std::string& agent = "curl/8") const {
        family_use u;
        u.at = time.now();
        u.address.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1};
        u.agent = agent;
        return u;
    }
    family_facts log_in(user_id of) {
        const family_facts f = facts_for(of);
        data->insert_family(f, family_word(), use()).value();
        return f;
    }
    family_word word_of(const family_id& id) const { return data->find_family(id).value().word; }
    family_word rotated(family_word w) const {
        return w.with_generation(w.generation() + 1).with_confirmed(false).with_replays(0);
    }

    std::mt19937_64 random{20261122};
};

inline bool same(const user& a, const user& b) {
    return a.id == b.id && a.version == b.version && a.email == b.email && a.username == b.username &&
           a.first_name == b.first_name && a.surname == b.surname && a.password_hash == b.password_hash &&
           a.roles == b.roles && a.email_verified == b.email_verified && a.is_superuser == b.is_superuser &&
           a.deleted == b.deleted && a.created_at == b.created_at && a.gate.epoch == b.gate.epoch &&
           a.gate.survivor == b.gate.survivor && a.gate.enabled == b.gate.enabled && a.gate.reason == b.gate.reason &&
           a.gate.changed_at == b.gate.changed_at;
}
inline bool same(const family_facts& a, const family_facts& b) {
    return a == b;
}
inline bool same(const family_use& a, const family_use& b) {
    return a.at == b.at && a.address == b.address && a.agent == b.agent;
}

} // namespace pawl::storage::test
