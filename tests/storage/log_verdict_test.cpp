// The recovery table: each row by an example, then every input there is.
#include "storage/log/scan_verdict.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>

using namespace pawl::storage;

namespace {

observation good_frame() {
    observation o;
    o.header_valid = o.format_known = o.extent_fits = o.sequence_right = o.lsn_right = o.content_ok = o.chain_ok =
        o.records_ok = true;
    return o;
}
observation zeros() {
    observation o;
    o.zeros_to_end = o.header_zero = o.zeros_after_header = true;
    return o;
}
observation damaged_payload() {
    observation o = good_frame();
    o.content_ok = o.chain_ok = o.records_ok = false;
    return o;
}
template <class Change>
observation with(observation o, Change change) {
    change(o);
    return o;
}

struct row {
    const char* name;
    observation seen;
    scan_verdict_kind kind;
    int number;
};

const row rows[] = {
    {"a good frame", good_frame(), scan_verdict_kind::good, 0},
    {"zeros to the end", zeros(), scan_verdict_kind::clean_end, 1},
    {"zeros below the floor", with(zeros(), [](auto& o) { o.below_floor = true; }), scan_verdict_kind::corrupt, 2},
    {"a torn batch below the floor", with(damaged_payload(), [](auto& o) { o.torn_shaped = o.below_floor = true; }),
     scan_verdict_kind::corrupt, 2},
    {"no header, a frame later", with({}, [](auto& o) { o.header_zero = o.later_header = true; }),
     scan_verdict_kind::corrupt, 3},
    {"bad payload, a frame later", with(damaged_payload(), [](auto& o) { o.torn_shaped = o.later_header = true; }),
     scan_verdict_kind::corrupt, 3},
    {"a frame out of sequence", with(good_frame(), [](auto& o) { o.sequence_right = o.chain_ok = false; }),
     scan_verdict_kind::corrupt, 3},
    {"not sealed, next segment used", with(zeros(), [](auto& o) { o.later_segment_used = true; }),
     scan_verdict_kind::corrupt, 4},
    {"bad payload, not torn-shaped", damaged_payload(), scan_verdict_kind::corrupt, 5},
    {"bad header among bytes", observation{}, scan_verdict_kind::corrupt, 5},
    {"torn payload", with(damaged_payload(), [](auto& o) { o.torn_shaped = true; }), scan_verdict_kind::torn, 6},
    {"header sector not written", with({}, [](auto& o) { o.header_zero = true; }), scan_verdict_kind::torn, 6},
    {"the beginning of a header", with({}, [](auto& o) { o.zeros_after_header = true; }), scan_verdict_kind::torn, 6},
    {"a gap in the record numbers", with(good_frame(), [](auto& o) { o.lsn_right = false; }),
     scan_verdict_kind::corrupt, 7},
    {"records that do not add up", with(good_frame(), [](auto& o) { o.records_ok = false; }),
     scan_verdict_kind::corrupt, 7},
    {"chain wrong", with(good_frame(), [](auto& o) { o.chain_ok = false; }), scan_verdict_kind::tampered, 8},
    {"an unknown type", with(good_frame(), [](auto& o) { o.format_known = false; }), scan_verdict_kind::newer_format,
     10},
    {"too long", with(good_frame(), [](auto& o) { o.extent_fits = false; }), scan_verdict_kind::corrupt, 12},
    {"after a SEAL", with(zeros(), [](auto& o) { o.sealed = true; }), scan_verdict_kind::sealed_end, 0},
    {"rot after a SEAL", with({}, [](auto& o) { o.sealed = true; }), scan_verdict_kind::sealed_end, 0},
    {"a frame after a SEAL", with(good_frame(), [](auto& o) { o.sealed = true; }), scan_verdict_kind::corrupt, 3},
    {"a frame later after a SEAL", with({}, [](auto& o) { o.sealed = o.later_header = true; }),
     scan_verdict_kind::corrupt, 3},
};

constexpr std::array members{
    &observation::zeros_to_end,       &observation::header_valid,   &observation::header_zero,
    &observation::zeros_after_header, &observation::later_header,   &observation::later_segment_used,
    &observation::below_floor,        &observation::sealed,         &observation::format_known,
    &observation::extent_fits,        &observation::sequence_right, &observation::lsn_right,
    &observation::content_ok,         &observation::torn_shaped,    &observation::chain_ok,
    &observation::records_ok,
};

} // namespace

BOOST_AUTO_TEST_SUITE(log_verdict)

BOOST_AUTO_TEST_CASE(each_row_of_the_table_gives_its_verdict) {
    for (const row& r : rows) {
        const scan_verdict v = judge(r.seen);
        BOOST_TEST_CONTEXT(r.name) {
            BOOST_TEST(static_cast<int>(v.kind) == static_cast<int>(r.kind));
            BOOST_TEST(static_cast<int>(v.row) == r.number);
            BOOST_TEST(*v.what != '\0');
        }
    }
}

// Over all 65,536 inputs: what is cut or taken for the end can never have been acknowledged, and what is taken as a
// frame is right in every respect.
BOOST_AUTO_TEST_CASE(no_input_drops_what_may_have_been_acknowledged) {
    for (std::uint32_t bits = 0; bits < 1U << members.size(); ++bits) {
        observation o;
        for (std::size_t i = 0; i < members.size(); ++i) {
            o.*members[i] = (bits >> i & 1U) != 0;
        }
        const scan_verdict v = judge(o);
        const bool proven_later = o.later_header || o.later_segment_used || o.below_floor;
        switch (v.kind) {
        case scan_verdict_kind::good:
            BOOST_REQUIRE(o.header_valid && o.format_known && o.extent_fits && o.sequence_right && o.lsn_right &&
                          o.content_ok && o.chain_ok && o.records_ok && !o.sealed);
            break;
        case scan_verdict_kind::clean_end:
            BOOST_REQUIRE(o.zeros_to_end && !proven_later && !o.sealed);
            break;
        case scan_verdict_kind::torn:
            BOOST_REQUIRE(!proven_later && !o.sealed);
            BOOST_REQUIRE(o.header_valid ? o.torn_shaped : o.header_zero || o.zeros_after_header);
            break;
        case scan_verdict_kind::sealed_end:
            BOOST_REQUIRE(o.sealed && !o.header_valid && !o.later_header);
            break;
        case scan_verdict_kind::tampered:
            BOOST_REQUIRE(o.content_ok && !o.chain_ok);
            break;
        case scan_verdict_kind::newer_format:
            BOOST_REQUIRE(o.header_valid && !o.format_known);
            break;
        case scan_verdict_kind::corrupt:
            break;
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
