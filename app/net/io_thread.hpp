// One io thread: an io_context, the listeners it accepts on, the connections it serves. Nothing in here is shared but
// what says so.
#pragma once

#include "app/http/connection.hpp"
#include "app/net/client_stream.hpp"
#include "app/net/connection_ledger.hpp"
#include "app/net/listen.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace pawl::app {

// What all io threads of a server share; built before and destroyed after them.
struct io_shared {
    const server_settings& settings;
    const host_list& hosts;
    const router& routing;
    std::span<const route> routes;
    metrics& counters;
    logger& log;
    app_context& context;
    connection_ledger& ledger;
    std::atomic<bool> told_of_untrusted{false}; // connection_host::told_of_untrusted
};

class io_thread {
public:
    using executor_type = boost::asio::io_context::executor_type;
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, executor_type>;

    io_thread(io_shared& shared, std::size_t index);
    ~io_thread(); // stop()
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;

    // Before run(): accepts on `fd`. Connections stay here, or go round all of `targets` in turn where not empty.
    // `admin`: it is the admin socket.
    void add_listener(unique_fd fd, std::span<const std::unique_ptr<io_thread>> targets, bool admin = false);
    void run(); // starts the thread
    // From any thread, once: no more accepting, idle connections closed, the others after their answer.
    void begin_drain();
    void cut_connections(); // from any thread: whatever is left ends now
    void stop();            // ends and joins the thread; what hangs in handlers is destroyed with the object

private:
    // Who was accepted, and where.
    struct accepted {
        peer_address peer;
        int family = 0;
        bool admin = false;
    };
    // A connection and its socket, owned by its coroutine's frame.
    struct session : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        session(io_thread& owner, unique_fd fd, const accepted& who, connection_permit p);
        ~session();
        session(const session&) = delete;
        session& operator=(const session&) = delete;
        void cancel() { stream.cancel(); } // what waits for the socket
        bool overdue(std::chrono::steady_clock::time_point now) const { return now >= transport_deadline; }

        connection_permit permit; // given back last
        io_thread& thread;
        client_stream stream;
        bool awaits_tls = false; // its first bytes are a handshake's
        // Of a handshake, or of saying goodbye.
        std::chrono::steady_clock::time_point transport_deadline = std::chrono::steady_clock::time_point::max();
        connection machine;
        std::shared_ptr<session*> self; // made where somebody must know whether this is still there
    };
    struct listener {
        listener(executor_type executor, unique_fd fd, std::span<const std::unique_ptr<io_thread>> to, bool for_admin);
        boost::asio::posix::basic_stream_descriptor<executor_type> socket;
        timer pause;
        std::span<const std::unique_ptr<io_thread>> targets;
        std::size_t next_target = 0;
        bool admin = false;
        std::shared_ptr<bool> accepting = std::make_shared<bool>(false); // its accept_loop lives; frames outlive this
        unique_fd reserve; // given up for a moment when there are no descriptors left, to turn a client away
    };
    struct session_ended; // completion of serve()
    struct accept_ended;  // completion of accept_loop()
    // A parameter of accept_loop: listener::accepting is true for as long as its frame lives, however that ends.
    class accepting_mark {
    public:
        explicit accepting_mark(const listener& of) noexcept : accepting_(of.accepting) { *accepting_ = true; }
        accepting_mark(accepting_mark&&) noexcept = default;
        accepting_mark(const accepting_mark&) = delete;
        accepting_mark& operator=(const accepting_mark&) = delete;
        accepting_mark& operator=(accepting_mark&&) = delete;
        ~accepting_mark() {
            if (accepting_ != nullptr) {
                *accepting_ = false;
            }
        }

    private:
        std::shared_ptr<bool> accepting_;
    };
    using session_list = boost::intrusive::list<session, boost::intrusive::constant_time_size<false>>;

    static task<void> serve(std::unique_ptr<session> s);
    // Awaited directly: the session outlives the calls.
    static task<bool> shake_hands(session& s);
    static task<void> say_goodbye(session& s);
    task<http_response> answer(const connection& c);
    task<void> accept_loop(listener& from, accepting_mark mark);
    // Starts the accept loops that do not live: all at first, later those that a lack of memory has ended.
    void keep_accepting();
    // After a defect: what goes on for as long as the thread does goes on.
    void recover();
    static task<std::string> pull(session& s);
    static void watch_hang_up(session& s);
    // errno of the accept that ended the batch; 0 where accept_batch_max was reached.
    int accept_batch(listener& from);
    void turn_one_away(listener& from);
    void admit(listener& from, unique_fd fd, const sockaddr_storage& address);
    void adopt(unique_fd fd, const accepted& who, connection_permit permit);
    void refuse_connection(const unique_fd& fd);
    void arm_sweep();
    void sweep();
    void run_context();

    io_shared& shared_;
    connection_host host_;
    session_list sessions_; // before context_: frames that context_ destroys unlink themselves
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<executor_type> work_;
    std::vector<std::unique_ptr<listener>> listeners_;
    timer sweep_timer_;
    bool sweep_armed_ = false;
    std::chrono::milliseconds sweep_interval_;
    std::size_t index_;
    std::thread thread_;
};

} // namespace pawl::app
