// Time served over power cuts: outages in a row, crashes of a quiet store, snapshots, and a clock that is set back, on
// a simulated disk. The writer's discipline is played here (a COMMIT each quarter of the window while one is open, the
// record `serving` with the first batch); what is looked at is what recovery and served_age() make of what is left.
#include "core/family/served_time.hpp"
#include "storage/record/serving.hpp"
#include "tests/storage/log_fixture.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr std::uint8_t families = 5;
constexpr milliseconds window{4000}, told_every = window / 4;
constexpr milliseconds cut{2000}; // ages are cut to whole seconds, and so are both their ends

// What only the test knows of a rotation.
struct rotation {
    timestamp at{};        // its stamp
    milliseconds served{}; // all that was served before it
    milliseconds hidden{}; // what crashes may have hidden of the time since
    bool over = false;     // ended, or of a time that the clock was set back from
};

// One store's truth, over all its lives.
struct truth {
    std::array<std::vector<rotation>, families> rotations; // by generation; the first is the login
    key_values acknowledged;                               // generations
    milliseconds served{0};
    timestamp_ms now{milliseconds{1'700'000'000'123}}; // service time
    timestamp_ms told{};                               // by a frame that is durable; the floor is not lower
    timestamp_ms set_from{};                           // a clock that is being set: its record is not acknowledged
    std::uint64_t cuts = 0, ages = 0;

    truth() {
        for (auto& of : rotations) {
            of.push_back({to_seconds(now), {}, {}, true});
        }
    }
};

using record_bytes = std::pair<record_type, std::vector<std::uint8_t>>;

record_bytes word_record(std::uint8_t family, std::uint64_t generation) {
    return {record_type::family_word, make_body(family, generation, 40)};
}
record_bytes told_record(const serving_record& r) {
    const serving_bytes bytes = encode_serving(r);
    return {record_type::serving, {bytes.begin(), bytes.end()}};
}

void check(const std::error_code& ec) {
    if (ec) {
        throw std::system_error(ec);
    }
}

// One process: recovers, goes on from the time that it found, and serves.
class life {
public:
    life(simulated_disk& disk, truth& t, timestamp_ms wall, bool sets_clock) : t_(t), store_(disk, {.window = window}) {
        const recovery_report& found = store_.log.report;
        // A reset that was cut off has happened or not.
        const bool set = t.set_from != timestamp_ms{} && found.last_time < t.set_from;
        BOOST_REQUIRE(found.last_time >= t.told || set);
        BOOST_REQUIRE(found.last_time <= (set || t.set_from == timestamp_ms{} ? t.now : t.set_from));
        t.set_from = {};
        t.told = found.last_time;
        outages_ = found.outages;
        for (std::uint8_t f = 0; f < families; ++f) {
            const std::uint64_t generation = generation_of(f);
            BOOST_REQUIRE(generation >= t.acknowledged[f] && generation < t.rotations[f].size());
            t.rotations[f].resize(generation + 1);
            t.acknowledged[f] = generation;
        }
        if (sets_clock && wall < found.last_time) {
            set_clock(found.last_time, wall);
        } else {
            begin(found.last_time, std::max(wall, found.last_time));
        }
        look();
    }

    void serve(std::mt19937_64& random) {
        for (int steps = static_cast<int>(random() % 24); steps > 0; --steps) {
            switch (random() % 10) {
            case 0:
                pass(window * 2 + milliseconds(random() % 4000)); // quiet
                break;
            case 1:
                store_.make_spare();
                break;
            case 2:
                snapshot();
                break;
            case 3:
            case 4:
            case 5:
                pass(milliseconds(random() % 1500));
                break;
            case 6:
                write({word_record(families, ++others_)}, false); // somebody else's
                break;
            default:
                rotate(static_cast<std::uint8_t>(random() % families));
            }
            look();
        }
    }

    void stop() {
        if (store_.appender.at().last_type != frame_type::clean) {
            store_.now = time_of_plain_frame();
            store_.stop_cleanly();
            t_.told = store_.now;
        }
    }

private:
    std::uint64_t generation_of(std::uint8_t family) const {
        const auto found = store_.log.state.find(family);
        return found == store_.log.state.end() ? 0 : found->second;
    }

    void begin(timestamp_ms stopped, timestamp_ms ready) {
        t_.now = ready;
        if (store_.log.report.fresh) {
            return;
        }
        const outage last{stopped, ready};
        outages_.add(last);
        untold_ = told_record(last);
        if (window_may_be_open()) {
            write({}, true);
        }
    }

    // First no window is left that it could open again (here: such a generation is passed over), then the record of it.
    void set_clock(timestamp_ms from, timestamp_ms to) {
        t_.now = to;
        t_.set_from = from;
        std::vector<record_bytes> ends;
        for (std::uint8_t f = 0; f < families; ++f) {
            if (t_.rotations[f].back().at + window + window_slack > to) {
                t_.rotations[f].push_back({to_seconds(to), t_.served, {}, true});
                ends.push_back(word_record(f, t_.rotations[f].size() - 1));
            }
        }
        if (!ends.empty()) {
            append(ends);
            acknowledge();
        }
        append({told_record(clock_set{to, from})});
        acknowledge();
        t_.set_from = {};
        t_.told = to;
        outages_.set_clock(from, to);
        if (window_may_be_open()) {
            open_until_ = t_.now + window + window_slack;
        }
    }

    bool window_may_be_open() const {
        return std::ranges::any_of(t_.rotations, [&](const auto& of) {
            const auto age = served_age(of.back().at, to_seconds(t_.now), outages_);
            return of.size() > 1 && age && *age <= window + window_slack;
        });
    }

    void rotate(std::uint8_t family) {
        auto& of = t_.rotations[family];
        of.push_back({to_seconds(t_.now), t_.served, {}, false});
        write({word_record(family, of.size() - 1)}, true);
    }

    void write(std::vector<record_bytes> records, bool opens_window) {
        if (untold_) {
            records.insert(records.begin(), *untold_);
        }
        append(records);
        untold_.reset();
        acknowledge();
        if (opens_window) {
            open_until_ = t_.now + window + window_slack;
        }
    }

    void append(const std::vector<record_bytes>& records) {
        std::size_t size = 0;
        for (const auto& [type, body] : records) {
            size += record_header_size + body.size();
        }
        store_.now = time_of_plain_frame();
        while (store_.appender.capacity(segment_zone::ordinary).value_or(0) < size) {
            BOOST_REQUIRE(store_.roll());
        }
        std::uint8_t* to = store_.appender.payload();
        for (const auto& [type, body] : records) {
            to += encode_record(to, static_cast<std::uint16_t>(type), 1, body);
        }
        check(store_.appender.append(frame_type::data, static_cast<std::uint32_t>(size),
                                     static_cast<std::uint32_t>(records.size()), t_.now));
    }
    void acknowledge() {
        t_.told = std::max(t_.told, t_.now);
        for (std::uint8_t f = 0; f < families; ++f) {
            t_.acknowledged[f] = store_.state[f] = t_.rotations[f].size() - 1;
        }
    }

    // A frame that tells a time after an outage tells of the outage as well, or the next start takes it for served.
    timestamp_ms time_of_plain_frame() const { return untold_ ? t_.told : t_.now; }

    // Nothing happens for so long but what the writer does of itself.
    void pass(milliseconds left) {
        while (left > milliseconds(0)) {
            const bool telling = t_.told < open_until_;
            const milliseconds step = telling ? std::clamp(t_.told + told_every - t_.now, milliseconds(0), left) : left;
            t_.now += step;
            t_.served += step;
            left -= step;
            if (telling && t_.now >= t_.told + told_every) {
                store_.now = t_.now;
                if (!store_.appender.capacity(segment_zone::ordinary)) {
                    BOOST_REQUIRE(store_.roll());
                }
                store_.commit();
                t_.told = t_.now;
            }
        }
    }

    void snapshot() {
        store_.now = time_of_plain_frame();
        if (!store_.appender.segment_is_empty()) {
            BOOST_REQUIRE(store_.roll());
            t_.told = store_.now;
        }
        const log_start& next = store_.appender.at().next;
        store_.s.note_seal(next.lsn);
        std::string why;
        const auto sink_all = [&](const record_sink& sink) {
            for (const auto& [key, value] : store_.state) {
                sink(static_cast<std::uint16_t>(record_type::family_word), 1, make_body(key, value, 40));
            }
            for (const outage& o : outages_.all()) {
                sink(static_cast<std::uint16_t>(record_type::serving), serving_version, encode_serving(o));
            }
            return snapshot_counts{1, store_.state.size(), 42};
        };
        store_.log.directory.write_snapshot(next, t_.now, sink_all, why);
    }

    // The windows, now: never one that opens again, never one that closes too early.
    void look() {
        for (const auto& of : t_.rotations) {
            const rotation& last = of.back();
            if (last.over) {
                continue;
            }
            const milliseconds served = t_.served - last.served;
            const std::optional<seconds> age = served_age(last.at, to_seconds(t_.now), outages_);
            BOOST_REQUIRE(age.has_value());
            if (served <= window) {
                BOOST_REQUIRE(*age <= window);
            } else if (served > window + last.hidden + cut) {
                BOOST_REQUIRE(*age > window);
            }
            ++t_.ages;
        }
    }

    truth& t_;
    small_store store_;
    outage_list outages_;
    std::optional<record_bytes> untold_;
    timestamp_ms open_until_{};
    std::uint64_t others_ = 0;
};

// A crash hides what was served since the last frame: a quarter of the window at most, while it was open.
void note_crash(truth& t) {
    ++t.cuts;
    for (auto& of : t.rotations) {
        for (rotation& r : of) {
            if (t.served - r.served <= window + r.hidden + cut + told_every) {
                r.hidden += told_every;
            }
        }
    }
}

timestamp_ms next_wall(const truth& t, std::mt19937_64& random, bool& sets_clock) {
    constexpr std::array<std::int64_t, 5> outages{0, 1, 900, 30'000, 86'400'000};
    constexpr std::array<std::int64_t, 4> back{500, 3'000, 40'000, 86'400'000};
    sets_clock = random() % 8 == 0;
    return sets_clock ? t.now - milliseconds(back.at(random() % back.size()))
                      : t.now + milliseconds(outages.at(random() % outages.size()));
}

void run_seed(std::uint64_t seed, std::uint64_t& cuts, std::uint64_t& ages) {
    std::mt19937_64 random{seed};
    const auto disk = std::make_shared<simulated_disk>();
    truth t;
    for (int i = 0; i < 12; ++i) {
        bool sets_clock = false;
        const timestamp_ms wall = next_wall(t, random, sets_clock);
        std::uint64_t operations_left = random() % 4 == 0 ? UINT64_MAX : random() % 200;
        disk->set_faults([&](disk_operation op, const std::string&) {
            simulated_disk::fault f;
            if (operations_left-- == 0) {
                f.cut_power = true;
                f.written = op == disk_operation::write ? random() % 4096 : SIZE_MAX;
            }
            return f;
        });
        bool stopped = false;
        try {
            life it(*disk, t, wall, sets_clock);
            it.serve(random);
            if (random() % 3 == 0) {
                it.stop();
                stopped = true;
            }
        } catch (const power_cut&) {
        }
        disk->set_faults({});
        if (!stopped) {
            note_crash(t);
        }
        if (random() % 4 != 0) {
            disk->cut_power(random);
        } else {
            disk->cut_power(true); // the process was killed; the kernel wrote what it held
        }
    }
    life(*disk, t, t.now, false);
    cuts += t.cuts;
    ages += t.ages;
}

void run_seeds(std::uint64_t first, std::uint64_t step, std::uint64_t last) {
    std::uint64_t cuts = 0, ages = 0;
    for (std::uint64_t seed = first; seed <= last; seed += step) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            try {
                run_seed(seed, cuts, ages);
            } catch (const refused& r) {
                BOOST_FAIL("refused " << r.status() << ": " << r.what());
            }
        }
    }
    BOOST_TEST_MESSAGE(cuts << " crashes, " << ages << " ages looked at");
    BOOST_TEST(ages > 0U);
}

} // namespace

BOOST_AUTO_TEST_SUITE(served_time_crash)

BOOST_AUTO_TEST_CASE(no_window_opens_again_and_none_closes_early_over_any_crashes) {
    const std::uint64_t first =
        std::getenv("PAWL_TEST_SEED") == nullptr ? 1 : std::stoull(std::getenv("PAWL_TEST_SEED"));
    run_seeds(first, 1, first - 1 + 100 * test_scale());
}

BOOST_AUTO_TEST_SUITE_END()
