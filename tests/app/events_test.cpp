// Which records are events, for whom, in which form; and the part of the log that is kept in memory.
#include "app/events/event_line.hpp"
#include "app/events/event_query.hpp"
#include "app/events/event_ring.hpp"
#include "app/http/form.hpp"
#include "storage/log/frame.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

constexpr user_id ada{7};

storage::record_view view_of_bytes(storage::record_type type, std::uint16_t version, std::span<const std::uint8_t> body,
                                   std::uint64_t lsn) {
    return {static_cast<std::uint16_t>(type), version, body, lsn, timestamp_ms(milliseconds(1'795'338'727'123))};
}

family_id some_family(std::uint8_t n) {
    family_id id;
    id.bytes.fill(n);
    return id;
}

// What a reader makes of records; `lsn` counts them.
struct told {
    event_reader reader;
    std::uint64_t lsn = 0;

    explicit told(event_filter filter = {})
        : reader(std::move(filter), [](const family_id& id) { return id == some_family(1) ? ada : user_id{}; }) {}

    std::string word(std::uint8_t family, family_word w) {
        storage::record_buffer buffer;
        storage::family_word_record r;
        r.id = some_family(family);
        r.word = w;
        return kind(view_of_bytes(storage::record_type::family_word, 1, buffer.encode(r), ++lsn));
    }
    std::string event(const security_event& e) {
        storage::record_buffer buffer;
        return kind(view_of_bytes(storage::record_type::event, storage::version_of(e), buffer.encode(e), ++lsn));
    }
    std::string kind(const storage::record_view& record) {
        const std::optional<event_line> line = reader.read(record);
        if (line) {
            BOOST_TEST(line->lsn == lsn);
            BOOST_TEST(line->json.find('\n') == std::string::npos);
        }
        return line ? std::string(line->kind) : "-";
    }
};

security_event event_of(event_kind kind) {
    security_event e;
    e.kind = kind;
    e.user = ada;
    return e;
}

std::string refused_fields(std::string_view query, std::string_view header = {}) {
    const result<event_query> read = read_event_query(*read_form(query), header);
    std::string names;
    if (!read) {
        for (const field_error& f : read.error().fields) {
            names += f.field + " ";
        }
    }
    return names;
}

struct counting_listener final : event_ring::listener {
    unsigned woken = 0;
    void wake() noexcept override { ++woken; }
};

void add(event_ring& ring, std::uint64_t first, std::uint32_t records, std::size_t bytes = 10) {
    const std::vector<std::uint8_t> payload(bytes);
    ring.on_batch({first, records, {}, payload});
}

} // namespace

BOOST_AUTO_TEST_SUITE(events)

BOOST_AUTO_TEST_CASE(every_kind_has_a_name_of_its_own) {
    for (const std::string_view kind : event_kinds()) {
        BOOST_TEST(kind != "unknown");
        BOOST_TEST(is_event_kind(kind));
        BOOST_TEST(std::ranges::count(event_kinds(), kind) == 1);
    }
    BOOST_TEST(!is_event_kind(""));
    BOOST_TEST(!is_event_kind("family_word"));
}

BOOST_AUTO_TEST_CASE(words_are_rotations_and_ends_and_are_not_told_twice) {
    told to;
    const family_word first = family_word().with_generation(1);
    BOOST_TEST(to.word(1, first) == "family_rotated");
    BOOST_TEST(to.word(1, first) == "-");
    BOOST_TEST(to.word(1, first.with_confirmed(true)) == "-"); // a hint
    BOOST_TEST(to.word(2, first) == "family_rotated");
    BOOST_TEST(to.word(1, first.with_generation(2)) == "family_rotated");
    BOOST_TEST(to.word(1, first.with_generation(2).with_status(family_status::logout)) == "family_ended");
}

BOOST_AUTO_TEST_CASE(filters_are_by_kind_and_by_user) {
    told by_kind({{"login_failed", "family_ended"}, std::nullopt});
    BOOST_TEST(by_kind.event(event_of(event_kind::login_failed)) == "login_failed");
    BOOST_TEST(by_kind.event(event_of(event_kind::signed_up)) == "-");
    BOOST_TEST(by_kind.word(1, family_word().with_generation(1)) == "-");
    told by_user({{}, ada});
    BOOST_TEST(by_user.word(1, family_word().with_generation(1)) == "family_rotated");
    BOOST_TEST(by_user.word(2, family_word().with_generation(1)) == "-"); // whose is not known
    BOOST_TEST(by_user.event(event_of(event_kind::signed_up)) == "signed_up");
    told of_others({{}, user_id{8}});
    BOOST_TEST(of_others.event(event_of(event_kind::signed_up)) == "-");
}

BOOST_AUTO_TEST_CASE(records_that_are_not_understood_are_no_events) {
    told to;
    const std::vector<std::uint8_t> bytes(5);
    for (const auto type : {storage::record_type::user, storage::record_type::family_created,
                            storage::record_type::family_word, storage::record_type::event}) {
        BOOST_TEST(to.kind(view_of_bytes(type, 1, bytes, 1)) == "-");
        BOOST_TEST(to.kind(view_of_bytes(type, 99, bytes, 1)) == "-");
    }
}

BOOST_AUTO_TEST_CASE(lines_are_as_browsers_want_them) {
    std::string text;
    append_sse(text, 0, {42, "signed_up", {}, "{\"lsn\":42}"});
    BOOST_TEST(text == "id: 42\nevent: signed_up\ndata: {\"lsn\":42}\n\n");
    text.clear();
    append_sse_heartbeat(text, {0, 43});
    BOOST_TEST(text == ": heartbeat\nid: 43\n\n");
    text.clear();
    append_sse_opening(text, {0, 0});
    BOOST_TEST(text == "retry: 2000\n: open\nid: 0\n\n");
}

BOOST_AUTO_TEST_CASE(ids_name_the_mark_of_a_restore) {
    constexpr std::uint64_t mark = 0x00ab00000000cdefU;
    std::string text;
    append_sse(text, mark, {42, "signed_up", {}, "{\"lsn\":42}"});
    BOOST_TEST(text == "id: 00ab00000000cdef-42\nevent: signed_up\ndata: {\"lsn\":42}\n\n");
    text.clear();
    append_sse_heartbeat(text, {mark, 43});
    BOOST_TEST(text == ": heartbeat\nid: 00ab00000000cdef-43\n\n");
    text.clear();
    append_sse_opening(text, {mark, 0});
    BOOST_TEST(text == "retry: 2000\n: open\nid: 00ab00000000cdef-0\n\n");
}

BOOST_AUTO_TEST_CASE(a_place_has_one_text_and_no_other_is_read) {
    constexpr std::uint64_t most = UINT64_MAX;
    for (const event_place place : {event_place{0, 0}, event_place{0, 43}, event_place{0, most}, event_place{1, 0},
                                    event_place{0x00ab00000000cdefU, 43}, event_place{most, most}}) {
        BOOST_TEST((event_place_from_text(to_text(place)) == place), to_text(place));
    }
    for (const char* const text : {"",
                                   "-",
                                   "-1",
                                   "01",
                                   "1x",
                                   "x",
                                   " 1",
                                   "1 ",
                                   "18446744073709551616",
                                   "0000000000000000-1",
                                   "ab-1",
                                   "00ab00000000cdef",
                                   "00ab00000000cdef-",
                                   "00ab00000000cdef-01",
                                   "00ab00000000cdef--1",
                                   "00AB00000000CDEF-1",
                                   "00ab00000000cdeg-1",
                                   "+0ab00000000cdef-1",
                                   "00ab00000000cdef-1-1",
                                   "0x00ab00000000cd-1"}) {
        BOOST_TEST(!event_place_from_text(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(queries_are_read_strictly) {
    const result<event_query> read = read_event_query(*read_form("type=signed_up,login_failed&user=7&since=0"), {});
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST(read->filter.kinds.size() == 2U);
    BOOST_TEST(read->filter.user->value == 7U);
    BOOST_TEST((read->since == event_place{0, 0}));
    BOOST_TEST((read_event_query(*read_form("since=1"), "5")->since == event_place{0, 5}));
    BOOST_TEST(
        (read_event_query(*read_form("since=00ab00000000cdef-6"), {})->since == event_place{0x00ab00000000cdefU, 6}));
    BOOST_TEST(!read_event_query(*read_form(""), "")->since.has_value());
    BOOST_TEST(refused_fields("type=signed_up,,login_failed") == "type ");
    BOOST_TEST(refused_fields("type=") == "type ");
    BOOST_TEST(refused_fields("user=0&since=-1") == "user since ");
    BOOST_TEST(refused_fields("since=18446744073709551616") == "since ");
    BOOST_TEST(refused_fields("", "4x") == "Last-Event-ID ");
    BOOST_TEST(refused_fields("since=0000000000000000-1", "00ab-4") == "since Last-Event-ID ");
}

BOOST_AUTO_TEST_CASE(the_header_is_found_in_any_case) {
    constexpr std::string_view head = "GET / HTTP/1.1\r\nHost: a\r\nlast-EVENT-id:  12 \r\nX: y\r\n\r\n";
    BOOST_TEST(last_event_id_of(head) == "12");
    BOOST_TEST(last_event_id_of("GET /last-event-id:3 HTTP/1.1\r\nHost: a\r\n\r\n").empty());
    BOOST_TEST(last_event_id_of("").empty());
}

BOOST_AUTO_TEST_CASE(the_ring_hands_out_what_comes_after_a_place) {
    using place = event_ring::place;
    event_ring ring;
    ring.begin(10);
    BOOST_TEST((ring.after(10).what == place::nothing_yet));
    BOOST_TEST((ring.after(9).what == place::behind));
    add(ring, 9, 2); // was durable before
    BOOST_TEST((ring.after(10).what == place::nothing_yet));
    add(ring, 11, 3);
    add(ring, 14, 1);
    BOOST_TEST((ring.after(10).what == place::here));
    BOOST_TEST(ring.after(12).batch->first_lsn == 11U);
    BOOST_TEST(ring.after(13).batch->first_lsn == 14U);
    BOOST_TEST((ring.after(14).what == place::nothing_yet));
    BOOST_TEST((ring.after(9).what == place::behind));
    ring.close();
    BOOST_TEST((ring.after(10).what == place::closed));
}

BOOST_AUTO_TEST_CASE(what_came_between_the_tap_and_the_beginning_is_kept) {
    event_ring ring;
    add(ring, 5, 2);
    ring.begin(6);
    BOOST_TEST((ring.after(4).what == event_ring::place::here));
    add(ring, 7, 1);
    BOOST_TEST((ring.after(6).what == event_ring::place::here));
}

BOOST_AUTO_TEST_CASE(the_ring_is_bounded_and_forgets_the_oldest) {
    event_ring ring(100);
    ring.begin(0);
    for (std::uint64_t lsn = 1; lsn <= 50; ++lsn) {
        add(ring, lsn, 1, 30);
    }
    BOOST_TEST((ring.after(46).what == event_ring::place::behind));
    BOOST_TEST((ring.after(47).what == event_ring::place::here));
    add(ring, 51, 1, 1000); // larger than all that may be kept: alone
    BOOST_TEST((ring.after(49).what == event_ring::place::behind));
    BOOST_TEST((ring.after(50).what == event_ring::place::here));
}

BOOST_AUTO_TEST_CASE(listeners_are_woken_until_they_leave) {
    event_ring ring;
    counting_listener l;
    ring.begin(0);
    ring.add(l);
    add(ring, 1, 1);
    BOOST_TEST(l.woken == 1U);
    ring.remove(l);
    add(ring, 2, 1);
    BOOST_TEST(l.woken == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
