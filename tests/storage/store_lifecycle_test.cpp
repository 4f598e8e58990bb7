// Restart, snapshot, sweep, memory: what outlives a request.
#include "core/family/decide.hpp"
#include "store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>

#include <unistd.h>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

constexpr seconds day{86400};

// Everything that must survive, as text, so that a difference can be read. Hints may be lost, and so may the last use
// where threads raced for it: a writer gives up on it when another was descheduled while writing (family_node.hpp).
enum class last_uses : std::uint8_t { compared, raced_for };
std::map<std::string, std::string> state_of(const embedded_store& data, const std::vector<family_id>& families,
                                            std::uint64_t users, last_uses uses = last_uses::compared) {
    std::map<std::string, std::string> out;
    const auto number = [](auto n) { return std::to_string(n) + " "; };
    for (const family_id& id : families) {
        const auto d = data.find_family_details(id);
        if (d) {
            const family_facts& f = d->state.facts;
            std::string& text = out["family " + to_hex(id)];
            text = number(d->state.word.facts().bits()) + number(f.user.value) + number(f.epoch) +
                   number(f.client.value) + number(f.created_at.time_since_epoch().count()) +
                   number(f.idle_ttl.count()) + number(f.absolute_ttl.count()) + number(d->state.user_version) +
                   number(d->state.gate.epoch);
            if (uses == last_uses::compared) {
                text += number(d->last_use.at.time_since_epoch().count()) + to_text(d->last_use.address) +
                        d->last_use.agent;
            }
        }
    }
    for (std::uint64_t id = 1; id <= users; ++id) {
        if (const user_ptr u = data.find_user(user_id{id})) {
            const std::vector<std::uint8_t> bytes = encode_user(*u);
            out["user " + std::to_string(id)].assign(bytes.begin(), bytes.end());
        }
        out["families of " + std::to_string(id)] = number(data.families_of(user_id{id}).size());
    }
    return out;
}

// The first thing that is not the same, for people; empty where all is.
std::string difference(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
    for (const auto& [key, value] : a) {
        const auto other = b.find(key);
        if (other == b.end() || other->second != value) {
            return key + ": " + value + " became " + (other == b.end() ? "nothing" : other->second);
        }
    }
    return a.size() == b.size() ? "" : "there is more than before";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_lifecycle, store_fixture)

BOOST_AUTO_TEST_CASE(state_after_a_restart_is_the_state_before_it) {
    for (std::uint64_t seed = 1; seed <= 5 * scale(); ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            disk = std::make_shared<memory_disk>();
            data.reset();
            start();
            random.seed(seed);
            std::vector<family_id> families;
            std::uint64_t users = 0;
            for (int step = 0; step < 600; ++step) {
                time.advance(seconds(random() % 100));
                const user_id u{users == 0 ? 0 : 1 + random() % users};
                switch (users == 0 ? 0 : random() % 10) {
                case 0: {
                    const auto r = data->insert_user(person("u" + std::to_string(random() % 40)));
                    users += r->email_taken ? 0U : 1U;
                    break;
                }
                case 1:
                case 2: {
                    const family_facts f = facts_for(u);
                    if (data->insert_family(f, family_word(), use("agent" + std::to_string(random() % 5)))
                            .has_value()) {
                        families.push_back(f.id);
                    }
                    break;
                }
                case 3: {
                    const user_ptr was = data->find_user(u);
                    if (was) {
                        user next = *was;
                        ++next.version;
                        if (random() % 4 == 0) {
                            next.deleted = true;
                            next.email.clear();
                            next.username.clear();
                            next.gate.enabled = false;
                        } else {
                            next.username = "n" + std::to_string(random() % 40);
                        }
                        ++next.gate.epoch;
                        next.gate.changed_at = time.now();
                        static_cast<void>(data->replace_user(next));
                    }
                    break;
                }
                case 4:
                    if (random() % 8 == 0) {
                        data->snapshot_now();
                    }
                    log->sync();
                    break;
                default:
                    if (!families.empty()) {
                        const family_id id = families[random() % families.size()];
                        const auto found = data->find_family(id);
                        if (found && found->word.live()) {
                            const family_word w = found->word;
                            const family_word next = random() % 6 == 0
                                                         ? w.with_status(family_status::logout)
                                                         : rotated(w).with_rotated_at(static_cast<std::uint32_t>(
                                                               (time.now() - found->facts.created_at).count()));
                            static_cast<void>(data->exchange_family(id, w, next, use("x" + std::to_string(step % 7))));
                        }
                    }
                }
            }
            const auto before = state_of(*data, families, users);
            const std::uint64_t names = data->statistics().login_names;
            restart();
            const auto after = state_of(*data, families, users);
            BOOST_TEST(difference(before, after) == "");
            BOOST_TEST(data->statistics().login_names <= names); // given-up ones are gone
            BOOST_TEST(data->statistics().next_user_id == users + 1);
            data->snapshot_now();
            restart();
            BOOST_TEST(difference(before, state_of(*data, families, users)) == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(snapshot_and_log_taken_under_write_load_are_the_live_state) {
    std::vector<user_id> users;
    std::vector<family_id> families;
    for (int i = 0; i < 20; ++i) {
        users.push_back(sign_up("u" + std::to_string(i)));
        for (int n = 0; n < 30; ++n) {
            families.push_back(log_in(users.back()).id);
        }
    }
    std::mutex added_mutex;
    std::vector<family_id> added;
    {
        const background_sync syncing(*log);
        std::atomic<bool> stop{false};
        std::vector<std::thread> writers;
        for (std::uint64_t t = 0; t < 3; ++t) {
            writers.emplace_back([&, t] {
                std::mt19937_64 own(t);
                while (!stop) {
                    const family_id& id = families[own() % families.size()];
                    const family_word w = word_of(id);
                    if (w.live()) {
                        const bool ends = own() % 50 == 0;
                        static_cast<void>(data->exchange_family(id, w,
                                                                ends ? w.with_status(family_status::admin) : rotated(w),
                                                                use("w" + std::to_string(t))));
                    }
                    if (own() % 20 == 0) {
                        family_facts f;
                        for (std::uint8_t& b : f.id.bytes) {
                            b = static_cast<std::uint8_t>(own());
                        }
                        f.user = users[own() % users.size()];
                        f.created_at = time.now();
                        f.idle_ttl = f.absolute_ttl = seconds(1000);
                        static_cast<void>(data->insert_family(f, family_word(), use()));
                        const std::lock_guard lock(added_mutex);
                        added.push_back(f.id);
                    }
                    if (own() % 20 == 0) {
                        user next = *data->find_user(users[own() % users.size()]);
                        ++next.version;
                        next.first_name = std::to_string(own());
                        static_cast<void>(data->replace_user(next));
                    }
                }
            });
        }
        for (std::size_t i = 0; i < 10 * scale(); ++i) {
            BOOST_TEST(data->snapshot_now());
        }
        stop = true;
        for (std::thread& t : writers) {
            t.join();
        }
    }
    families.insert(families.end(), added.begin(), added.end());
    const auto before = state_of(*data, families, users.size(), last_uses::raced_for);
    crash_and_start(); // all is synced: nothing may be missing
    BOOST_TEST(difference(before, state_of(*data, families, users.size(), last_uses::raced_for)) == "");
    BOOST_TEST(data->statistics().words_without_family == 0U);
    BOOST_TEST(data->statistics().families_without_user == 0U);
}

BOOST_AUTO_TEST_CASE(dead_families_go_a_day_after_their_end_and_two_snapshots_later_and_never_come_back) {
    const user_id u = sign_up("ann");
    const family_facts live = log_in(u), ended = log_in(u), gated = facts_for(u);
    family_facts other_epoch = gated;
    other_epoch.epoch = 9; // its user's gate never admits it
    static_cast<void>(data->insert_family(other_epoch, family_word(), use()));
    family_facts expired = facts_for(u);
    expired.idle_ttl = seconds(60);
    static_cast<void>(data->insert_family(expired, family_word(), use()));
    user next = *data->find_user(u);
    ++next.version;
    next.gate.changed_at = time.now();
    static_cast<void>(data->replace_user(next));
    static_cast<void>(
        data->exchange_family(ended.id, family_word(), family_word().with_status(family_status::reuse), use()));

    const auto left = [&] { return data->statistics().families; };
    data->snapshot_now();
    data->snapshot_now();
    data->maintain_once();
    BOOST_TEST(left() == 4U); // not a day yet
    time.advance(day + seconds(61));
    data->maintain_once();
    data->maintain_once();
    BOOST_TEST(left() == 4U); // no snapshot since they were found dead
    data->snapshot_now();
    data->maintain_once();
    BOOST_TEST(left() == 4U);
    data->snapshot_now();
    const std::uint64_t records = log->stats().records;
    data->maintain_once();
    BOOST_TEST(left() == 1U);
    BOOST_TEST(log->stats().records == records); // the sweep writes nothing
    BOOST_TEST(data->find_family(live.id).has_value());
    BOOST_TEST(!data->find_family(ended.id).has_value());
    BOOST_TEST(data->families_of(u).size() == 1U);
    BOOST_TEST(data->statistics().families_dropped == 3U);

    // From the snapshots that still have them they come back dead, if at all.
    crash_and_start();
    for (const family_id& id : {ended.id, expired.id, other_epoch.id}) {
        if (const auto found = data->find_family(id)) {
            BOOST_TEST(!alive(*found, time.now()));
        }
    }
}

BOOST_AUTO_TEST_CASE(families_of_a_disabled_user_are_kept_while_they_may_matter) {
    const user_id u = sign_up("ann");
    static_cast<void>(log_in(u));
    user next = *data->find_user(u);
    ++next.version;
    next.gate.enabled = false;
    next.gate.changed_at = time.now();
    static_cast<void>(data->replace_user(next));
    time.advance(2 * day);
    for (int i = 0; i < 4; ++i) {
        data->maintain_once();
        data->snapshot_now();
    }
    BOOST_TEST(data->statistics().families == 1U);
    BOOST_TEST(data->statistics().families_alive == 0U);
}

BOOST_AUTO_TEST_CASE(mark_is_taken_back_where_the_family_is_not_dead_any_more) {
    const user_id u = sign_up("ann");
    family_facts f = facts_for(u);
    f.idle_ttl = seconds(60);
    static_cast<void>(data->insert_family(f, family_word(), use()));
    time.advance(day + seconds(61));
    data->maintain_once(); // marked
    time.advance(-day);    // `/dev/clock` may go back
    data->maintain_once();
    time.advance(day);
    data->snapshot_now();
    data->snapshot_now();
    data->maintain_once(); // marked anew: two snapshots are due again
    BOOST_TEST(data->statistics().families == 1U);
}

BOOST_AUTO_TEST_CASE(tombstones_go_like_families_once_theirs_are_gone) {
    const user_id u = sign_up("ann");
    static_cast<void>(log_in(u));
    user gone = *data->find_user(u);
    ++gone.version;
    gone.deleted = true;
    gone.email.clear();
    gone.username.clear();
    gone.gate.enabled = false;
    gone.gate.changed_at = time.now();
    static_cast<void>(data->replace_user(gone));
    log->sync();
    data->maintain_once();
    BOOST_TEST(data->statistics().tombstones == 1U);
    BOOST_TEST(data->statistics().login_names == 0U);
    time.advance(day);
    for (int i = 0; i < 2; ++i) {
        data->maintain_once();
        data->snapshot_now();
        BOOST_TEST(data->statistics().users == 1U);
    }
    data->maintain_once(); // family and, since its list is empty then, the tombstone
    BOOST_TEST(data->statistics().families == 0U);
    BOOST_TEST(data->statistics().users == 0U);
    BOOST_TEST((data->insert_family(facts_for(u), family_word(), use()).error().code == errc::user_not_found));
    data->snapshot_now();
    restart();
    BOOST_TEST((sign_up("bob").value > u.value)); // the number stays given
}

BOOST_AUTO_TEST_CASE(outage_is_from_the_last_record_to_the_restart) {
    BOOST_TEST(data->outages().empty()); // the first start
    static_cast<void>(sign_up("ann"));
    const timestamp stopped = time.now();
    log->sync();
    time.advance(seconds(500));
    crash_and_start();
    BOOST_TEST_REQUIRE(data->outages().all().size() == 1U);
    BOOST_TEST((data->outages().all()[0] == outage{stopped, time.now()}));
}

BOOST_AUTO_TEST_CASE(stopped_store_takes_no_change_and_says_so) {
    static_cast<void>(sign_up("ann"));
    BOOST_TEST(data->stop(milliseconds(1000)));
    BOOST_TEST(data->why_not_ready() != nullptr);
    BOOST_TEST((data->insert_user(person("bob")).error().code == errc::storage_unavailable));
    BOOST_TEST(data->stop(milliseconds(1000))); // again is fine
}

BOOST_AUTO_TEST_CASE(snapshots_are_taken_when_the_log_has_grown_enough) {
    options.snapshot_log_bytes = 2000;
    restart();
    data->maintain_once();
    BOOST_TEST(data->statistics().snapshots == 0U);
    for (int i = 0; i < 20; ++i) {
        static_cast<void>(sign_up("u" + std::to_string(i)));
    }
    data->maintain_once();
    data->maintain_once();
    BOOST_TEST(data->statistics().snapshots == 1U);
    BOOST_TEST(data->statistics().snapshot_bytes > 1000U);
}

BOOST_AUTO_TEST_CASE(maintenance_thread_does_it_all_by_itself) {
    options.maintenance_thread = true;
    options.maintenance_interval = milliseconds(1);
    options.sweep_interval = milliseconds(1);
    options.snapshot_log_bytes = 0;
    options.dead_retention = seconds(0);
    restart();
    const background_sync syncing(*log);
    const user_id u = sign_up("ann");
    const family_facts f = log_in(u);
    static_cast<void>(
        data->exchange_family(f.id, family_word(), family_word().with_status(family_status::logout), use()));
    time.advance(seconds(1));                     // an end counts from the second after it
    while (data->find_family(f.id).has_value()) { // ctest's limit ends a hang
        user next = *data->find_user(u);
        ++next.version;
        static_cast<void>(data->replace_user(next)); // grows the log
        std::this_thread::yield();
    }
    BOOST_TEST(data->statistics().families == 0U);
}

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized_addresses = true;
#elif defined(__has_feature)
constexpr bool sanitized_addresses = __has_feature(address_sanitizer);
#else
constexpr bool sanitized_addresses = false;
#endif

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t pages_total = 0, pages_resident = 0;
    statm >> pages_total >> pages_resident;
    return pages_resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

// The long form: PAWL_TEST_SCALE=200 creates and expires 10 million.
BOOST_AUTO_TEST_CASE(memory_stays_flat_over_families_created_and_expired) {
    log->discards = true;
    const user_id u = sign_up("ann");
    const std::size_t rounds = 10, each = 5'000 * scale();
    std::vector<std::size_t> resident;
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < each; ++i) {
            static_cast<void>(log_in(u));
            if (i % 1000 == 999) {
                log->sync();
            }
        }
        resident.push_back(resident_bytes());
        time.advance(seconds(91 * 86400));
        for (int i = 0; i < 3; ++i) {
            data->maintain_once();
            data->snapshot_now();
        }
        BOOST_TEST(data->statistics().families == 0U);
    }
    BOOST_TEST(data->statistics().families_dropped == rounds * each);
    BOOST_TEST(data->statistics().slabs_given_back > 0U);
    if (!sanitized_addresses) { // AddressSanitizer keeps what is freed in quarantine, up to 256 MiB
        BOOST_TEST(resident.back() <= resident[1] + resident[1] / 5);
    }
}

// What the retirement of a refresh key asks: how long the tokens of before may come.
BOOST_AUTO_TEST_CASE(the_last_expiry_is_that_of_the_longest_family_of_before_that_may_live) {
    const timestamp begin = time.now();
    BOOST_TEST(!data->last_expiry(begin).has_value());
    const user_id ann = sign_up("ann"), bob = sign_up("bob");
    const auto add = [&](user_id owner, seconds ttl, timestamp created) {
        family_facts f = facts_for(owner);
        f.created_at = created;
        f.idle_ttl = seconds(60);
        f.absolute_ttl = ttl;
        data->insert_family(f, family_word(), use()).value();
        return f.id;
    };
    const family_id longest = add(ann, seconds(90 * 86400), begin);
    add(bob, seconds(30 * 86400), begin);
    add(ann, seconds(5 * 86400), begin);
    time.advance(seconds(10));
    add(ann, seconds(200 * 86400), begin + seconds(10)); // of the key after
    BOOST_TEST((data->last_expiry(begin) == begin + seconds(90 * 86400)));
    BOOST_TEST((data->last_expiry(begin + seconds(9)) == begin + seconds(90 * 86400)));
    BOOST_TEST(!data->last_expiry(begin - seconds(1)).has_value());
    // Idle ones count: by another clock they live.
    time.advance(seconds(86400));
    BOOST_TEST((data->last_expiry(begin) == begin + seconds(90 * 86400)));
    // Ended ones do not, nor those behind a gate that is closed for good.
    data->exchange_family(longest, family_word(), family_word().with_status(family_status::logout), use()).value();
    BOOST_TEST((data->last_expiry(begin) == begin + seconds(30 * 86400)));
    user disabled = *data->find_user(bob);
    ++disabled.version;
    disabled.gate.enabled = false;
    data->replace_user(disabled).value();
    BOOST_TEST((data->last_expiry(begin) == begin + seconds(30 * 86400))); // may be enabled again
    ++disabled.version;
    disabled.gate.raise_epoch();
    data->replace_user(disabled).value();
    BOOST_TEST((data->last_expiry(begin) == begin + seconds(5 * 86400)));
    // The time of a creation in the future is not known.
    add(ann, seconds(7 * 86400), begin + seconds(100 * 86400));
    BOOST_TEST((data->last_expiry(begin) == begin + seconds(107 * 86400)));
}

BOOST_AUTO_TEST_SUITE_END()
