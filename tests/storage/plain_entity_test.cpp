// An entity that no other test knows: what its declaration alone gives it.
#include "storage/entity/plain.hpp"
#include "storage/record/tell.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace pawl::storage {

// A ticket to a cloakroom.
struct cloakroom_ticket {
    std::uint32_t number = 0;
    std::uint64_t version = 1;
    std::string name, secret;
    bool paid = false;
    std::string colour; // since version 2
};

template <>
struct declaration<cloakroom_ticket> {
    using record = cloakroom_ticket;
    static constexpr auto type = static_cast<record_type>(77);
    static constexpr const char* name = "cloakroom_ticket";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 2;
    using refers_to = entities<>;

    static constexpr std::tuple fields{
        at<&record::number>("number"),
        at<&record::version>("version"),
        at<&record::name>("name"),
        at<&record::secret>("secret").with(exposure::guarded),
        flags("flags", bit<&record::paid>("paid")),
        at_as<short_form<10>, &record::colour>("colour").in_version(2),
    };
    static bool sound(const record& r) { return r.number != 0; }
    static std::uint32_t key(const record& r) { return r.number; }
    static bool newer(const record& read, const record& known) { return read.version > known.version; }
};

} // namespace pawl::storage

using namespace pawl;
using namespace pawl::storage;

namespace {

cloakroom_ticket some_ticket() {
    return {7, 1, "coat", "$2b$10$x", true, ""};
}

decoding read(const std::vector<std::uint8_t>& body, std::uint16_t version, cloakroom_ticket& out) {
    return decode({type_of<cloakroom_ticket>, version, body, 1, {}}, out);
}

std::string told_to(const cloakroom_ticket& t, audience to) {
    std::string out;
    json_object_writer w(out);
    to == audience::owner ? tell_exported(w, t) : tell(w, t);
    w.end();
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plain_entity_test)

BOOST_AUTO_TEST_CASE(it_is_written_in_the_lowest_version_that_can_say_it) {
    cloakroom_ticket t = some_ticket(), out;
    BOOST_TEST(version_of(t) == 1);
    const std::vector<std::uint8_t> plain = encode_body(t);
    BOOST_TEST((read(plain, 1, out) == decoding::ok));
    BOOST_TEST(out.secret == t.secret);
    t.colour = "red";
    BOOST_TEST(version_of(t) == 2);
    const std::vector<std::uint8_t> coloured = encode_body(t);
    BOOST_TEST(coloured.size() == plain.size() + 4);
    BOOST_TEST((read(coloured, 2, out) == decoding::ok));
    BOOST_TEST(out.colour == "red");
    BOOST_TEST((read(plain, 1, out) == decoding::ok));
    BOOST_TEST(out.colour == ""); // not what was read before
}

BOOST_AUTO_TEST_CASE(what_no_program_wrote_is_malformed_and_a_later_version_is_newer) {
    cloakroom_ticket t = some_ticket(), out;
    t.colour = "red";
    const std::vector<std::uint8_t> body = encode_body(t);
    BOOST_TEST((read(body, 1, out) == decoding::malformed)); // too long
    BOOST_TEST((read(body, 3, out) == decoding::newer));
    BOOST_TEST((read(body, 0, out) == decoding::malformed));
    std::vector<std::uint8_t> wrong = body;
    wrong[body.size() - 4 - 1] = 2; // a flag that does not exist
    BOOST_TEST((read(wrong, 2, out) == decoding::malformed));
    t.colour = "";
    wrong = encode_body(t);
    wrong.push_back(0);
    BOOST_TEST((read(wrong, 2, out) == decoding::malformed)); // a lower version says it
    t.number = 0;
    BOOST_TEST((read(encode_body(t), 1, out) == decoding::malformed)); // not sound
}

BOOST_AUTO_TEST_CASE(a_dump_names_the_kind_of_a_secret_and_an_export_has_it) {
    BOOST_TEST(told_to(some_ticket(), audience::reader) ==
               R"({"number":7,"version":1,"name":"coat","secret":"bcrypt","paid":true,"colour":""})");
    BOOST_TEST(told_to(some_ticket(), audience::owner) ==
               R"({"number":7,"version":1,"name":"coat","secret":"$2b$10$x","paid":true,"colour":""})");
    BOOST_TEST(plain_line(some_ticket()) == "number 7  version 1  name coat  paid yes  colour ");
}

BOOST_AUTO_TEST_CASE(a_comparison_says_what_changed_and_of_a_secret_that_it_did) {
    const cloakroom_ticket a = some_ticket();
    cloakroom_ticket b = a;
    BOOST_TEST(changes_between(a, b).empty());
    b.name = "umbrella";
    b.secret = "$2b$10$y";
    const std::vector<field_change> changes = changes_between(a, b);
    BOOST_TEST_REQUIRE(changes.size() == 2U);
    BOOST_TEST(changes[0].name == "name");
    BOOST_TEST(changes[0].before == "coat");
    BOOST_TEST(changes[0].after == "umbrella");
    BOOST_TEST(changes[1].before == "bcrypt");
    BOOST_TEST(changes[1].after == "another bcrypt");
}

BOOST_AUTO_TEST_CASE(of_two_records_the_newer_counts_in_whatever_order_they_are_read) {
    cloakroom_ticket first = some_ticket(), second = first;
    second.version = 2;
    second.name = "umbrella";
    plain_records<cloakroom_ticket> all;
    BOOST_TEST(all.take(second));
    BOOST_TEST(!all.take(first));
    BOOST_TEST(!all.take(second));
    BOOST_TEST(all.find(7)->name == "umbrella");
    BOOST_TEST(!all.find(8).has_value());
}

BOOST_AUTO_TEST_CASE(all_are_walked_in_the_order_of_their_keys) {
    plain_records<cloakroom_ticket> all;
    for (std::uint32_t n = 2500; n > 0; --n) {
        cloakroom_ticket t = some_ticket();
        t.number = n;
        all.take(t);
    }
    std::uint32_t seen = 0;
    for_each_plain(all, [&](const cloakroom_ticket& t) {
        BOOST_REQUIRE(t.number == seen + 1);
        seen = t.number;
    });
    BOOST_TEST(seen == all.size());
}

BOOST_AUTO_TEST_SUITE_END()
