// A connection without a socket: time is a number, bytes are strings.
#pragma once

#include "app/http/connection.hpp"

#include "tests/app/fake_server.hpp"
#include "tests/app/head_check_cases.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pawl::app::test {

struct connection_world {
    server_settings settings;
    host_list hosts = loopback_hosts();
    router routing{fake_routes()};
    metrics counters{fake_routes(), 1};
    log_capture capture;
    logger log{log_level::debug, log_format::text, capture.write_end()};
    std::atomic<bool> told_of_untrusted{false};
    connection_host host{settings, hosts, routing, fake_routes(), counters, counters.shard(0), log, &told_of_untrusted};
    connection::time_point now{};
    connection c;

    explicit connection_world(server_settings s = {}, std::string_view peer = "10.0.0.1", bool admin = false)
        : settings(std::move(s)), c(host, peer_address_from_text(peer).value(), now, admin) {}

    // Gives bytes as the machine asks for them; the next thing it wants that isn't reading.
    connection::action feed(std::string_view bytes, std::size_t step = SIZE_MAX) {
        connection::action what = c.next(now);
        while (what == connection::action::read && !bytes.empty()) {
            const std::span<char> space = c.read_space();
            BOOST_TEST_REQUIRE(!space.empty());
            const std::size_t n = std::min({space.size(), bytes.size(), step});
            std::memcpy(space.data(), bytes.data(), n);
            bytes.remove_prefix(n);
            c.on_read(false, n, now);
            what = c.next(now);
        }
        left_over = bytes;
        return what;
    }
    // What is written until something else is wanted.
    std::string written(std::size_t step = SIZE_MAX) {
        std::string out;
        while (c.next(now) == connection::action::write) {
            const std::string_view bytes = c.unsent().substr(0, step);
            out.append(bytes);
            c.on_written(false, bytes.size(), now);
        }
        return out;
    }
    std::string answer_with(http_response r) {
        c.on_response(std::move(r), now);
        return written();
    }
    std::string_view left_over;
};

inline http_response ok(std::string body = "ok") {
    http_response r;
    r.content_type = "text/plain";
    r.body = std::move(body);
    return r;
}

inline unsigned status_of(const std::string& answer) {
    return answer.size() < 12 ? 0U : static_cast<unsigned>(std::stoul(answer.substr(9, 3)));
}

} // namespace pawl::app::test
