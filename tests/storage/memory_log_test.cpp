// A store in memory: durable at once, its whole state as an image, held back where a test of clients wants it.
#include "storage/store/memory_log.hpp"

#include "storage/store/embedded_store.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

using namespace pawl;
using namespace pawl::storage;

namespace {

class fixed_clock final : public clock {
public:
    timestamp_ms now_ms() const override { return timestamp_ms(milliseconds(1'800'000'000'000)); }
};

struct store_in_memory {
    explicit store_in_memory(memory_image_ptr from = nullptr) {
        auto made = std::make_unique<memory_log>(std::move(from));
        log = made.get();
        embedded_store_options options;
        options.maintenance_thread = false;
        data = embedded_store::open_on(std::move(made), std::move(options), time);
    }
    user_id add(const std::string& email) const {
        user u;
        u.email = u.username = email;
        u.created_at = time.now();
        return data->insert_user(u)->id;
    }
    family_id open(user_id owner, std::uint8_t number) const {
        family_facts facts;
        facts.id.bytes[0] = number;
        facts.user = owner;
        facts.created_at = time.now();
        facts.idle_ttl = facts.absolute_ttl = seconds(1000);
        const auto inserted = data->insert_family(facts, family_word{}, {time.now(), {}, "agent"});
        BOOST_REQUIRE(inserted.has_value());
        BOOST_TEST(data->is_durable(inserted->wait_for));
        return facts.id;
    }

    fixed_clock time;
    memory_log* log = nullptr;
    std::unique_ptr<embedded_store> data;
};

} // namespace

BOOST_AUTO_TEST_SUITE(memory_log_test)

BOOST_AUTO_TEST_CASE(what_is_enqueued_is_durable_at_once) {
    const store_in_memory s;
    const user_id owner = s.add("a@example.com");
    const family_id id = s.open(owner, 1);
    const auto rotated =
        s.data->exchange_family(id, family_word{}, family_word{}.with_generation(1), {s.time.now(), {}, "agent"});
    BOOST_REQUIRE(rotated.has_value());
    BOOST_TEST(s.data->is_durable(rotated->wait_for));
    BOOST_TEST((*s.data->observe_family(id, family_word{}.with_generation(1)) == ticket::none));
    BOOST_TEST(s.data->stop(milliseconds(1000)));
}

BOOST_AUTO_TEST_CASE(an_image_is_the_whole_state_and_the_next_store_goes_on_from_it) {
    memory_image_ptr image;
    family_id id;
    {
        const store_in_memory s;
        const user_id owner = s.add("a@example.com");
        id = s.open(owner, 7);
        s.data->exchange_family(id, family_word{}, family_word{}.with_generation(3), {s.time.now(), {}, "other"});
        image = s.log->image(*s.data);
        s.add("late@example.com");
    }
    BOOST_REQUIRE(image);
    BOOST_TEST(image->counts.users == 1U);
    BOOST_TEST(image->counts.families == 1U);
    for (int turn = 0; turn < 2; ++turn) { // an image may be used again
        const store_in_memory s(image);
        BOOST_TEST(s.data->find_user_by_login("a@example.com") != nullptr);
        BOOST_TEST(s.data->find_user_by_login("late@example.com") == nullptr);
        const auto family = s.data->find_family_details(id);
        BOOST_REQUIRE(family.has_value());
        BOOST_TEST(family->state.word.generation() == 3U);
        BOOST_TEST(family->last_use.agent == "other");
        BOOST_TEST(s.data->outages().empty());
        BOOST_TEST(s.add("b@example.com").value == 2U);
    }
}

BOOST_AUTO_TEST_CASE(snapshots_that_nobody_asked_for_are_not_kept) {
    const store_in_memory s;
    s.add("a@example.com");
    BOOST_TEST(s.log->stats().sealed_bytes_since_snapshot > 0U);
    BOOST_TEST(s.data->snapshot_now());
    BOOST_TEST(s.log->stats().sealed_bytes_since_snapshot == 0U);
    BOOST_TEST(s.data->statistics().snapshot_bytes == 0U);
}

BOOST_AUTO_TEST_CASE(an_image_taken_under_changes_is_a_state_there_was) {
    const store_in_memory s;
    const user_id owner = s.add("a@example.com");
    const family_id id = s.open(owner, 1);
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (std::uint32_t g = 0; !stop; ++g) {
            const family_word now = family_word{}.with_generation(g);
            s.data->exchange_family(id, now, now.with_generation(g + 1), {s.time.now(), {}, "agent"});
        }
    });
    std::uint32_t before = 0;
    for (int i = 0; i < 50; ++i) {
        const memory_image_ptr image = s.log->image(*s.data);
        BOOST_REQUIRE(image);
        const store_in_memory copy(image);
        const auto family = copy.data->find_family(id);
        BOOST_REQUIRE(family.has_value());
        BOOST_TEST(family->word.generation() >= before);
        before = family->word.generation();
    }
    stop = true;
    writer.join();
}

BOOST_AUTO_TEST_CASE(what_is_held_becomes_durable_when_its_time_has_come) {
    const store_in_memory s;
    const user_id owner = s.add("a@example.com");
    const memory_log::steady_time until = std::chrono::steady_clock::now() + std::chrono::hours(1);
    s.log->hold_until(until);
    family_facts facts;
    facts.id.bytes[0] = 1;
    facts.user = owner;
    facts.created_at = s.time.now();
    facts.idle_ttl = facts.absolute_ttl = seconds(1000);
    const auto inserted = s.data->insert_family(facts, family_word{}, {s.time.now(), {}, "agent"});
    BOOST_REQUIRE(inserted.has_value());
    BOOST_TEST(!s.data->is_durable(inserted->wait_for));
    BOOST_TEST((s.log->release(until - milliseconds(1)) == until));
    BOOST_TEST(!s.data->is_durable(inserted->wait_for));
    BOOST_TEST(!s.log->release(until).has_value());
    BOOST_TEST(s.data->is_durable(inserted->wait_for));
}

BOOST_AUTO_TEST_CASE(a_stop_holds_nothing_back) {
    const store_in_memory s;
    s.log->hold_until(std::chrono::steady_clock::now() + std::chrono::hours(1));
    user u;
    u.email = u.username = "a@example.com";
    const auto inserted = s.data->insert_user(u);
    BOOST_REQUIRE(inserted.has_value());
    BOOST_TEST(!s.data->is_durable(inserted->wait_for));
    BOOST_TEST(s.data->stop(milliseconds(1000)));
    BOOST_TEST(s.data->is_durable(inserted->wait_for));
}

BOOST_AUTO_TEST_CASE(a_log_that_was_let_go_holds_nothing_any_more) {
    const store_in_memory s;
    s.log->let_go();
    s.log->hold_until(std::chrono::steady_clock::now() + std::chrono::hours(1));
    user u;
    u.email = u.username = "a@example.com";
    const auto inserted = s.data->insert_user(u);
    BOOST_REQUIRE(inserted.has_value());
    BOOST_TEST(s.data->is_durable(inserted->wait_for));
}

BOOST_AUTO_TEST_SUITE_END()
