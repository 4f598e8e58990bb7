// What a request allocates once the server is warm. An executable of its own: it replaces operator new to count.
// Counted is everything from the bytes of a request to those of its answer, and what the log does to wake it. Not
// counted: what OpenSSL takes by malloc (ES256 and RS256 make some big numbers a signature), and the log's own thread.
#include "tests/support/request_world.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include <execinfo.h>

namespace {

std::atomic<bool> counting{false};
std::atomic<std::size_t> counted{0};

void* count_and_allocate(std::size_t size) {
    if (counting.load(std::memory_order_relaxed)) {
        counted.fetch_add(1, std::memory_order_relaxed);
        if (std::getenv("PAWL_SHOW_ALLOCATIONS") != nullptr) { // addr2line -Cfe app_allocation_tests ADDRESS...
            counting = false;
            void* frames[24];
            const int n = ::backtrace(frames, 24);
            std::fprintf(stderr, "--- %zu bytes\n", size);
            ::backtrace_symbols_fd(frames, n, 2);
            counting = true;
        }
    }
    void* const memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

} // namespace

void* operator new(std::size_t size) {
    return count_and_allocate(size);
}
void* operator new[](std::size_t size) {
    return count_and_allocate(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

using namespace pawl;
using test::request_world;

constexpr int warm_up = 20, measured = 50;

enum class body_form : std::uint8_t { json, form };

std::string refresh_request(body_form form, const std::string& token) {
    return form == body_form::json
               ? request_world::post("/refresh", R"({"refresh_token":")" + token + R"("})")
               : request_world::post("/refresh", "refresh_token=" + token, "application/x-www-form-urlencoded");
}

// Allocations of `measured` requests, each of which is checked.
task<void> refresh_chain(request_world& world, body_form form, std::size_t& allocations) {
    co_await world.sign_in();
    std::string token(world.member("refresh_token"));
    for (int i = 0; i < warm_up + measured; ++i) {
        const std::string request = refresh_request(form, token);
        counted = 0;
        counting = i >= warm_up;
        co_await world.send(request);
        counting = false;
        allocations += counted;
        BOOST_TEST_REQUIRE(world.is_200());
        BOOST_TEST_REQUIRE(world.member("refresh_token") != token);
        token = world.member("refresh_token");
    }
}

task<void> same_request(request_world& world, std::string target, bool bearer, std::size_t& allocations) {
    co_await world.sign_in();
    const std::string request = request_world::get(target, bearer ? world.member("access_token") : std::string_view());
    for (int i = 0; i < warm_up + measured; ++i) {
        counted = 0;
        counting = i >= warm_up;
        co_await world.send(request);
        counting = false;
        allocations += counted;
        BOOST_TEST_REQUIRE(world.is_200());
    }
}

double refresh_allocations(jws_algorithm algorithm, body_form form = body_form::json) {
    request_world instance(algorithm);
    std::size_t allocations = 0;
    world.run(refresh_chain(world, form, allocations));
    return static_cast<double>(allocations) / measured;
}

double get_allocations(const std::string& target, bool bearer) {
    request_world instance(jws_algorithm::es256);
    std::size_t allocations = 0;
    world.run(same_request(world, target, bearer, allocations));
    return static_cast<double>(allocations) / measured;
}

} // namespace

BOOST_AUTO_TEST_SUITE(allocations)

BOOST_AUTO_TEST_CASE(a_refresh_allocates_nothing_once_warm) {
    BOOST_TEST(refresh_allocations(jws_algorithm::es256) == 0.0);
    BOOST_TEST(refresh_allocations(jws_algorithm::eddsa) == 0.0);
    BOOST_TEST(refresh_allocations(jws_algorithm::hs256) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_refresh_sent_as_a_form_allocates_nothing_either) {
    BOOST_TEST(refresh_allocations(jws_algorithm::es256, body_form::form) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_bearer_get_allocates_nothing_once_warm) {
    BOOST_TEST(get_allocations("/users/me", true) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_trivial_get_allocates_nothing_once_warm) {
    BOOST_TEST(get_allocations("/healthz", false) == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
