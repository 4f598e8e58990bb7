#include "storage/entity/record_codec.hpp"

#include "store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <span>
#include <string>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

std::string hex(std::span<const std::uint8_t> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t b : bytes) {
        out += digits[b >> 4U];
        out += digits[b & 15U];
    }
    return out;
}

record_view view(record_type type, std::span<const std::uint8_t> body) {
    return {static_cast<std::uint16_t>(type), record_version, body, 1, {}};
}

family_id id_of(std::uint8_t first) {
    family_id id;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(first + i);
    }
    return id;
}

family_use some_use() {
    family_use u;
    u.at = timestamp(seconds(1'800'000'123));
    u.address.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 7};
    u.agent = "curl/8";
    return u;
}

family_created_record some_creation() {
    family_created_record r;
    r.facts = {id_of(0x10),
               user_id{0x0102030405060708},
               client_number{3},
               4,
               timestamp(seconds(1'800'000'000)),
               seconds(1'209'600),
               seconds(7'776'000),
               {},
               {}};
    r.word = family_word().with_generation(5).with_rotated_at(99).with_confirmed(true);
    return r;
}

family_created_record some_bound_creation() {
    family_created_record r = some_creation();
    r.facts.grant.scopes.insert(1);
    r.facts.grant.scopes.insert(255);
    r.facts.grant.apis = {0x0304, 5, 0, 0};
    r.facts.grant.claims = 9;
    r.facts.grant.client_epoch = 2;
    r.facts.origin.parent = id_of(0x40);
    r.facts.origin.binding.kind = binding_kind::proof_key;
    r.facts.origin.binding.thumbprint.fill(0x77);
    r.facts.origin.auth_time = timestamp(seconds(1'799'999'999));
    r.facts.origin.acr = 2;
    r.facts.origin.amr = 0x0103;
    return r;
}

user some_user() {
    user u;
    u.id = user_id{7};
    u.version = 3;
    u.email = "a@b.example";
    u.username = "ann";
    u.first_name = "Ann";
    u.password_hash = "$h";
    u.roles = {"x", "yz"};
    u.email_verified = true;
    u.created_at = timestamp(seconds(1'800'000'000));
    u.gate.epoch = 2;
    u.gate.survivor = id_of(0x40);
    u.gate.reason = gate_reason::password_change;
    u.gate.changed_at = timestamp(seconds(1'800'000'200));
    return u;
}

security_event some_event() {
    security_event e;
    e.kind = event_kind::reuse_detected;
    e.user = user_id{7};
    e.family = id_of(0x10);
    e.generation_presented = 3;
    e.generation_current = 5;
    e.presented = some_use();
    return e;
}

// One body of each type; `decodes` says whether some bytes are read as that type.
struct sample {
    std::string name;
    std::vector<std::uint8_t> body;
    decoding (*decodes)(std::span<const std::uint8_t>);
};

template <record_type Type, class Record>
decoding decode_as(std::span<const std::uint8_t> body) {
    Record out;
    return decode(view(Type, body), out);
}

std::vector<sample> samples() {
    const family_use use = some_use();
    family_created_record created = some_creation();
    created.use = view_of(5, use);
    const family_word_record word{created.facts.id, created.word.with_status(family_status::reuse), 77,
                                  view_of(5, use)};
    const auto copy = [](std::span<const std::uint8_t> b) { return std::vector<std::uint8_t>(b.begin(), b.end()); };
    record_buffer buffer;
    std::vector<sample> out;
    out.push_back({"family_created", copy(buffer.encode(created)),
                   &decode_as<record_type::family_created, family_created_record>});
    out.push_back({"family_word", copy(buffer.encode(word)), &decode_as<record_type::family_word, family_word_record>});
    out.push_back({"event", copy(buffer.encode(some_event())), &decode_as<record_type::event, security_event>});
    out.push_back({"user", encode_user(some_user()), &decode_as<record_type::user, user>});
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_codec)

// The bytes of version 1 are for ever: logs of this release hold them.
BOOST_AUTO_TEST_CASE(golden_bytes_of_version_1) {
    const std::vector<sample> all = samples();
    const std::string use_bytes = "7bd2496b00000000"
                                  "00000000000000000000ffffc0000207"
                                  "06"
                                  "6375726c2f38";
    BOOST_TEST(hex(all[0].body) == "101112131415161718191a1b1c1d1e1f"
                                   "0807060504030201"
                                   "03000000"
                                   "04000000"
                                   "00d2496b00000000"
                                   "00751200"
                                   "00a77600"
                                   "20"
                                   "8c010040010000"
                                   "00000000"
                                   "05000000" +
                                       use_bytes +
                                       "0000"
                                       "0000");
    BOOST_TEST(hex(all[1].body) == "101112131415161718191a1b1c1d1e1f"
                                   "a0"
                                   "8c010040010000"
                                   "4d000000"
                                   "05000000" +
                                       use_bytes);
    BOOST_TEST(hex(all[2].body) == "01"
                                   "0700000000000000"
                                   "101112131415161718191a1b1c1d1e1f"
                                   "03000000"
                                   "05000000"
                                   "00000000" +
                                       use_bytes +
                                       "00000000"
                                       "0000000000000000"
                                       "00000000000000000000000000000000"
                                       "00");
    BOOST_TEST(hex(all[3].body) == "0700000000000000"
                                   "0300000000000000"
                                   "00d2496b00000000"
                                   "09"
                                   "02000000"
                                   "404142434445464748494a4b4c4d4e4f"
                                   "02"
                                   "c8d2496b00000000"
                                   "0b00"
                                   "6140622e6578616d706c65"
                                   "0300"
                                   "616e6e"
                                   "0300"
                                   "416e6e"
                                   "0000"
                                   "0200"
                                   "2468"
                                   "0200"
                                   "0100"
                                   "78"
                                   "0200"
                                   "797a");
}

BOOST_AUTO_TEST_CASE(what_is_encoded_is_decoded) {
    family_created_record created;
    const std::vector<sample> all = samples();
    BOOST_TEST((decode(view(record_type::family_created, all[0].body), created) == decoding::ok));
    BOOST_TEST(same(created.facts, some_creation().facts));
    BOOST_TEST(created.word.bits() == some_creation().word.bits());
    BOOST_TEST(created.use.generation == 5U);
    BOOST_TEST(created.use.agent == "curl/8");
    BOOST_TEST((created.use.at == some_use().at));
    family_word_record word;
    BOOST_TEST((decode(view(record_type::family_word, all[1].body), word) == decoding::ok));
    BOOST_TEST((word.word.status() == family_status::reuse));
    BOOST_TEST(word.ended_after == 77U);
    security_event event;
    BOOST_TEST((decode(view(record_type::event, all[2].body), event) == decoding::ok));
    BOOST_TEST((event.kind == event_kind::reuse_detected));
    BOOST_TEST(event.generation_current == 5U);
    BOOST_TEST(same(event.presented, some_use()));
    user u;
    BOOST_TEST((decode(view(record_type::user, all[3].body), u) == decoding::ok));
    BOOST_TEST(same(u, some_user()));
}

BOOST_AUTO_TEST_CASE(a_family_that_was_granted_more_than_a_session_is_of_version_2) {
    BOOST_TEST(version_of(some_creation()) == 1);
    const auto only = [](auto&& change) {
        family_created_record r = some_creation();
        change(r.facts);
        return version_of(r);
    };
    BOOST_TEST(only([](family_facts& f) { f.grant.scopes.insert(0); }) == 2);
    BOOST_TEST(only([](family_facts& f) { f.grant.apis[0] = 1; }) == 2);
    BOOST_TEST(only([](family_facts& f) { f.grant.claims = 1; }) == 2);
    BOOST_TEST(only([](family_facts& f) { f.grant.client_epoch = 1; }) == 2);
    BOOST_TEST(only([](family_facts& f) { f.origin.parent = id_of(1); }) == 2);
    BOOST_TEST(only([](family_facts& f) { f.origin.binding.kind = binding_kind::certificate; }) == 2);
    BOOST_TEST(only([](family_facts& f) { f.origin.auth_time = timestamp(seconds(1)); }) == 2);
    BOOST_TEST(only([](family_facts& f) { f.origin.acr = 1; }) == 2);
    BOOST_TEST(only([](family_facts& f) { f.origin.amr = 1; }) == 2);
    BOOST_TEST(only([](family_facts& f) { f.grant.consent_era = 1; }) == 3);
}

// The bytes of version 2 are for ever, too.
BOOST_AUTO_TEST_CASE(golden_bytes_of_version_2_of_a_family) {
    family_created_record created = some_bound_creation();
    const family_use use = some_use();
    created.use = view_of(5, use);
    record_buffer buffer;
    const std::span<const std::uint8_t> body = buffer.encode(created);
    const std::string first = hex(samples()[0].body);
    BOOST_TEST(hex(body) == first + "0200000000000000000000000000000000000000000000000000000000000080"
                                    "0403050000000000"
                                    "09000000"
                                    "02000000"
                                    "404142434445464748494a4b4c4d4e4f"
                                    "01"
                                    "7777777777777777777777777777777777777777777777777777777777777777"
                                    "ffd1496b00000000"
                                    "02"
                                    "0301");
    record_view v = view(record_type::family_created, body);
    v.version = 2;
    family_created_record read;
    BOOST_TEST((decode(v, read) == decoding::ok));
    BOOST_TEST((read.facts == created.facts));
    v.version = 4;
    BOOST_TEST((decode(v, read) == decoding::newer));
    v.version = 3;
    BOOST_TEST((decode(v, read) == decoding::malformed));
    v.version = 1;
    BOOST_TEST((decode(v, read) == decoding::malformed));
    // What version 1 can say is of version 1.
    std::vector<std::uint8_t> idle(body.begin(), body.end());
    std::fill(idle.begin() + static_cast<std::ptrdiff_t>(samples()[0].body.size()), idle.end(), std::uint8_t{0});
    v = view(record_type::family_created, idle);
    v.version = 2;
    BOOST_TEST((decode(v, read) == decoding::malformed));
    // A thumbprint of nothing is no binding.
    created.facts.origin.binding.kind = binding_kind::none;
    v = view(record_type::family_created, buffer.encode(created));
    v.version = 2;
    BOOST_TEST((decode(v, read) == decoding::malformed));
}

// Those of version 3 are version 2's and four more.
BOOST_AUTO_TEST_CASE(golden_bytes_of_version_3_of_a_family) {
    family_created_record created = some_bound_creation();
    const family_use use = some_use();
    created.use = view_of(5, use);
    record_buffer buffer;
    const std::string without = hex(buffer.encode(created));
    created.facts.grant.consent_era = 0x01020304;
    const std::span<const std::uint8_t> body = buffer.encode(created);
    BOOST_TEST(hex(body) == without + "04030201");
    record_view v = view(record_type::family_created, body);
    v.version = 3;
    family_created_record read;
    BOOST_TEST((decode(v, read) == decoding::ok));
    BOOST_TEST((read.facts == created.facts));
}

BOOST_AUTO_TEST_CASE(an_operators_act_says_who_and_what_in_a_version_of_its_own) {
    security_event e = some_event();
    e.by = user_id{9};
    e.about = "refresh 2";
    BOOST_TEST(version_of(e) == record_version);
    const auto read = [](const security_event& written, std::uint16_t version, security_event& out) {
        record_buffer buffer;
        record_view v = view(record_type::event, buffer.encode(written));
        v.version = version;
        return decode(v, out);
    };
    security_event out;
    BOOST_TEST((read(e, record_version, out) == decoding::ok));
    BOOST_TEST((out.by == user_id{} && out.about.empty())); // version 1 has no room for it
    for (auto kind = event_kind::user_created; kind <= last_event_kind;
         kind = static_cast<event_kind>(static_cast<int>(kind) + 1)) {
        e.kind = kind;
        BOOST_TEST(version_of(e) == operator_event_version);
        BOOST_TEST((read(e, operator_event_version, out) == decoding::ok));
        BOOST_TEST((out.kind == kind && out.by == user_id{9} && out.about == "refresh 2"));
        BOOST_TEST((out.family == e.family && out.generation_current == 5U));
        BOOST_TEST((read(e, record_version, out) == decoding::malformed));
        BOOST_TEST((read(e, operator_event_version + 1, out) == decoding::newer));
    }
    e.about = std::string(security_event::about_size_max + 10, 'x');
    e.presented.agent = std::string(family_use::agent_size_max, 'y');
    e.last = e.presented;
    BOOST_TEST((read(e, operator_event_version, out) == decoding::ok));
    BOOST_TEST(out.about.size() == security_event::about_size_max);
    e.kind = event_kind::reuse_detected;
    BOOST_TEST((read(e, operator_event_version, out) == decoding::malformed));
}

// Found by tests/fuzz: what reads as the same event must be the same bytes.
BOOST_AUTO_TEST_CASE(an_event_whose_uses_have_generations_of_their_own_or_too_long_a_text_is_malformed) {
    constexpr std::size_t presented_at = 1 + 8 + 16 + 4 + 4;
    std::vector<std::uint8_t> body = samples()[2].body;
    const auto decodes = &decode_as<record_type::event, security_event>;
    BOOST_TEST((decodes(body) == decoding::ok));
    body[presented_at] = 1;
    BOOST_TEST((decodes(body) == decoding::malformed));

    security_event e;
    e.kind = event_kind::user_changed;
    e.about = std::string(security_event::about_size_max, 'x');
    record_buffer buffer;
    const std::span<const std::uint8_t> written = buffer.encode(e);
    body.assign(written.begin(), written.end());
    ++body[body.size() - security_event::about_size_max - 1];
    body.push_back('x');
    record_view longer = view(record_type::event, body);
    longer.version = operator_event_version;
    BOOST_TEST((decode(longer, e) == decoding::malformed));
}

BOOST_AUTO_TEST_CASE(body_cut_anywhere_or_too_long_is_malformed) {
    for (sample& s : samples()) {
        BOOST_TEST_CONTEXT(s.name) {
            BOOST_TEST((s.decodes(s.body) == decoding::ok));
            for (std::size_t n = 0; n < s.body.size(); ++n) {
                BOOST_TEST((s.decodes(std::span(s.body).first(n)) == decoding::malformed));
            }
            s.body.push_back(0);
            BOOST_TEST((s.decodes(s.body) == decoding::malformed));
        }
    }
}

BOOST_AUTO_TEST_CASE(values_nobody_writes_are_malformed) {
    const std::vector<sample> all = samples();
    struct row {
        std::size_t sample, offset;
        std::uint8_t value;
        std::string what;
    };
    const row rows[] = {{0, 49, 0x8F, "word of status 14"},           {1, 17, 0x8F, "word of status 14"},
                        {0, 39, 0x40, "time beyond all calendars"},   {2, 0, 0, "event of no kind"},
                        {2, 0, 6, "event of a later kind"},           {3, 24, 0xFF, "flag of a later version"},
                        {3, 45, 9, "gate reason of a later version"}, {1, 28 + 3, 0xFF, "generation beyond 26 bits"}};
    for (const row& r : rows) {
        std::vector<std::uint8_t> body = all[r.sample].body;
        body[r.offset] = r.value;
        BOOST_TEST_CONTEXT(r.what) {
            BOOST_TEST((all[r.sample].decodes(body) == decoding::malformed));
        }
    }
}

BOOST_AUTO_TEST_CASE(reserved_fields_in_use_are_of_a_later_version) {
    std::vector<std::uint8_t> body = samples()[0].body;
    body[body.size() - 4] = 1; // a scope of one byte
    body.insert(body.end() - 2, 's');
    BOOST_TEST((samples()[0].decodes(body) == decoding::newer));
    family_created_record out;
    record_view later = view(record_type::family_created, body);
    later.version = declaration<family_created_record>::version + 1;
    BOOST_TEST((decode(later, out) == decoding::newer));
    later.version = 0;
    BOOST_TEST((decode(later, out) == decoding::malformed));
}

BOOST_AUTO_TEST_CASE(user_larger_than_a_record_is_not_encoded) {
    user u = some_user();
    u.roles.assign(100, std::string(1000, 'r'));
    BOOST_TEST(encode_user(u).empty());
    u.roles = {std::string(70'000, 'r')};
    BOOST_TEST(encode_user(u).empty());
    u.roles.clear();
    u.first_name.assign(70'000, 'n');
    BOOST_TEST(encode_user(u).empty());
    u.first_name.assign(60'000, 'n');
    BOOST_TEST(!encode_user(u).empty());
}

BOOST_AUTO_TEST_CASE(a_user_is_of_version_2_with_attributes_alone) {
    BOOST_TEST(version_of(some_user()) == 1);
    user u = some_user();
    u.attributes = R"({"nickname":"ann"})";
    BOOST_TEST(version_of(u) == 2);
    const auto as_it_was = encode_user(some_user()), body = encode_user(u);
    BOOST_TEST(body.size() == as_it_was.size() + 2 + u.attributes.size());
    BOOST_TEST(std::equal(as_it_was.begin(), as_it_was.end(), body.begin()));
    user again;
    record_view seen = view(record_type::user, body);
    seen.version = 2;
    BOOST_TEST((decode(seen, again) == decoding::ok));
    BOOST_TEST((again == u));
    u.attributes.assign(attributes_size_max + 1, ' ');
    const auto too_large = encode_user(u);
    seen.body = too_large;
    BOOST_TEST((decode(seen, again) == decoding::malformed));
    u.attributes.clear(); // never written so
    auto empty = encode_user(u);
    empty.insert(empty.end(), {0, 0});
    seen.body = empty;
    BOOST_TEST((decode(seen, again) == decoding::malformed));
    seen.version = 4;
    BOOST_TEST((decode(seen, again) == decoding::newer));
}

// No bytes whatever may do harm: mutations of good bodies and pure noise.
BOOST_AUTO_TEST_CASE(noise_is_refused_or_read_but_never_read_past) {
    std::mt19937_64 random(1);
    const std::vector<sample> all = samples();
    for (std::size_t i = 0; i < 20'000 * scale(); ++i) {
        const sample& s = all[random() % all.size()];
        std::vector<std::uint8_t> body = s.body;
        if (random() % 4 == 0) {
            body.assign(random() % 300, 0);
            for (std::uint8_t& b : body) {
                b = static_cast<std::uint8_t>(random());
            }
        } else {
            for (std::size_t flips = 1 + random() % 3; flips > 0; --flips) {
                body[random() % body.size()] ^= static_cast<std::uint8_t>(1U << (random() % 8));
            }
        }
        for (const sample& other : all) {
            static_cast<void>(other.decodes(body)); // sanitizers judge
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
