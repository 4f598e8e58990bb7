// Power cuts while clients, APIs, scopes and revoked tokens change, on a simulated disk with the log's writer at work:
// what is found then is what there was after some change, and no earlier one than the last that was told durable.
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

constexpr std::uint8_t names = 4, tokens = 8;

struct crashing_store {
    manual_clock time;
    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    std::unique_ptr<embedded_store> data;

    void open() { data = embedded_store::open(small_segments(disk->mount()), time); }

    // Everything that may be asked, as one text.
    std::string all() const {
        std::string text;
        for (const client_ptr& c : data->clients_after({}, 1000)) {
            text += c->client_id + " " + std::to_string(c->number.value) + "." + std::to_string(c->version) + "; ";
        }
        const catalogue_ptr known = data->find_catalogue();
        for (const api_ptr& a : known->apis) {
            text += a->identifier + " " + std::to_string(a->number.value) + "." + std::to_string(a->version) + "; ";
        }
        for (const scope_ptr& s : known->scopes) {
            text += s->name + " " + std::to_string(s->number.value) + "." + std::to_string(s->version) + "; ";
        }
        for (std::uint8_t i = 0; i < tokens; ++i) {
            text += data->is_revoked(token_id{{1, i}}) ? "r" : "-";
        }
        return text;
    }

    // One change of any kind; storage_unavailable if the log has no room at the moment.
    result<put_result> change(std::mt19937_64& random) {
        const std::string name = "n" + std::to_string(random() % names);
        const bool removes = random() % 4 == 0;
        const auto put_one = [&](auto wanted, const auto* there, auto put) -> result<put_result> {
            if (there != nullptr) {
                wanted = *there;
                ++wanted.version;
                wanted.removed = removes;
            }
            return put(wanted);
        };
        switch (random() % 4) {
        case 0: {
            client c;
            c.client_id = name;
            c.redirect_uris.assign(random() % 20, std::string(900, 'u')); // so that segments end
            const client_ptr there = data->find_client(name);
            return put_one(c, there.get(), [&](const client& r) { return data->put_client(r); });
        }
        case 1: {
            api a;
            a.identifier = name;
            return put_one(a, data->find_catalogue()->find_api(name), [&](const api& r) { return data->put_api(r); });
        }
        case 2: {
            scope s;
            s.name = name;
            const catalogue_ptr known = data->find_catalogue();
            return put_one(s, known->find_scope(name), [&](const scope& r) { return data->put_scope(r); });
        }
        default:
            return data->put_revoked({token_id{{1, static_cast<std::uint8_t>(random() % tokens)}},
                                      first_registered_client, time.now() + seconds(1'000'000)});
        }
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(registry_crash)

BOOST_AUTO_TEST_CASE(
    after_a_power_cut_all_is_as_it_was_after_some_change_that_was_not_told_durable_or_the_last_that_was) {
    for (std::uint64_t seed = 0; seed < 40 * test_scale(); ++seed) {
        std::mt19937_64 random(seed);
        crashing_store store;
        store.open();
        for (int life = 0; life < 4; ++life) {
            told_states told(store.all());
            for (std::uint64_t n = random() % 30; n > 0; --n) {
                const result<put_result> done = store.change(random);
                if (done) {
                    told.add(done->wait_for, store.all());
                } else { // no room until the next segment is there
                    BOOST_REQUIRE((done.error().code == errc::storage_unavailable));
                    BOOST_REQUIRE(store.all() == told.last());
                }
                if (random() % 12 == 0) {
                    static_cast<void>(store.data->snapshot_now());
                }
            }
            told.cut_power(store, random, life_of(seed, life));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
