#include "storage/store/durable_waiters.hpp"

#include "store_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <exception>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;
namespace asio = boost::asio;

namespace {

struct outcomes {
    std::atomic<int> yes{0}, no{0}, elsewhere{0};
};

task<void> wait_for(store& data, ticket t, std::thread::id expected, outcomes& out) {
    const bool durable = co_await data.durable(t);
    ++(durable ? out.yes : out.no);
    if (std::this_thread::get_id() != expected) {
        ++out.elsewhere;
    }
}

void rethrow(std::exception_ptr e) {
    if (e) {
        std::rethrow_exception(e);
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_durable, store_fixture)

BOOST_AUTO_TEST_CASE(waiting_ends_on_the_waiters_io_context_once_the_batch_is_durable) {
    asio::io_context io(1);
    outcomes out;
    const ticket t = data->insert_user(person("ann"))->wait_for;
    for (int i = 0; i < 100; ++i) {
        asio::co_spawn(io, wait_for(*data, t, std::this_thread::get_id(), out), rethrow);
    }
    io.poll();
    BOOST_TEST(out.yes == 0);
    BOOST_TEST(data->statistics().waiting == 100U);
    std::thread writer([this] { log->sync(); });
    writer.join();
    BOOST_TEST(out.yes == 0); // resumed by its own thread, not by the writer's
    io.restart();
    BOOST_TEST(io.poll_one() == 1U); // one post for all of them
    BOOST_TEST(out.yes == 100);
    BOOST_TEST(out.elsewhere == 0);
    BOOST_TEST(data->statistics().waiting == 0U);
}

BOOST_AUTO_TEST_CASE(nothing_to_wait_for_completes_without_suspending) {
    asio::io_context io(1);
    outcomes out;
    const ticket t = data->insert_user(person("ann"))->wait_for;
    log->sync();
    asio::co_spawn(io, wait_for(*data, ticket::none, std::this_thread::get_id(), out), rethrow);
    asio::co_spawn(io, wait_for(*data, t, std::this_thread::get_id(), out), rethrow);
    io.run();
    BOOST_TEST(out.yes == 2);
}

BOOST_AUTO_TEST_CASE(later_tickets_wait_on_when_an_earlier_batch_is_done) {
    asio::io_context io(1);
    outcomes early, late;
    const ticket a = data->insert_user(person("a"))->wait_for;
    asio::co_spawn(io, wait_for(*data, ticket{static_cast<std::uint64_t>(a) + 1}, std::this_thread::get_id(), late),
                   rethrow);
    asio::co_spawn(io, wait_for(*data, a, std::this_thread::get_id(), early), rethrow);
    io.poll();
    log->sync();
    io.restart();
    io.poll();
    BOOST_TEST(early.yes == 1);
    BOOST_TEST(late.yes == 0);
    static_cast<void>(data->insert_user(person("b")));
    log->sync();
    io.restart();
    io.poll();
    BOOST_TEST(late.yes == 1);
}

// The batch became durable after the coroutine had looked and before it was listed.
BOOST_AUTO_TEST_CASE(waiter_that_comes_after_its_batch_is_woken_at_once) {
    asio::io_context io(1);
    durable_waiters waiters;
    durable_waiters::waiter late;
    static int completed;
    completed = 0;
    late.sequence = 5;
    late.complete = [](durable_waiters::waiter& w, bool resume) { completed += resume && w.outcome ? 1 : 100; };
    waiters.advance(5);
    waiters.add(late, io.get_executor());
    BOOST_TEST(waiters.waiting() == 0U);
    BOOST_TEST(completed == 0); // never from within add()
    io.poll();
    BOOST_TEST(completed == 1);
}

BOOST_AUTO_TEST_CASE(failed_storage_tells_every_waiter_and_every_later_one_no) {
    asio::io_context io(1);
    outcomes out;
    const ticket t = data->insert_user(person("ann"))->wait_for;
    asio::co_spawn(io, wait_for(*data, t, std::this_thread::get_id(), out), rethrow);
    io.poll();
    log->fail();
    asio::co_spawn(io, wait_for(*data, t, std::this_thread::get_id(), out), rethrow);
    asio::co_spawn(io, wait_for(*data, ticket::none, std::this_thread::get_id(), out), rethrow);
    io.restart();
    io.poll();
    BOOST_TEST(out.no == 3); // also where there is nothing to wait for: R2
    BOOST_TEST(out.yes == 0);
    BOOST_TEST(!data->is_durable(ticket::none));
    BOOST_TEST(data->why_not_ready() != nullptr);
}

BOOST_AUTO_TEST_CASE(any_executor_will_do) {
    outcomes out;
    asio::thread_pool pool(2);
    const auto strand = asio::make_strand(pool.get_executor());
    const ticket t = data->insert_user(person("ann"))->wait_for;
    for (int i = 0; i < 10; ++i) {
        asio::co_spawn(strand, wait_for(*data, t, std::thread::id(), out), rethrow);
        asio::co_spawn(pool, wait_for(*data, t, std::thread::id(), out), rethrow);
    }
    log->sync();
    pool.join();
    BOOST_TEST(out.yes == 20);
}

BOOST_AUTO_TEST_CASE(waiters_of_an_io_context_that_goes_away_go_with_it) {
    outcomes out;
    {
        asio::io_context io(1);
        const ticket t = data->insert_user(person("ann"))->wait_for;
        asio::co_spawn(io, wait_for(*data, t, std::this_thread::get_id(), out), rethrow);
        io.poll();
        log->sync(); // posted, never run
    }
    BOOST_TEST(out.yes + out.no == 0);
    BOOST_TEST(data->statistics().waiting == 0U);
}

namespace {

task<void> sign_up_many(embedded_store& data, std::string prefix, std::size_t count, outcomes& out) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto r = data.insert_user(store_fixture::person(prefix + std::to_string(i)));
        const ticket t = r->wait_for;
        const bool durable = co_await data.durable(t);
        ++(durable && data.is_durable(t) ? out.yes : out.no);
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(no_wake_up_is_lost_between_many_io_contexts_and_the_writer) {
    constexpr std::size_t threads_count = 3, coroutines = 8;
    const std::size_t each = 100 * scale();
    outcomes out;
    // They outlive all who post to them.
    std::vector<std::unique_ptr<asio::io_context>> contexts;
    for (std::size_t t = 0; t < threads_count; ++t) {
        contexts.push_back(std::make_unique<asio::io_context>(1));
    }
    {
        const background_sync syncing(*log);
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t < threads_count; ++t) {
            threads.emplace_back([&, t] {
                for (std::size_t c = 0; c < coroutines; ++c) {
                    const std::string prefix = std::to_string(t) + "-" + std::to_string(c) + "-";
                    asio::co_spawn(*contexts[t], sign_up_many(*data, prefix, each, out), rethrow);
                }
                contexts[t]->run(); // hangs where a wake-up is lost
            });
        }
        for (std::thread& t : threads) {
            t.join();
        }
    }
    BOOST_TEST(out.yes == static_cast<int>(threads_count * coroutines * each));
    BOOST_TEST(out.no == 0);
}

BOOST_AUTO_TEST_SUITE_END()
