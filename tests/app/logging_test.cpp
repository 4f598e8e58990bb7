#include "app/process/logging.hpp"

#include "app/http/limits.hpp"
#include "tests/app/fake_server.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <thread>
#include <vector>

namespace pawl::app {
namespace {

namespace json = boost::json;
const auto noon = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'795'305'600'123));

std::string json_line(std::string_view value) {
    return format_log_line(log_level::info, log_format::json, "e", {{"v", value}}, noon);
}

BOOST_AUTO_TEST_SUITE(logging)

BOOST_AUTO_TEST_CASE(lines_have_time_level_event_and_fields) {
    const std::initializer_list<log_field> fields = {{"text", "a b"}, {"plain", "x/y"}, {"n", -3}, {"u", 7U},
                                                     {"f", 1.5},      {"t", true},      {"e", ""}};
    BOOST_TEST(format_log_line(log_level::warn, log_format::text, "a.b", fields, noon) ==
               "2026-11-22T00:00:00.123Z warn  a.b text=\"a b\" plain=x/y n=-3 u=7 f=1.5 t=true e=\"\"");
    BOOST_TEST(format_log_line(log_level::debug, log_format::json, "a.b", fields, noon) ==
               R"({"time":"2026-11-22T00:00:00.123Z","level":"debug","event":"a.b","text":"a b","plain":"x/y","n":-3,)"
               R"("u":7,"f":1.5,"t":true,"e":""})");
}

BOOST_AUTO_TEST_CASE(no_value_forges_a_line_or_reaches_a_terminal) {
    std::vector<std::string> values = {"admin\n{\"level\":\"forged\"}",
                                       "\x1b[31mred\x1b[0m",
                                       "a\r\nb",
                                       "\xe2\x80\xa8line separator",
                                       "\xc2\x9b"
                                       "31m",
                                       "\xe2\x80\xaeoverride",
                                       "\xd8\x9c\xe2\x81\xa6\xe2\x80\x8f",
                                       "bad \xff utf-8 \xc0\xaf \xed\xa0\x80",
                                       "cut \xe2\x82",
                                       "quote \" backslash \\",
                                       std::string("nul \0 in it", 11)};
    for (int b = 0; b < 256; ++b) {
        values.emplace_back(1, static_cast<char>(b));
    }
    for (const std::string& v : values) {
        for (const log_format format : {log_format::text, log_format::json}) {
            const std::string line = format_log_line(log_level::info, format, "e", {{"v", v}}, noon);
            for (std::size_t i = 0; i < line.size(); ++i) {
                const auto b = static_cast<unsigned char>(line[i]);
                BOOST_TEST_REQUIRE((b >= 0x20 && b != 0x7f));
            }
            BOOST_TEST(line.find("\xe2\x80\xa8") == std::string::npos);
            BOOST_TEST(line.find("\xc2\x9b") == std::string::npos);
            BOOST_TEST(line.find("\xe2\x80\xae") == std::string::npos);
            BOOST_TEST(line.find("\xd8\x9c") == std::string::npos);
            BOOST_TEST(line.find("\xe2\x81\xa6") == std::string::npos);
            BOOST_TEST(line.find("\xe2\x80\x8f") == std::string::npos);
        }
        json::error_code ec;
        const json::value parsed = json::parse(json_line(v), ec); // refuses what is no UTF-8
        BOOST_TEST_REQUIRE(!ec);
        BOOST_TEST(parsed.as_object().size() == 4U);
    }
}

BOOST_AUTO_TEST_CASE(good_utf_8_stays_as_it_is) {
    BOOST_TEST(
        json_line("J\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x98\x80").find("J\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x98\x80") !=
        std::string::npos);
}

BOOST_AUTO_TEST_CASE(long_values_are_cut) {
    const std::string line = json_line(std::string(5000, 'x'));
    BOOST_TEST(line.size() < log_value_size_max + 200);
    BOOST_TEST(line.find("x...\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(levels_below_the_threshold_are_not_written) {
    test::log_capture capture;
    {
        logger log(log_level::warn, log_format::text, capture.write_end());
        log.info("unseen");
        log.warn("seen");
        log.set_level(log_level::debug);
        log.debug("seen_too");
        BOOST_TEST(log.enabled(log_level::debug));
    }
    const std::string out = capture.take();
    BOOST_TEST(out.find("unseen") == std::string::npos);
    BOOST_TEST(out.find("warn  seen\n") != std::string::npos);
    BOOST_TEST(out.find("debug seen_too\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lines_of_many_threads_stay_whole) {
    test::log_capture capture;
    constexpr int threads = 4;
    constexpr int each = 200;
    {
        logger log(log_level::info, log_format::json, capture.write_end());
        std::vector<std::thread> all;
        for (int t = 0; t < threads; ++t) {
            all.emplace_back([&log, t] {
                for (int i = 0; i < each; ++i) {
                    log.info("e", {{"t", t}, {"i", i}});
                }
            });
        }
        for (std::thread& t : all) {
            t.join();
        }
        BOOST_TEST(log.flush(std::chrono::seconds(20)));
        BOOST_TEST(log.dropped() == 0U);
    }
    std::istringstream lines(capture.take());
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        json::error_code ec;
        json::parse(line, ec);
        BOOST_TEST_REQUIRE(!ec, line);
    }
    BOOST_TEST(count == threads * each);
}

BOOST_AUTO_TEST_CASE(a_pipe_nobody_reads_blocks_no_one_and_drops_are_counted_and_told) {
    test::log_capture capture;
    logger log(log_level::info, log_format::text, capture.write_end());
    const std::string value(1000, 'x');
    for (int i = 0; i < 4000; ++i) { // 4 MB: more than pipe and buffer hold
        log.info("flood", {{"v", value}});
    }
    const std::uint64_t dropped = log.dropped();
    BOOST_TEST(dropped > 0U);
    // The reader wakes up: what was kept comes out, and how many were not, in one line or several.
    const auto told = [](const std::string& out) {
        constexpr std::string_view mark = "log.dropped lines=";
        std::uint64_t sum = 0;
        for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at + 1)) {
            sum += out.find('\n', at) == std::string::npos ? 0 : std::stoull(out.substr(at + mark.size()));
        }
        return sum;
    };
    // A line of its own tells of what was dropped, and may come before the last that were kept.
    const auto lines = [](const std::string& out) {
        return static_cast<std::uint64_t>(std::count(out.begin(), out.end(), '\n'));
    };
    std::string out;
    char bytes[65536];
    while (told(out) < dropped || lines(out) + dropped < 4000U) {
        const ssize_t n = read(capture.read_end(), bytes, sizeof bytes);
        BOOST_TEST_REQUIRE(n > 0);
        out.append(bytes, static_cast<std::size_t>(n));
    }
    BOOST_TEST(told(out) == dropped);
}

BOOST_AUTO_TEST_CASE(a_logger_ends_even_when_its_pipe_is_stuck) {
    test::log_capture capture(4096); // less than the logger's buffer: what fills that cannot all be written
    logger log(log_level::info, log_format::text, capture.write_end());
    const std::string value(1000, 'x');
    for (int i = 0; i < 3000; ++i) {
        log.info("flood", {{"v", value}});
    }
    BOOST_TEST(!log.flush(std::chrono::milliseconds(1)));
} // ~logger returns

BOOST_AUTO_TEST_CASE(level_names_are_read_back) {
    for (const auto level : {log_level::debug, log_level::info, log_level::warn, log_level::error}) {
        BOOST_TEST((log_level_from_text(to_text(level)) == level));
    }
    BOOST_TEST(!log_level_from_text("INFO").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
