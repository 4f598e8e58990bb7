// Power cuts while codes are used, come back, and what their sessions hang on ends, on a simulated disk with the log's
// writer at work: what is found then is what there was after some change, and no earlier one than the last that was
// told durable. So a code whose use was told is used, and a session whose end was told is dead.
#include "core/family/decide.hpp"
#include "storage/store/embedded_store.hpp"
#include "tests/storage/log_fixture.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/storage/told_states.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

using namespace pawl;
using namespace pawl::storage;
using pawl::storage::test::life_of;
using pawl::storage::test::manual_clock;
using pawl::storage::test::small_segments;
using pawl::storage::test::told_states;
using pawl::test::simulated_disk;
using pawl::test::test_scale;

namespace {

constexpr std::uint8_t codes = 12, sessions = 3, clients = 2;

family_id code_id(std::uint8_t number) {
    return family_id{{1, number}};
}
family_id session_id(std::uint8_t number) {
    return family_id{{2, number}};
}

struct crashing_store {
    manual_clock time;
    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    std::unique_ptr<embedded_store> data;
    user_id ann;

    void open() {
        embedded_store_options o = small_segments(disk->mount());
        o.dead_retention = seconds(0); // but for the code, the sweep would drop all that is dead
        o.dead_families_max = 1;
        data = embedded_store::open(std::move(o), time);
    }
    void begin() {
        open();
        ann = data->insert_user(storage::test::store_fixture::person("ann")).value().id;
        ticket last = ticket::none;
        for (std::uint8_t i = 0; i < clients; ++i) {
            client c;
            c.client_id = "shop" + std::to_string(i);
            last = data->put_client(c).value().wait_for;
        }
        for (std::uint8_t i = 0; i < sessions; ++i) {
            last = data->insert_family(facts_of(session_id(i), web_client), family_word(), {}).value().wait_for;
        }
        while (!data->is_durable(last)) {
            std::this_thread::yield();
        }
    }
    family_facts facts_of(const family_id& id, client_number of) const {
        family_facts f;
        f.id = id;
        f.user = ann;
        f.client = of;
        f.created_at = time.now();
        f.idle_ttl = f.absolute_ttl = seconds(1'000'000);
        return f;
    }
    client_ptr client_of(std::uint8_t number) const {
        return data->find_client(client_number{first_registered_client.value + number % clients});
    }

    std::string text_of(const family_id& id) const {
        const auto seen = data->find_family(id);
        if (!seen) {
            return "-";
        }
        return std::to_string(static_cast<int>(seen->word.status())) + (alive(*seen, time.now()) ? "+" : "!") +
               std::to_string(seen->facts.client.value) + "." + std::to_string(seen->facts.grant.client_epoch) + "^" +
               std::to_string(seen->facts.origin.parent.bytes[1]);
    }
    // Everything that may be asked, as one text.
    std::string all() const {
        std::string text;
        for (std::uint8_t i = 0; i < sessions; ++i) {
            const auto seen = data->find_family(session_id(i)); // dead ones are swept
            text += seen && alive(*seen, time.now()) ? "+ " : "! ";
        }
        for (std::uint8_t i = 0; i < codes; ++i) {
            text += text_of(code_id(i)) + " ";
        }
        return text;
    }

    result<ticket> end(const family_id& id, family_status why) {
        const auto seen = data->find_family(id);
        if (!seen || !seen->word.live()) {
            return ticket::none;
        }
        const result<exchange_result> done = data->exchange_family(id, seen->word, seen->word.with_status(why), {});
        return done ? result<ticket>(done->wait_for) : done.error();
    }
    // C4; C5 where it was used.
    result<ticket> use(std::uint8_t number, std::uint8_t session) {
        const client_ptr who = client_of(number);
        family_facts f = facts_of(code_id(number), who->number);
        f.grant.client_epoch = who->epoch;
        f.origin.parent = session < sessions ? session_id(session) : family_id{};
        const result<inserted_family> done = data->insert_family(f, family_word(), {});
        if (!done) {
            return done.error();
        }
        return done->exists ? end(f.id, family_status::code_reuse) : result<ticket>(done->wait_for);
    }
    // One change of any kind; storage_unavailable if the log has no room at the moment.
    result<ticket> change(std::mt19937_64& random) {
        const auto number = static_cast<std::uint8_t>(random() % codes);
        switch (random() % 8) {
        case 0:
            return end(session_id(number % sessions), family_status::signed_out);
        case 1: {
            client next = *client_of(number);
            ++next.version;
            next.raise_epoch();
            const result<put_result> done = data->put_client(next);
            return done ? result<ticket>(done->wait_for) : done.error();
        }
        default:
            return use(number, static_cast<std::uint8_t>(random() % (sessions + 1)));
        }
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(code_crash)

BOOST_AUTO_TEST_CASE(after_a_power_cut_codes_and_sessions_are_as_after_some_change_and_what_was_told_stands) {
    for (std::uint64_t seed = 0; seed < 40 * test_scale(); ++seed) {
        std::mt19937_64 random(seed);
        crashing_store store;
        store.begin();
        for (int life = 0; life < 4; ++life) {
            told_states told(store.all());
            for (std::uint64_t n = random() % 20; n > 0; --n) {
                const result<ticket> done = store.change(random);
                if (done && *done != ticket::none) {
                    told.add(*done, store.all());
                } else if (!done) { // no room until the next segment is there
                    BOOST_REQUIRE((done.error().code == errc::storage_unavailable));
                    BOOST_REQUIRE(store.all() == told.last());
                }
                if (random() % 8 == 0) { // a sweep with its snapshots: no code is forgotten
                    store.data->maintain_once();
                    static_cast<void>(store.data->snapshot_now());
                    BOOST_REQUIRE(store.all() == told.last());
                }
                store.time.advance(seconds(random() % 2));
            }
            told.cut_power(store, random, life_of(seed, life));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
