// The pure parts of the way out: packets, messages, deaths, and what a process forgets.
#include "app/egress/deaths.hpp"
#include "app/egress/message.hpp"
#include "app/egress/packet.hpp"
#include "app/process/forget.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

using state = message_assembler::state;

secret_bytes bytes_of(std::size_t size) {
    secret_bytes out(size);
    for (std::size_t i = 0; i < size; ++i) {
        out[i] = static_cast<std::uint8_t>(i * 31U >> 3U);
    }
    return out;
}

egress_request usual() {
    egress_request out;
    out.path = "/hooks?from=pawl";
    out.authority = "hooks.example:8443";
    out.fields = {{"Content-Type", "application/json"}, {"webhook-id", "evt_1"}};
    out.answer_size_max = 7;
    out.body = "{}\r\n\r\n";
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(egress_suite)

BOOST_AUTO_TEST_CASE(a_message_of_any_size_arrives_whole) {
    constexpr std::size_t part = egress_packet_size_max - egress_packet_head_size;
    message_assembler assembler;
    std::uint64_t id = 0;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, part - 1, part, part + 1, 3 * part, egress_message_size_max}) {
        const secret_bytes message = bytes_of(size);
        const std::vector<secret_bytes> packets = cut_message(++id, message);
        BOOST_TEST(packets.size() == std::max<std::size_t>(1, (size + part - 1) / part));
        for (std::size_t i = 0; i < packets.size(); ++i) {
            BOOST_TEST(packets[i].size() <= egress_packet_size_max);
            BOOST_TEST((assembler.take(packets[i]) == (i + 1 == packets.size() ? state::whole : state::more)));
        }
        BOOST_TEST(assembler.message().id == id);
        BOOST_TEST((assembler.message().bytes == message));
    }
}

BOOST_AUTO_TEST_CASE(packets_that_break_a_rule_end_it_for_good) {
    const std::vector<secret_bytes> good = cut_message(1, bytes_of(70'000));
    const std::vector<secret_bytes> other = cut_message(2, bytes_of(70'000));
    const std::vector<secret_bytes> longer = cut_message(1, bytes_of(70'001));
    const auto broken = [](std::initializer_list<secret_bytes> packets) {
        message_assembler assembler;
        state last = state::more;
        for (const secret_bytes& packet : packets) {
            last = assembler.take(packet);
        }
        return last == state::broken && assembler.take(cut_message(9, {})[0]) == state::broken;
    };
    BOOST_TEST_REQUIRE(good.size() == 3U);
    BOOST_TEST(broken({good[1]}));
    BOOST_TEST(broken({good[0], good[0]}));
    BOOST_TEST(broken({good[0], good[2]}));
    BOOST_TEST(broken({good[0], other[1]}));
    BOOST_TEST(broken({good[0], longer[1]}));
    BOOST_TEST(broken({good[0], cut_message(1, {})[0]}));
    BOOST_TEST(broken({secret_bytes(good[0].begin(), good[0].begin() + egress_packet_head_size)})); // no bytes
    BOOST_TEST(broken({secret_bytes(egress_packet_head_size - 1)}));
    BOOST_TEST(broken({secret_bytes(egress_packet_size_max + 1)}));
    secret_bytes huge = good[0];
    huge[8] = 0xff; // its size: nearly 4 GiB
    BOOST_TEST(broken({huge}));
    secret_bytes small = good[0];
    small[9] = 0; // its size: fewer than its bytes
    BOOST_TEST(broken({small}));
}

BOOST_AUTO_TEST_CASE(what_is_asked_is_read_as_it_was_written) {
    const std::optional<secret_bytes> message = to_message(usual());
    BOOST_TEST_REQUIRE(message.has_value());
    const std::optional<egress_request> read = egress_request_from(*message);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST((*to_message(*read) == *message));
    BOOST_TEST(read->path == usual().path);
    BOOST_TEST((read->fields == usual().fields));
    BOOST_TEST(read->body == usual().body);
    for (std::size_t size = 0; size + usual().body.size() < message->size(); ++size) {
        BOOST_TEST(!egress_request_from(std::span(*message).first(size)).has_value(), size);
    }
    secret_bytes of_another_kind = *message;
    of_another_kind[0] = 2;
    BOOST_TEST(!egress_request_from(of_another_kind).has_value());
    secret_bytes to_another_place = *message;
    to_another_place[1] = 2;
    BOOST_TEST(!egress_request_from(to_another_place).has_value());
}

BOOST_AUTO_TEST_CASE(no_text_breaks_out_of_its_place_in_a_request) {
    const auto refused = [](auto change) {
        egress_request request = usual();
        change(request);
        return !to_message(request).has_value();
    };
    for (const char* bad : {"a\r\nX: y", "a\nb", "a b", "", "\x7f", "\xc3\xa4"}) {
        BOOST_TEST(refused([&](egress_request& r) { r.method = bad; }), bad);
        BOOST_TEST(refused([&](egress_request& r) { r.authority = bad; }), bad);
        BOOST_TEST(refused([&](egress_request& r) { r.path = bad; }), bad);
        BOOST_TEST(refused([&](egress_request& r) { r.path = std::string("/a\r") + bad; }), bad);
        BOOST_TEST(refused([&](egress_request& r) { r.fields[0].first = bad; }), bad);
    }
    for (const char* bad : {"a\r\nX: y", "a\nb", "\t", "\xc3\xa4"}) {
        BOOST_TEST(refused([&](egress_request& r) { r.fields[0].second = bad; }), bad);
    }
    BOOST_TEST(!refused([](egress_request& r) { r.fields[0].second = "a b"; }));
    BOOST_TEST(refused([](egress_request& r) { r.path.resize(egress_text_size_max + 1, 'a'); }));
    BOOST_TEST(refused([](egress_request& r) { r.body.resize(egress_body_size_max + 1); }));
    BOOST_TEST(refused([](egress_request& r) { r.fields.resize(egress_fields_max + 1, {"a", "b"}); }));
    BOOST_TEST(refused([](egress_request& r) { r.answer_size_max = egress_body_size_max + 1; }));
    egress_request largest = usual();
    largest.fields.assign(egress_fields_max,
                          {std::string(egress_text_size_max, 'a'), std::string(egress_text_size_max, 'b')});
    largest.body.resize(egress_body_size_max);
    BOOST_TEST_REQUIRE(to_message(largest).has_value());
    BOOST_TEST(to_message(largest)->size() <= egress_message_size_max);
}

BOOST_AUTO_TEST_CASE(an_answer_is_a_status_or_why_there_is_none) {
    const auto read = [](const egress_answer& answer, std::size_t body_max) {
        return egress_answer_from(to_message(answer), body_max);
    };
    BOOST_TEST(read({204, {}, {}}, 0)->status == 204U);
    BOOST_TEST(read({200, {}, "body"}, 4)->body == "body");
    BOOST_TEST(!read({200, {}, "body"}, 3).has_value()); // more than was asked for
    BOOST_TEST(read({0, "timeout", {}}, 0)->why == "timeout");
    BOOST_TEST(read({0, std::string(5000, 'x'), {}}, 0)->why.size() == egress_why_size_max);
    BOOST_TEST(!read({0, "timeout", "body"}, 4).has_value());
    BOOST_TEST(!read({200, "and why", {}}, 4).has_value());
    for (const unsigned status : {1U, 99U, 600U, 65535U}) {
        BOOST_TEST(!read({status, {}, {}}, 0).has_value(), status);
    }
    BOOST_TEST(!egress_answer_from({}, 0).has_value());
}

BOOST_AUTO_TEST_CASE(a_greeting_is_read_as_it_was_written) {
    const std::optional<egress_hello> read = egress_hello_from(to_message(egress_hello{true, false, 5, "no seccomp"}));
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST((read->files && !read->calls && read->landlock == 5 && read->why == "no seccomp"));
    BOOST_TEST(!egress_hello_from({}).has_value());
    BOOST_TEST(!egress_hello_from(to_message(egress_answer{204, {}, {}})).has_value());
}

BOOST_AUTO_TEST_CASE(more_than_five_deaths_a_minute_are_too_many) {
    death_counter counter;
    const death_counter::time_point start{};
    for (std::size_t i = 0; i < egress_deaths_max; ++i) {
        BOOST_TEST(!counter.too_many(start + std::chrono::seconds(i)));
    }
    BOOST_TEST(counter.too_many(start + std::chrono::seconds(59)));
    BOOST_TEST(!counter.too_many(start + std::chrono::seconds(60))); // counted anew
    death_counter slow;
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST(!slow.too_many(start + std::chrono::seconds(12 * i)));
    }
}

// In a child: what it overwrites may be anybody's.
BOOST_AUTO_TEST_CASE(a_forked_process_forgets_a_secret_and_what_freed_strings_left_of_it) {
    if (::mallinfo2().arena == 0) {
        std::puts("SKIPPED 1 the heap of a sanitizer is not searched");
        return;
    }
    const pid_t child = ::fork();
    if (child == 0) {
        auto* const kept = new std::string("the secret key of this very test, 48 bytes long!");
        auto* const freed = new std::string(*kept);
        const char* const left = freed->data();
        const std::string other(100, 'x');
        std::array<char, 64> on_stack{};
        std::memcpy(on_stack.data() + 3, kept->data(), kept->size());
        delete freed;
        const std::string copy_of_view(*kept);
        forget_everywhere(copy_of_view);
        const auto none = [](const char* from, std::size_t size) {
            return std::all_of(from, from + size, [](char c) { return c == 0; });
        };
        const bool good = none(kept->data(), kept->size()) && none(left + 16, 32) && none(copy_of_view.data(), 48) &&
                          other == std::string(100, 'x') && kept->size() == 48;
        ::_exit(good ? 0 : 1);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
