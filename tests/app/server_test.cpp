// Over real sockets: threads, accepting, caps, stopping. What one connection does is in connection_test.cpp.
#include "app/net/server.hpp"

#include "app/net/connection_ledger.hpp"
#include "app/net/listen.hpp"
#include "tests/app/fake_server.hpp"
#include "tests/app/head_check_cases.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

namespace pawl::app {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::fake_server;
using test::get_root;
using test::raw_client;

struct temporary_directory {
    std::string path;
    temporary_directory() {
        char name[] = "/tmp/pawl-server-test-XXXXXX";
        path = mkdtemp(name);
    }
    ~temporary_directory() { std::filesystem::remove_all(path); }
};

// Until `done`, which some other thread brings about; fails after a bound that working code never meets.
template <class Predicate>
bool eventually(Predicate done) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!done()) {
        if (std::chrono::steady_clock::now() > limit) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

std::uint64_t metric(const fake_server& s, std::string_view name) {
    const std::string text = s.it->counters().render();
    const std::size_t at = text.find("\n" + std::string(name) + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
}

std::size_t open_descriptors() {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        ++n;
    }
    return n;
}

BOOST_AUTO_TEST_SUITE(server_)

BOOST_AUTO_TEST_CASE(serves_one_request_after_the_other_on_one_connection) {
    fake_server s;
    raw_client c(s.port);
    for (int i = 0; i < 3; ++i) {
        const answer a = c.exchange(get_root);
        BOOST_TEST(a.status == 200U);
        BOOST_TEST(a.body == "ok");
    }
    const answer echo = c.exchange("POST /echo?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
    BOOST_TEST(echo.body == "POST /echo a=b [] 127.0.0.1  -\nabc");
    const answer head = c.exchange("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
    BOOST_TEST(head.status == 200U);
    BOOST_TEST(head.header("Content-Length") == "2");
    BOOST_TEST(c.exchange(get_root).body == "ok");
    BOOST_TEST(metric(s, "pawl_http_connections_accepted_total") == 1U);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
    fake_server s;
    raw_client c(s.port);
    std::string all;
    for (int i = 0; i < 50; ++i) {
        all += "GET /things/" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }
    c.send(all);
    for (int i = 0; i < 50; ++i) {
        BOOST_TEST(c.receive().body.starts_with("GET /things/" + std::to_string(i) + " "));
    }
}

BOOST_AUTO_TEST_CASE(each_case_of_the_gate_table_gets_its_status_and_refusals_end_the_connection) {
    fake_server s;
    for (const test::head_check_case& g : test::load_gate_cases()) {
        BOOST_TEST_INFO_SCOPE(g.name);
        raw_client c(s.port);
        const bool refused = g.reason != "none";
        c.send(g.bytes + (refused ? "GET /echo?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n" : ""));
        const answer a = c.receive(g.bytes.starts_with("HEAD") && !refused);
        BOOST_TEST(a.status == g.status);
        BOOST_TEST(a.has("X-Request-Id"));
        if (refused) {
            c.shutdown_send();
            BOOST_TEST(c.closes());
            BOOST_TEST(c.rest() == ""); // exactly one answer
            BOOST_TEST(a.header("Connection") == "close");
            BOOST_TEST(a.header("Content-Type").starts_with("application/problem+json"));
        }
    }
}

BOOST_AUTO_TEST_CASE(answer_to_an_oversized_body_arrives_though_the_client_goes_on_sending) {
    fake_server s;
    raw_client c(s.port);
    c.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x'));
    BOOST_TEST(c.receive().status == 413U);
    c.shutdown_send();
    BOOST_TEST(c.closes());
}

BOOST_AUTO_TEST_CASE(oversized_header_and_target_are_answered) {
    fake_server s;
    raw_client headers(s.port);
    headers.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + std::string(20'000, 'a'));
    BOOST_TEST(headers.receive().status == 431U);
    raw_client target(s.port);
    target.send("GET /" + std::string(20'000, 'a'));
    BOOST_TEST(target.receive().status == 414U);
}

BOOST_AUTO_TEST_CASE(slow_requests_get_408_and_are_closed_and_idle_ones_are_closed_silently) {
    server_settings settings;
    settings.deadlines.header = 60ms;
    settings.deadlines.body = 60ms;
    settings.deadlines.idle = 60ms;
    fake_server s(settings);
    raw_client idle(s.port);
    BOOST_TEST(idle.closes());
    BOOST_TEST(idle.rest() == "");
    for (const std::string_view begun :
         {"GET / HT", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na"}) {
        raw_client c(s.port);
        c.send(begun);
        const answer a = c.receive();
        BOOST_TEST(a.status == 408U);
        BOOST_TEST(a.header("Connection") == "close");
        c.shutdown_send();
        BOOST_TEST(c.closes());
    }
    raw_client kept(s.port);
    BOOST_TEST(kept.exchange(get_root).status == 200U);
    BOOST_TEST(kept.closes()); // idle after its first answer
    BOOST_TEST(metric(s, "pawl_http_timeouts_total") == 2U);
}

BOOST_AUTO_TEST_CASE(client_that_does_not_read_is_cut_off) {
    server_settings settings;
    settings.deadlines.write = 60ms;
    fake_server s(settings);
    raw_client c(s.port);
    // More than socket buffers hold.
    for (int i = 0; i < 8; ++i) {
        c.send("GET /static HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    BOOST_TEST(eventually([&] { return metric(s, "pawl_http_timeouts_total") == 1; }));
    BOOST_TEST(eventually([&] { return s.it->counters().open_connections() == 0; }));
    BOOST_TEST(raw_client(s.port).exchange(get_root).status == 200U);
}

BOOST_AUTO_TEST_CASE(static_bodies_arrive_whole_with_their_own_policy) {
    fake_server s;
    raw_client c(s.port);
    const answer a = c.exchange("GET /static HTTP/1.1\r\nHost: localhost\r\n\r\n");
    BOOST_TEST(a.body.size() == 3'000'000U);
    BOOST_TEST(a.header("Content-Security-Policy") == "default-src 'self'");
    BOOST_TEST(a.header("Cache-Control") == "public, max-age=60");
    BOOST_TEST(c.exchange("HEAD /static HTTP/1.1\r\nHost: localhost\r\n\r\n", true).header("Content-Length") ==
               "3000000");
    BOOST_TEST(c.exchange(get_root).body == "ok");
}

BOOST_AUTO_TEST_CASE(defects_are_500_and_logged_with_their_request_id) {
    fake_server s;
    raw_client c(s.port);
    const answer thrown = c.exchange("GET /throw HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: find-me\r\n\r\n");
    BOOST_TEST(thrown.status == 500U);
    BOOST_TEST(thrown.header("X-Request-Id") == "find-me");
    BOOST_TEST(thrown.body.find("defect") == std::string::npos);
    BOOST_TEST(c.exchange("GET /splitting HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 500U);
    BOOST_TEST(c.exchange(get_root).status == 200U);
    const std::string log = s.stop_and_take_log();
    BOOST_TEST(log.find("error request.defect request_id=find-me method=GET route=throw what=\"a defect\\u000aforged: "
                        "line\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(want_of_memory_or_of_a_signature_is_503) {
    fake_server s;
    raw_client c(s.port);
    for (const char* path : {"/no-memory", "/unsigned"}) {
        const answer refused = c.exchange("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        BOOST_TEST(refused.status == 503U, path);
        BOOST_TEST(refused.header("Retry-After") != "", path);
        BOOST_TEST(refused.body.find("today") == std::string::npos, path);
    }
    BOOST_TEST(c.exchange(get_root).status == 200U);
    const std::string log = s.stop_and_take_log();
    BOOST_TEST(log.find("error request.not_signed ") != std::string::npos);
    BOOST_TEST(log.find("request.defect") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(sixty_four_clients_at_once_each_get_their_own_answers) {
    fake_server s;
    std::atomic<int> wrong{0};
    std::vector<std::thread> clients;
    for (int t = 0; t < 64; ++t) {
        clients.emplace_back([&, t] {
            raw_client c(s.port);
            for (int i = 0; i < 20; ++i) {
                const std::string id = std::to_string(t) + "-" + std::to_string(i);
                const answer a =
                    c.exchange("GET /things/" + id + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + id +
                               "\r\nX-Request-Id: " + id + "\r\n\r\n");
                const bool right = a.status == 200 && a.header("X-Request-Id") == id &&
                                   a.body == "GET /things/" + id + "  [" + id + "] 127.0.0.1  " + id + "\n";
                wrong += right ? 0 : 1;
            }
        });
    }
    for (std::thread& t : clients) {
        t.join();
    }
    BOOST_TEST(wrong.load() == 0);
    BOOST_TEST(metric(s, "pawl_http_requests_total{route=\"thing\",status=\"200\"}") == 64U * 20U);
}

BOOST_AUTO_TEST_CASE(resets_at_any_moment_harm_nobody) {
    const std::size_t before = open_descriptors();
    {
        fake_server s;
        for (int i = 0; i < 100; ++i) {
            raw_client c(s.port);
            c.reset_on_close();
            const std::string_view request = "GET /static HTTP/1.1\r\nHost: localhost\r\n\r\n";
            c.send(request.substr(0, i % 2 == 0 ? request.size() : request.size() / 2));
        }
        BOOST_TEST(raw_client(s.port).exchange(get_root).status == 200U);
        BOOST_TEST(eventually([&] { return s.it->counters().open_connections() == 0; }));
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(connections_over_a_cap_get_503_and_room_is_made_when_one_ends) {
    for (const connection_caps caps : {connection_caps{4, 1000}, connection_caps{1000, 4}}) {
        server_settings settings;
        settings.caps = caps;
        fake_server s(settings);
        std::vector<std::unique_ptr<raw_client>> clients;
        for (int i = 0; i < 4; ++i) {
            clients.push_back(std::make_unique<raw_client>(s.port));
            BOOST_TEST(clients.back()->exchange(get_root).status == 200U);
        }
        raw_client fifth(s.port);
        const answer a = fifth.receive();
        BOOST_TEST(a.status == 503U);
        BOOST_TEST(a.has("X-Request-Id"));
        BOOST_TEST(a.header("Connection") == "close");
        BOOST_TEST(fifth.closes());
        BOOST_TEST(metric(s, "pawl_http_connections_refused_total") == 1U);
        clients.pop_back();
        BOOST_TEST(eventually([&] { return raw_client(s.port).exchange(get_root).status == 200; }));
        BOOST_TEST(clients[0]->exchange(get_root).status == 200U);
    }
}

BOOST_AUTO_TEST_CASE(trusted_proxies_are_not_capped_by_peer) {
    server_settings settings;
    settings.caps = {1000, 2};
    settings.trusted_proxies.blocks = {address_block_from_text("127.0.0.0/8").value()};
    fake_server s(settings);
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(std::make_unique<raw_client>(s.port));
        BOOST_TEST(clients.back()
                       ->exchange("GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n")
                       .body.find("9.9.9.9") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(ledger_counts_by_address_and_by_half_of_an_ipv6_address) {
    connection_ledger ledger({10, 1});
    const auto peer = [](const char* text) { return peer_address_from_text(text).value(); };
    const connection_permit a = ledger.take(peer("192.0.2.1"), true);
    const connection_permit b = ledger.take(peer("192.0.2.2"), true);
    const connection_permit c = ledger.take(peer("2001:db8::1"), true);
    BOOST_TEST((a && b && c));
    BOOST_TEST(!ledger.take(peer("192.0.2.1"), true));
    BOOST_TEST(!ledger.take(peer("2001:db8::2"), true));
    BOOST_TEST(!!ledger.take(peer("2001:db8:0:1::1"), true));
    BOOST_TEST(!!ledger.take(peer("192.0.2.1"), false));
    BOOST_TEST(ledger.open() == 3U);
    BOOST_TEST(!ledger.wait_until_none(0ms));
}

BOOST_AUTO_TEST_CASE(out_of_descriptors_means_a_pause_and_not_a_spin_and_it_recovers) {
    server_settings settings;
    settings.threads = 1;
    fake_server s(settings);
    raw_client held(s.port);
    BOOST_TEST(held.exchange(get_root).status == 200U);
    // Take every descriptor there is, but those two that the test itself needs.
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit small = before;
    small.rlim_cur = open_descriptors() + 8;
    setrlimit(RLIMIT_NOFILE, &small);
    std::vector<unique_fd> hog;
    for (int fd = 0; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) {
        hog.emplace_back(fd);
    }
    hog.pop_back(); // one for the client
    {
        raw_client turned_away(s.port);
        BOOST_TEST(turned_away.closes());
    }
    BOOST_TEST(held.exchange(get_root).status == 200U); // those that are in go on
    hog.clear();
    setrlimit(RLIMIT_NOFILE, &before);
    BOOST_TEST(raw_client(s.port).exchange(get_root).status == 200U);
    const std::uint64_t pauses = metric(s, "pawl_http_accept_pauses_total");
    BOOST_TEST(pauses >= 1U);
    BOOST_TEST(pauses < 1000U);
}

BOOST_AUTO_TEST_CASE(stop_lets_requests_in_flight_finish_and_closes_idle_connections) {
    test::slow_gate().open = false;
    test::slow_gate().entered = 0;
    fake_server s;
    raw_client idle(s.port), busy(s.port);
    BOOST_TEST(idle.exchange(get_root).status == 200U);
    busy.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    BOOST_TEST(eventually([] { return test::slow_gate().entered.load() == 1; }));
    std::atomic<bool> drained{false}, whole{false};
    std::thread stopper([&] {
        whole = s.it->drain();
        drained = true;
    });
    BOOST_TEST(idle.closes());
    BOOST_TEST(!drained.load());
    // Each thread closes its own listener in its own time; then no one gets in.
    BOOST_TEST(eventually([&] {
        try {
            raw_client late(s.port);
            return false;
        } catch (const std::runtime_error&) {
            return true;
        }
    }));
    test::slow_gate().open = true;
    const answer a = busy.receive();
    BOOST_TEST(a.status == 200U);
    BOOST_TEST(a.body == "slow");
    BOOST_TEST(a.header("Connection") == "close");
    BOOST_TEST(busy.closes());
    stopper.join();
    BOOST_TEST(whole.load());
    s.it->stop();
    s.it->stop(); // once more does nothing
}

BOOST_AUTO_TEST_CASE(stop_cuts_off_what_does_not_finish_in_time) {
    test::slow_gate().open = false;
    test::slow_gate().entered = 0;
    server_settings settings;
    settings.deadlines.drain = 50ms;
    fake_server s(settings);
    raw_client busy(s.port);
    busy.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    BOOST_TEST(eventually([] { return test::slow_gate().entered.load() == 1; }));
    raw_client half(s.port);
    half.send("GET / HT");
    BOOST_TEST(!s.it->drain());
    BOOST_TEST(half.closes());
    BOOST_TEST(half.rest() == "");
    s.it->stop(); // destroys the handler's frame where it hangs
    BOOST_TEST(busy.closes());
}

BOOST_AUTO_TEST_CASE(unix_socket_serves_with_its_mode_and_goes_with_the_server) {
    const temporary_directory dir;
    const std::string path = dir.path + "/s";
    server_settings settings;
    settings.listen = {"unix:" + path, "127.0.0.1:0"};
    settings.unix_socket_mode = 0600;
    settings.threads = 2;
    {
        fake_server s(settings);
        BOOST_TEST(s.urls[0] == "unix:" + path);
        BOOST_TEST(s.urls[1].starts_with("http://127.0.0.1:"));
        struct stat file{};
        BOOST_TEST(stat(path.c_str(), &file) == 0);
        BOOST_TEST((file.st_mode & 07777U) == 0600U);
        raw_client a(path), b(path); // one on each thread
        for (raw_client* c : {&a, &b, &a}) {
            const answer r = c->exchange("GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
            BOOST_TEST(r.body == "GET /echo  []   -\n"); // no address
        }
    }
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(stale_socket_file_is_replaced_but_nothing_else_is) {
    const temporary_directory dir;
    const std::string path = dir.path + "/s";
    bind_listener("unix:" + path, 1, 0600, false); // closed at once, its file stays: as after kill -9
    BOOST_TEST(std::filesystem::exists(path));
    server_settings settings;
    settings.listen = {"unix:" + path};
    fake_server s(settings);
    BOOST_TEST(raw_client(path).exchange(get_root).status == 200U);
    BOOST_CHECK_THROW(bind_listener("unix:" + path, 1, 0600, false), listen_error); // alive
    BOOST_TEST(raw_client(path).exchange(get_root).status == 200U);
    const std::string file = dir.path + "/file";
    close(open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    BOOST_CHECK_THROW(bind_listener("unix:" + file, 1, 0600, false), listen_error);
    BOOST_TEST(std::filesystem::exists(file));
}

BOOST_AUTO_TEST_CASE(address_in_use_is_told_though_our_own_threads_share_theirs) {
    fake_server s;
    const std::string address = "127.0.0.1:" + std::to_string(s.port);
    BOOST_CHECK_EXCEPTION(bind_listener(address, 2, 0, false), listen_error, [&](const listen_error& e) {
        return std::string(e.what()).find(address) != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(connections_spread_over_threads_that_share_a_port) {
    const bound_listener l = bind_listener("127.0.0.1:0", 3, 0, false);
    BOOST_TEST(l.descriptors.size() == 3U);
    BOOST_TEST(l.host == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(ipv6_is_served_where_the_system_has_it) {
    const unique_fd probe(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_addr = in6addr_loopback;
    if (!probe || bind(probe.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) {
        BOOST_TEST_MESSAGE("no IPv6 here");
        return;
    }
    server_settings settings;
    settings.listen = {"[::1]:0"};
    fake_server s(settings);
    BOOST_TEST(s.urls[0].starts_with("http://[::1]:"));
    const unique_fd fd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    a.sin6_port = htons(s.port);
    BOOST_TEST(connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
    const std::string request = "GET /echo HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n";
    BOOST_TEST(send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
    std::string all;
    char bytes[4096];
    for (ssize_t n = 0; (n = recv(fd.get(), bytes, sizeof bytes, 0)) > 0;) {
        all.append(bytes, static_cast<std::size_t>(n));
    }
    BOOST_TEST(all.find("GET /echo  [] ::1 ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(listen_addresses_are_read_strictly) {
    for (const char* bad :
         {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "example.com:80", "[::1]",
          "::1:80", "[127.0.0.1]:80", "unix:", "unix:relative", "127.0.0.1:-1", "127.0.0.1:80 "}) {
        BOOST_CHECK_THROW(bind_listener(bad, 1, 0600, false), listen_error);
    }
    BOOST_CHECK_THROW(bind_listener("unix:/" + std::string(200, 'x'), 1, 0600, false), listen_error);
    BOOST_TEST(bind_listener("localhost:0", 1, 0, false).url.starts_with("http://127.0.0.1:"));
    BOOST_CHECK_THROW(bind_listener("localhost:x", 1, 0, false), listen_error);
}

BOOST_AUTO_TEST_CASE(sockets_handed_over_are_taken_only_when_meant_for_us) {
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "1", 1);
    BOOST_TEST(take_activated_listeners().empty());
    BOOST_TEST((std::getenv("LISTEN_FDS") == nullptr));
    BOOST_TEST(take_activated_listeners().empty());
}

BOOST_AUTO_TEST_CASE(allowed_hosts_replace_the_defaults_and_issuer_and_addresses_are_among_them) {
    server_settings settings;
    settings.issuer_host = "auth.example.com";
    const auto status_for = [](fake_server& s, const std::string& host) {
        return raw_client(s.port).exchange("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status;
    };
    {
        fake_server s(settings);
        BOOST_TEST(status_for(s, "auth.example.com") == 200U);
        BOOST_TEST(status_for(s, "localhost:1") == 200U);
        BOOST_TEST(status_for(s, "evil.example") == 421U);
    }
    settings.allowed_hosts = {"only.example"};
    fake_server s(settings);
    BOOST_TEST(status_for(s, "only.example") == 200U);
    BOOST_TEST(status_for(s, "localhost") == 421U);
}

BOOST_AUTO_TEST_CASE(malformed_allowed_host_is_refused_at_start) {
    server_settings settings;
    settings.allowed_hosts = {"http://x"};
    BOOST_CHECK_THROW(fake_server s(settings), listen_error);
}

BOOST_AUTO_TEST_CASE(hooks_run_on_each_io_thread) {
    std::atomic<int> started{0}, stopped{0};
    server_settings settings;
    settings.threads = 3;
    settings.on_thread_start = [&] { ++started; };
    settings.on_thread_stop = [&] { ++stopped; };
    {
        fake_server s(settings);
        BOOST_TEST(eventually([&] { return started.load() == 3; }));
        BOOST_TEST(stopped.load() == 0);
    }
    BOOST_TEST(stopped.load() == 3);
}

BOOST_AUTO_TEST_CASE(server_that_never_started_goes_quietly) {
    const temporary_directory dir;
    const std::string path = dir.path + "/s";
    test::log_capture capture;
    logger log(log_level::info, log_format::text, capture.write_end());
    app_context context = test::make_context();
    server_settings settings;
    settings.listen = {"unix:" + path};
    settings.socket_activation = false;
    {
        server s(settings, context, test::fake_routes(), log);
        BOOST_TEST(s.bind().at(0) == "unix:" + path);
        BOOST_TEST(s.bind().size() == 1U);
    }
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
