// What follows from the declarations of storage/entity is what was written by hand before them, byte for byte, and what
// was refused is refused.
#include "handwritten_codec.hpp"
#include "storage/entity/event.hpp"
#include "storage/entity/family.hpp"
#include "storage/entity/user.hpp"
#include "storage/record/codec.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::storage;

namespace {

using bytes = std::vector<std::uint8_t>;

std::size_t times() {
    const char* const text = std::getenv("PAWL_TEST_SCALE");
    return text == nullptr ? 1 : std::max(1UL, std::strtoul(text, nullptr, 10));
}

class records {
public:
    explicit records(std::uint64_t seed) : random_(seed) {}

    std::uint64_t number(std::uint64_t below) { return random_() % below; }
    bool often() { return number(4) != 0; }
    std::string text(std::size_t max) {
        std::string out(often() ? number(std::min<std::size_t>(max, 20) + 1) : number(max + 1), '\0');
        for (char& c : out) {
            c = static_cast<char>(number(256));
        }
        return out;
    }
    template <class Id>
    Id id() {
        Id out;
        for (std::uint8_t& b : out.bytes) {
            b = static_cast<std::uint8_t>(number(256));
        }
        return often() ? out : Id{};
    }
    timestamp time() {
        const auto s = static_cast<std::int64_t>(number(std::uint64_t{1} << 41U)) - (std::int64_t{1} << 40U);
        return timestamp(seconds(often() ? s / 1000 : s));
    }
    family_word word() {
        const family_word any(random_());
        return any.with_status(static_cast<family_status>(number(7)));
    }
    family_use use() { return {time(), id<peer_address>(), text(300)}; }
    use_view view(const family_use& u) {
        return view_of(static_cast<std::uint32_t>(number(family_word::generation_max + 1ULL)), u);
    }

    void fill(family_word_record& r, const family_use& u) {
        r = {id<family_id>(), word(), static_cast<std::uint32_t>(random_()), view(u)};
        r.id.bytes[0] |= 1U;
    }
    void fill(family_created_record& r, const family_use& u) {
        r.facts = {id<family_id>(),
                   user_id{random_() | 1U},
                   client_number{static_cast<std::uint32_t>(random_())},
                   static_cast<std::uint32_t>(random_()),
                   time(),
                   seconds(number(std::uint64_t{1} << 32U)),
                   seconds(number(std::uint64_t{1} << 32U)),
                   {},
                   {}};
        r.facts.id.bytes[0] |= 1U;
        r.word = word();
        r.ended_after = static_cast<std::uint32_t>(random_());
        r.use = view(u);
    }
    void fill(security_event& e, const family_use& u) {
        e.kind = static_cast<event_kind>(1 + number(static_cast<std::size_t>(last_event_kind)));
        e.user = {random_()};
        e.family = id<family_id>();
        e.generation_presented = static_cast<std::uint32_t>(random_());
        e.generation_current = static_cast<std::uint32_t>(random_());
        e.presented = u;
        e.last = use();
        e.by = {has_words(e.kind) ? random_() : 0};
        e.about = has_words(e.kind) ? text(150) : std::string();
    }
    void fill(user& u, const family_use& /*use*/) {
        u.id = {random_() | 1U};
        u.version = random_() | 1U;
        u.email = text(300);
        u.username = text(300);
        u.first_name = text(300);
        u.surname = text(300);
        u.password_hash = text(often() ? 200 : 66'000);
        u.roles.resize(often() ? number(4) : number(300));
        for (std::string& role : u.roles) {
            role = text(often() ? 20 : 400);
        }
        u.email_verified = often();
        u.is_superuser = often();
        u.deleted = often();
        u.created_at = time();
        u.gate = {static_cast<std::uint32_t>(random_()), id<family_id>(), often(), static_cast<gate_reason>(number(6)),
                  time()};
    }

private:
    std::mt19937_64 random_;
};

template <class Record>
bytes by_hand(const Record& r) {
    handwritten::record_buffer buffer;
    const auto written = buffer.encode(r);
    return {written.begin(), written.end()};
}
bytes by_hand(const user& u) {
    return handwritten::encode_user(u);
}
template <class Record>
bytes by_declaration(const Record& r) {
    record_buffer buffer;
    const auto written = buffer.encode(r);
    const bytes out{written.begin(), written.end()};
    BOOST_REQUIRE(out == encode_body(r)); // what needs no memory, and what has room for any
    return out;
}
bytes by_declaration(const user& u) {
    return encode_body(u);
}

bytes damaged(bytes body, records& random) {
    const auto any = [&] { return static_cast<std::uint8_t>(random.number(256)); };
    switch (random.number(6)) {
    case 0: // a few bits
        for (std::size_t flips = 1 + random.number(3); flips > 0 && !body.empty(); --flips) {
            body[random.number(body.size())] ^= static_cast<std::uint8_t>(1U << random.number(8));
        }
        break;
    case 1: // a byte near the beginning, where most fields are
        if (!body.empty()) {
            body[random.number(std::min<std::size_t>(body.size(), 120))] = any();
        }
        break;
    case 2:
        body.resize(random.number(body.size() + 1));
        break;
    case 3:
        body.insert(body.begin() + static_cast<std::ptrdiff_t>(random.number(body.size() + 1)), any());
        break;
    case 4:
        if (!body.empty()) {
            body.erase(body.begin() + static_cast<std::ptrdiff_t>(random.number(body.size())));
        }
        break;
    default:
        body.resize(random.number(300));
        std::generate(body.begin(), body.end(), any);
    }
    return body;
}

// One record of the kind: written alike; and its damaged body is read alike.
template <class Record>
struct compared {
    std::size_t good = 0, malformed = 0, newer = 0;

    void write(records& random) {
        const family_use use = random.use();
        Record r{};
        random.fill(r, use);
        const bytes expected = by_hand(r);
        BOOST_REQUIRE(by_declaration(r) == expected);
        if constexpr (requires { handwritten::version_of(r); }) {
            BOOST_REQUIRE(version_of(r) == handwritten::version_of(r));
        } else {
            BOOST_REQUIRE(version_of(r) == 1);
        }
        if (!expected.empty()) {
            read(expected, version_of(r));
        }
    }
    void read_damaged(records& random) {
        const family_use use = random.use();
        Record r{};
        random.fill(r, use);
        const bytes body = damaged(by_hand(r), random);
        read(body, random.often() ? version_of(r) : static_cast<std::uint16_t>(random.number(4)));
    }
    void read(const bytes& body, std::uint16_t version) {
        const record_view record{static_cast<std::uint16_t>(declaration<Record>::type), version, body, 1, {}};
        Record a{}, b{};
        const decoding expected = handwritten::decode(record, a);
        const decoding got = storage::decode(record, b);
        if (expected == decoding::newer && version <= declaration<Record>::version) {
            ++newer; // of a version that came after what was written by hand
            return;
        }
        BOOST_REQUIRE((got == expected));
        if (got == decoding::ok) {
            BOOST_REQUIRE(by_hand(a) == body);
            BOOST_REQUIRE(by_declaration(b) == body);
        }
        ++(got == decoding::ok ? good : got == decoding::newer ? newer : malformed);
    }
};

template <class Visit>
void for_each_record(const Visit& visit) {
    visit.template operator()<user>();
    visit.template operator()<family_created_record>();
    visit.template operator()<family_word_record>();
    visit.template operator()<security_event>();
}

} // namespace

BOOST_AUTO_TEST_SUITE(entity_codec)

BOOST_AUTO_TEST_CASE(random_records_are_written_as_by_hand) {
    for_each_record([]<class Record>() {
        records random(1);
        compared<Record> all;
        for (std::size_t i = 0; i < 5'000 * times(); ++i) {
            all.write(random);
        }
        BOOST_TEST(all.good > 1'000U);
        BOOST_TEST(all.malformed + all.newer == 0U);
    });
}

BOOST_AUTO_TEST_CASE(damaged_bodies_are_judged_as_by_hand) {
    for_each_record([]<class Record>() {
        records random(2);
        compared<Record> all;
        for (std::size_t i = 0; i < 50'000 * times(); ++i) {
            all.read_damaged(random);
        }
        BOOST_TEST(all.good > 1'000U); // damage to an id or a text is another record
        BOOST_TEST(all.malformed > 10'000U);
        BOOST_TEST(all.newer > 1'000U);
    });
}

BOOST_AUTO_TEST_CASE(a_body_shorter_or_longer_by_any_number_of_bytes_is_judged_as_by_hand) {
    for_each_record([]<class Record>() {
        records random(3);
        compared<Record> all;
        const family_use use = random.use();
        Record r{};
        random.fill(r, use);
        bytes body = by_hand(r);
        for (; !body.empty(); body.pop_back()) {
            all.read(body, version_of(r));
        }
        BOOST_TEST(all.good == 1U);
    });
}

BOOST_AUTO_TEST_CASE(what_the_log_says_of_serving_is_written_and_judged_as_by_hand) {
    records random(4);
    std::size_t good = 0;
    for (std::size_t i = 0; i < 20'000 * times(); ++i) {
        const timestamp_ms a{milliseconds(random.number(1'000'000))}, b{a + milliseconds(1 + random.number(9))};
        const serving_record r = random.often() ? serving_record(outage{a, b}) : serving_record(clock_set{a, b});
        const serving_bytes written = encode_serving(r);
        BOOST_REQUIRE((written == handwritten::encode_serving(r)));
        const bytes body =
            random.often() ? damaged({written.begin(), written.end()}, random) : bytes(written.begin(), written.end());
        const auto version = static_cast<std::uint16_t>(random.often() ? 1 : random.number(3));
        const record_view record{static_cast<std::uint16_t>(record_type::serving), version, body, 1, {}};
        serving_record mine, theirs;
        const serving_fault expected = handwritten::decode_serving(record, theirs);
        BOOST_REQUIRE((decode_serving(record, mine) == expected));
        BOOST_REQUIRE((expected != serving_fault::none || mine == theirs));
        good += expected == serving_fault::none ? 1 : 0;
    }
    BOOST_TEST(good > 1'000U);
}

BOOST_AUTO_TEST_CASE(a_record_that_has_no_room_is_not_written) {
    user u;
    u.id = {1};
    u.first_name.assign(record_body_size_max - body_size(u, 1), 'n');
    BOOST_TEST(encode_body(u).size() == record_body_size_max);
    BOOST_TEST((encode_body(u) == handwritten::encode_user(u)));
    u.surname = "n";
    BOOST_TEST(encode_body(u).empty());
    BOOST_TEST(handwritten::encode_user(u).empty());
    u.surname.clear();
    u.first_name.clear();
    u.roles.assign(40'000, "");
    BOOST_TEST(encode_body(u).empty());
    BOOST_TEST(handwritten::encode_user(u).empty());
}

BOOST_AUTO_TEST_SUITE_END()
